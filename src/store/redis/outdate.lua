-- Begins with the time, so that a database that went back to an earlier state gives no version twice.
local subject, now, least = unpack(ARGV)
local known = redis.call('HGET', name('authority'), subject) or ZERO
local version = greater(least, after(known))
local at = now
for _, id in ipairs(redis.call('SMEMBERS', sessions_of(subject))) do
  local s = load(id)
  if s then at = greater(at, latest(s)) end
end
redis.call('HSET', name('authority'), subject, version)
log('kind', 'authority', 'subject', subject, 'version', version, 'at', at)
tell('authority ' .. version .. ' ' .. at .. ' ' .. subject)
return version
