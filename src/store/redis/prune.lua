-- Deletes a batch of each kind: sessions that ended before an instant, changes that were logged before one, marks
-- whose time was over before one. Returns the size of the greatest batch.
local ended, logged, spent, limit = unpack(ARGV)
-- Members of one score stand in the order of their bytes, and begin with their instants.
local function before(set, at)
  return redis.call('ZRANGEBYLEX', name(set), '-', '(' .. at, 'LIMIT', 0, limit)
end
local sessions, marks = before('over', ended), before('used:until', spent)
for _, member in ipairs(sessions) do
  local id = string.sub(member, 21)
  local subject = redis.call('HGET', session(id), 'subject')
  redis.call('DEL', session(id), events(id))
  if subject then redis.call('SREM', sessions_of(subject), id) end
  redis.call('ZREM', name('over'), member)
end
for _, member in ipairs(marks) do
  redis.call('HDEL', name('used'), string.sub(member, 21))
  redis.call('ZREM', name('used:until'), member)
end
local changes = 0
for _, entry in ipairs(redis.call('XRANGE', name('changes'), '-', '+', 'COUNT', limit) or {}) do
  -- Stamped first, by the log alone.
  if tonumber(entry[2][2]) >= tonumber(logged) then break end
  redis.call('XDEL', name('changes'), entry[1])
  changes = changes + 1
end
return math.max(#sessions, #marks, changes)
