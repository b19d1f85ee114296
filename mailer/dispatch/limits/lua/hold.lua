-- Hold permits (messages under way, open connections) under a lease, as many as are free.
-- Each call replaces what the worker held and renews its lease; a killed worker's runs out.
--
-- KEYS: 1 permits by worker (hash), 2 the ends of their leases in ms (sorted set)
-- ARGV: 1 worker, 2 permits wanted, 3 permits in all, 4 the lease in ms
-- Returns: permits held from now on
local time = redis.call('TIME')
local now = math.floor(time[1] * 1000 + time[2] / 1000)
local worker, wanted, limit = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])

for _, dead in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now)) do
  redis.call('HDEL', KEYS[1], dead)
  redis.call('ZREM', KEYS[2], dead)
end
redis.call('HDEL', KEYS[1], worker)
redis.call('ZREM', KEYS[2], worker)
local taken = 0
for _, count in ipairs(redis.call('HVALS', KEYS[1])) do taken = taken + tonumber(count) end
local held = math.max(math.min(wanted, limit - taken), 0)
if held > 0 then
  redis.call('HSET', KEYS[1], worker, held)
  redis.call('ZADD', KEYS[2], now + tonumber(ARGV[4]), worker)
  redis.call('PEXPIRE', KEYS[1], ARGV[4] * 2)
  redis.call('PEXPIRE', KEYS[2], ARGV[4] * 2)
end
return held
