local found = {}
for _, id in ipairs(redis.call('SMEMBERS', sessions_of(ARGV[1]))) do
  local s, flat = standing(id)
  if s then found[#found + 1] = as_read(s, flat) end
end
return found
