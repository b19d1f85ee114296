-- Reserve slots for messages of one scope, on this server's clock (GCRA).
--
-- A slot is a moment at which one message may leave. Slots of a scope are at least 1/rate apart,
-- whoever asks, so all workers together keep the rate. "next" is the first moment not given
-- away; after a silence it may lie as much as half the slack in the past, and no more: the
-- other half is for using it.
--
-- KEYS: 1 the scope's state, 2 the slowed scopes of its transport
-- ARGV: 1 messages a second (0: no limit), 2 slots wanted, 3 messages a day (-1: no limit),
--       4 the scope's name among the slowed, 5 unused slots of an earlier block, 6 their day,
--       7 slack in µs, 8 horizon in µs
-- Returns: slots given, µs until the first (or until it is worth asking again), µs between two,
--       the day (UTC, counted from 1970), and the time in µs
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local day = math.floor(now / 86400000000)
local rate, wanted, cap = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local shortest_slack, horizon = tonumber(ARGV[7]), tonumber(ARGV[8])

local function reply(given, wait, interval)
  return { given, string.format('%.0f', math.ceil(wait)), string.format('%.6f', interval), day,
    string.format('%.0f', now) }
end

-- The day's count first: what comes back unused may make room.
local used = 0
if cap >= 0 then
  local state = redis.call('HMGET', KEYS[1], 'day', 'used')
  if tonumber(state[1]) == day then used = tonumber(state[2]) end
  if tonumber(ARGV[6]) == day then used = math.max(used - tonumber(ARGV[5]), 0) end
  redis.call('HSET', KEYS[1], 'day', day, 'used', used)
  redis.call('EXPIRE', KEYS[1], 2 * 86400)
  if used >= cap then return reply(0, (day + 1) * 86400000000 - now, 0) end
  wanted = math.min(wanted, cap - used)
end

local slowed = redis.call('HGET', KEYS[2], ARGV[4])
if slowed then
  slowed = cjson.decode(slowed)
  local pause = slowed.paused_until_ms * 1000 - now
  if pause > 0 then return reply(0, pause, 0) end
  if rate == 0 or slowed.rate < rate then rate = slowed.rate end
end

local start, interval = now, 0
if rate > 0 and wanted > 0 then
  interval = 1000000 / rate
  local slack = math.max(interval / 2, shortest_slack)
  local next = tonumber(redis.call('HGET', KEYS[1], 'next') or now)
  -- Further ahead than anybody was ever given: the clock was set back, or the rate was raised.
  if next > now + horizon + interval + slack then next = now end
  start = math.max(next, now - slack / 2)
  if start - now > horizon then return reply(0, start - now, interval) end
  wanted = math.min(wanted, math.max(1, math.floor(slack / 2 / interval)))
  redis.call('HSET', KEYS[1], 'next', string.format('%.17g', start + wanted * interval))
  if cap < 0 then
    redis.call('PEXPIRE', KEYS[1], math.ceil((horizon + slack + interval * wanted) / 1000) + 60000)
  end
end
if cap >= 0 then redis.call('HSET', KEYS[1], 'used', used + wanted) end
return reply(wanted, start - now, interval)
