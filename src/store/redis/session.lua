local s, flat = load(ARGV[1])
return s and as_read(s, flat) or false
