local id, role, claims, version = unpack(ARGV)
local s = standing(id)
if not s or s.authority_version >= version then return false end
redis.call('HSET', session(id), 'role', role, 'claims', claims, 'authority_version', version)
return true
