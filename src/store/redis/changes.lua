-- Some of the log after a place in it, or from its beginning if the place is lost: places are good for one run of one
-- server with one history, because a copy that took over may have given them to other changes.
local history, place, limit = unpack(ARGV)
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local copy = string.match(redis.call('INFO', 'replication'), 'master_replid:(%x+)')
local meta = redis.call('HMGET', name('meta'), 'changes', 'began', 'keys_version')
local here = run .. '-' .. copy .. '-' .. (meta[2] or '')
local last = meta[1] or '0'
if history ~= here or tonumber(place) > tonumber(last) then place = '0' end
local found = redis.call('XRANGE', name('changes'), '(' .. place .. '-0', '+', 'COUNT', limit) or {}
if #found > 0 then place = string.match(found[#found][1], '^%d+') end
if #found < tonumber(limit) then place = last end
local more = tonumber(place) < tonumber(last) and 1 or 0
return { here .. ' ' .. place, more, found, meta[3] or '0', newest_epoch(), server_now() }
