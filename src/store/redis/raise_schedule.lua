for index, figure in ipairs({ 'cache', 'access_ttl', 'clock_skew' }) do
  local known = redis.call('HGET', name('schedule'), figure) or ZERO
  redis.call('HSET', name('schedule'), figure, greater(known, ARGV[index]))
end
return true
