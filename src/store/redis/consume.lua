local mark, over_at = unpack(ARGV)
if redis.call('HSETNX', name('used'), mark, over_at) == 0 then return false end
redis.call('ZADD', name('used:until'), 0, over_at .. mark)
return true
