-- Replaces keys, if none was replaced since `version`. Arguments: the version; how many keys to forget, and their
-- names; and of each new one its name, how many texts describe it, and these.
local version, forgotten = ARGV[1], tonumber(ARGV[2])
if (redis.call('HGET', name('meta'), 'keys_version') or '0') ~= version then return false end
local next_version = redis.call('HINCRBY', name('meta'), 'keys_version', 1)
for i = 3, 2 + forgotten do
  redis.call('SREM', name('keys'), ARGV[i])
  redis.call('DEL', name('key:' .. ARGV[i]))
end
local i = 3 + forgotten
while i <= #ARGV do
  local kid, texts = ARGV[i], tonumber(ARGV[i + 1])
  redis.call('SADD', name('keys'), kid)
  redis.call('HSET', name('key:' .. kid), unpack(ARGV, i + 2, i + 1 + texts))
  i = i + 2 + texts
end
tell('keys ' .. string.format('%020d', next_version))
return true
