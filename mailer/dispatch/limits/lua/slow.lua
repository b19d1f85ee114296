-- Slow a scope down after a refusal for now: half the rate, and a pause that doubles.
--
-- KEYS: 1 the slowed scopes of a transport, 2 when each of them changed, in ms (sorted set)
-- ARGV: 1 the scope's name, 2 its rate till now, 3 the lowest rate, 4 the first pause in ms,
--       5 the longest pause in ms, 6 seconds after which all is forgotten
-- Returns: the scope's state
local time = redis.call('TIME')
local now = math.floor(time[1] * 1000 + time[2] / 1000)
local stored = redis.call('HGET', KEYS[1], ARGV[1])
local state = stored and cjson.decode(stored)
  or { rate = tonumber(ARGV[2]), full_rate = tonumber(ARGV[2]), strikes = 0, accepted = 0,
       paused_until_ms = 0 }
-- Messages under way when the first was refused tell of the same incident, not of a new one.
if state.paused_until_ms > now then return stored end

local pause = math.min(tonumber(ARGV[4]) * 2 ^ state.strikes, tonumber(ARGV[5]))
state.rate = math.max(state.rate / 2, math.min(tonumber(ARGV[3]), state.full_rate))
state.strikes, state.accepted = state.strikes + 1, 0
state.pause_ms, state.paused_until_ms = pause, now + pause
local written = cjson.encode(state)
redis.call('HSET', KEYS[1], ARGV[1], written)
redis.call('ZADD', KEYS[2], now, ARGV[1])
for _, old in ipairs(redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', now - ARGV[6] * 1000)) do
  redis.call('HDEL', KEYS[1], old)
  redis.call('ZREM', KEYS[2], old)
end
redis.call('EXPIRE', KEYS[1], ARGV[6])
redis.call('EXPIRE', KEYS[2], ARGV[6])
return written
