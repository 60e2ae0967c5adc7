-- The signing keys, and the number of times that they were replaced.
local rows = {}
for index, kid in ipairs(redis.call('SMEMBERS', name('keys'))) do
  rows[index] = redis.call('HGETALL', name('key:' .. kid))
end
return { redis.call('HGET', name('meta'), 'keys_version') or '0', rows }
