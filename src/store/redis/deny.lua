local kind, id, at = unpack(ARGV)
log('kind', kind, 'session', id, 'at', at)
tell(kind .. ' ' .. id .. ' ' .. at)
return true
