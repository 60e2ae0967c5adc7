-- Begins with the time, so that a database that went back to an earlier state gives no number twice.
local at, since, least = unpack(ARGV)
local number = greater(least, after(newest_epoch()))
redis.call('RPUSH', name('epochs'), number .. ' ' .. at .. ' ' .. since)
tell('epoch ' .. number)
return number
