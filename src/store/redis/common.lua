-- Stands before every script. Each key begins with KEYS[1], and the first argument is the number of the database.
--
-- Numbers and instants are texts of twenty digits, and compared as such: Lua has doubles only, which hold no integer
-- beyond 2^53 exactly, and a comparison that rounds would let a guard pass. An instant is counted from the first one
-- that there is, so that it has no sign. Digits alone, because Lua compares texts by the server's locale, and digits
-- stand in one order in each.

local ZERO = string.rep('0', 20)
local database = table.remove(ARGV, 1)

local function name(rest)
  return KEYS[1] .. rest
end

local function session(id)
  return name('session:' .. id)
end

local function events(id)
  return name('events:' .. id)
end

local function sessions_of(subject)
  return name('subject:' .. subject)
end

local function greater(one, other)
  return one > other and one or other
end

local function lesser(one, other)
  return one < other and one or other
end

-- The number that follows, in decimal digits.
local function after(number)
  local head, digit, nines = string.match(number, '^(%d*)([0-8])(9*)$')
  return head .. string.format('%d', digit + 1) .. string.rep('0', #nines)
end

local function newest_epoch()
  local epoch = redis.call('LINDEX', name('epochs'), -1)
  return epoch and string.sub(epoch, 1, 20) or ZERO
end

-- The earliest instant of an epoch that ended a session; false if none did.
local function ended_at(s)
  if newest_epoch() <= s.epoch then return false end
  local ended = false
  for _, row in ipairs(redis.call('LRANGE', name('epochs'), 0, -1)) do
    local number, at, since = string.match(row, '^(%d+) (%d+) (%d*)$')
    if number > s.epoch and (since == '' or s.last_seen_at >= since) then
      ended = ended and lesser(ended, at) or at
    end
  end
  return ended
end

-- The fields of a session by their names, and as they came; nil if there is none.
local function load(id)
  local flat = redis.call('HGETALL', session(id))
  if #flat == 0 then return nil end
  local s = {}
  for i = 1, #flat, 2 do
    s[flat[i]] = flat[i + 1]
  end
  return s, flat
end

-- The same of a session that is neither revoked nor ended by an epoch: part of every guard.
local function standing(id)
  local s, flat = load(id)
  if s and not s.revoked_at and not ended_at(s) then return s, flat end
  return nil
end

-- A session with what is read beside it: the newest version of its owner's authority, and the end that an epoch made.
local function as_read(s, flat)
  return { flat, redis.call('HGET', name('authority'), s.subject), ended_at(s) }
end

-- The latest instant that a session is stamped with: its tokens may be dated by a clock that is ahead.
local function latest(s)
  local at = greater(s.created_at, greater(s.rotated_at, s.last_seen_at))
  return s.acknowledged_at and greater(at, s.acknowledged_at) or at
end

-- The member by which a session is found once it is over, among others in the order of their ends.
local function end_of(id, s)
  local at = s.absolute_expires_at
  return (s.revoked_at and lesser(at, s.revoked_at) or at) .. id
end

-- Takes the event from the arguments, before which nothing may stand.
local function take_event()
  local event = { times = 1 }
  local fields = { 'at', 'kind', 'generation', 'cause', 'client_label', 'user_agent_hash', 'ip_prefix' }
  for _, field in ipairs(fields) do
    event[field] = table.remove(ARGV, 1)
  end
  return event
end

-- Adds an event as the newest. The last fifty stay, which is EVENTS_KEPT.
local function push(id, event)
  redis.call('LPUSH', events(id), cjson.encode(event))
  redis.call('LTRIM', events(id), 0, 49)
end

-- Adds an event, or counts it if the same happened before: of one kind, generation and client.
local function count(id, event)
  for index, row in ipairs(redis.call('LRANGE', events(id), 0, -1)) do
    local other = cjson.decode(row)
    if other.kind == event.kind and other.generation == event.generation
      and other.user_agent_hash == event.user_agent_hash and other.ip_prefix == event.ip_prefix then
      other.times, other.at = other.times + 1, event.at
      redis.call('LSET', events(id), index - 1, cjson.encode(other))
      return
    end
  end
  push(id, event)
end

-- Milliseconds by the server's own clock: small enough for a double.
local function server_now()
  local now = redis.call('TIME')
  return string.format('%d', now[1] * 1000 + math.floor(now[2] / 1000))
end

-- Tells the feeds. Channels know no databases, so the name has its number.
local function tell(message)
  redis.call('PUBLISH', name('feed@' .. database), message)
end

-- Adds a change to the log. Its first one stamps the log: one that was lost and begun anew is another.
local function log(...)
  local place = redis.call('HINCRBY', name('meta'), 'changes', 1)
  if place == 1 then redis.call('HSET', name('meta'), 'began', table.concat(redis.call('TIME'), '.')) end
  redis.call('XADD', name('changes'), string.format('%d-0', place), 'logged_at', server_now(), ...)
end

