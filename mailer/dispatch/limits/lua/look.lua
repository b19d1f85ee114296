-- Tell what was slowed down, or recovered, since a worker looked last.
--
-- KEYS: 1 the slowed scopes of a transport, 2 when each of them changed, in ms (sorted set)
-- ARGV: 1 the time of the last look in ms
-- Returns: the time in ms, then name and state (false: not slowed any more) of each
local time = redis.call('TIME')
local found = { math.floor(time[1] * 1000 + time[2] / 1000) }
for _, name in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], ARGV[1], '+inf')) do
  table.insert(found, name)
  table.insert(found, redis.call('HGET', KEYS[1], name))
end
return found
