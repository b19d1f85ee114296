-- Count acceptances of a slowed scope: each step of them raises the rate and shortens the next
-- pause; at the full rate the scope is slowed no more.
--
-- KEYS: 1 the slowed scopes of a transport, 2 when each of them changed, in ms (sorted set)
-- ARGV: 1 the scope's name, 2 acceptances, 3 acceptances in a step, 4 a step's factor
-- Returns: 1 if the scope is still slowed
local stored = redis.call('HGET', KEYS[1], ARGV[1])
if not stored then return 0 end
local state = cjson.decode(stored)
local step = tonumber(ARGV[3])
state.accepted = state.accepted + tonumber(ARGV[2])
while state.accepted >= step do
  state.accepted = state.accepted - step
  state.rate = state.rate * tonumber(ARGV[4])
  state.strikes = math.max(state.strikes - 1, 0)
end
local time = redis.call('TIME')
redis.call('ZADD', KEYS[2], math.floor(time[1] * 1000 + time[2] / 1000), ARGV[1])
if state.rate >= state.full_rate then
  redis.call('HDEL', KEYS[1], ARGV[1])
  return 0
end
redis.call('HSET', KEYS[1], ARGV[1], cjson.encode(state))
return 1
