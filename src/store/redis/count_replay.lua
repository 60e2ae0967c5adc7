local event = take_event()
local id, generation = unpack(ARGV)
local s = standing(id)
if not s or s.generation ~= generation then return false end
-- A counter of 32 bits, which stops at its end.
redis.call('HSET', session(id), 'replays', string.format('%d', math.min(s.replays + 1, 4294967295)),
  'last_seen_at', greater(s.last_seen_at, event.at))
count(id, event)
return true
