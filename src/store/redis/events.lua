local rows = {}
local limit = tonumber(ARGV[2])
if limit == 0 then return rows end
for index, row in ipairs(redis.call('LRANGE', events(ARGV[1]), 0, limit - 1)) do
  local e = cjson.decode(row)
  rows[index] = { e.at, e.kind, e.generation, e.cause, e.client_label, e.user_agent_hash, e.ip_prefix, e.times }
end
return rows
