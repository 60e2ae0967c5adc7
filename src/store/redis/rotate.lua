-- The guarded step of the rule. The next generation and both ends of the comparison with the proof come as arguments:
-- sums are the caller's, which stop at the ends. No proof is old enough if `proven_by` is empty.
local event = take_event()
local id, from, to, now, proven_by, idle_expires_at, role, claims, version = unpack(ARGV)
local s = standing(id)
if not s or s.generation ~= from or not s.acknowledged_at or s.acknowledged_at > proven_by
  or s.idle_expires_at <= now or s.absolute_expires_at <= now then
  return false
end
redis.call('HSET', session(id), 'generation', to, 'rotated_at', now, 'replays', 0,
  'last_seen_at', greater(s.last_seen_at, now),
  'idle_expires_at', lesser(idle_expires_at, s.absolute_expires_at),
  'role', role, 'claims', claims, 'authority_version', version, 'epoch', newest_epoch())
redis.call('HDEL', session(id), 'acknowledged_at')
push(id, event)
return as_read(load(id))
