local event = take_event()
local id, reason = unpack(ARGV)
local s = standing(id)
if not s then return false end
local before = end_of(id, s)
redis.call('HSET', session(id), 'revoked_at', event.at, 'revoked_reason', reason)
s.revoked_at = event.at
redis.call('ZREM', name('over'), before)
redis.call('ZADD', name('over'), 0, end_of(id, s))
push(id, event)
local at = greater(latest(s), event.at)
log('kind', 'revoked', 'session', id, 'at', at)
tell('revoked ' .. id .. ' ' .. at)
return true
