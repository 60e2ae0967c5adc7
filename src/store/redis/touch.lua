local id, now, seen_by, idle_expires_at = unpack(ARGV)
local s = standing(id)
if not s or seen_by == '' or s.last_seen_at > seen_by then return false end
if s.idle_expires_at <= now or s.absolute_expires_at <= now then return false end
redis.call('HSET', session(id), 'last_seen_at', now,
  'idle_expires_at', lesser(idle_expires_at, s.absolute_expires_at))
return true
