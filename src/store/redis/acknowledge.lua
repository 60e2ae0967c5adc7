local id, generation, now = unpack(ARGV)
local s = standing(id)
if not s or s.generation ~= generation or s.acknowledged_at then return false end
redis.call('HSET', session(id), 'acknowledged_at', now)
return true
