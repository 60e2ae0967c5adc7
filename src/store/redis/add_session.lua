-- Adds a session with the newest epoch, whatever it says. Arguments: its event, its id, its fields with their values.
local event = take_event()
local id = table.remove(ARGV, 1)
redis.call('HSET', session(id), unpack(ARGV))
redis.call('HSET', session(id), 'epoch', newest_epoch())
local s = load(id)
redis.call('SADD', sessions_of(s.subject), id)
redis.call('ZADD', name('over'), 0, end_of(id, s))
push(id, event)
return true
