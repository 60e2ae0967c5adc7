local event = take_event()
local id = ARGV[1]
if redis.call('EXISTS', session(id)) == 1 then count(id, event) end
return true
