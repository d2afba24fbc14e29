// SPDX-License-Identifier: Apache-2.0
//
// What runs inside the Redis server for leases (redis_leases.h has their keys); its own clock
// decides. KEYS[1] is the prefix of all keys. Private to this folder.
#pragma once

#include <string_view>

namespace parley::store {

/// ARGV: id, holder, text, life in ms.
inline constexpr std::string_view kPutLeaseScript = R"lua(
local p, id = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = p .. 'lease:' .. id
if redis.call('HGET', lease, 'holder') ~= ARGV[2] then
  redis.call('HSET', lease, 'holder', ARGV[2], 'since', now)
  redis.call('HSETNX', lease, 'deaths', 0)
end
redis.call('HSET', lease, 'text', ARGV[3], 'offered', 0)
redis.call('ZADD', p .. 'leases', now + ARGV[4], id)
return 1
)lua";

/// ARGV: holder, life in ms, then ids. Answers "held", "taken" or "gone" for each.
inline constexpr std::string_view kRenewLeasesScript = R"lua(
local p = KEYS[1]
local time = redis.call('TIME')
local until_ms = time[1] * 1000 + math.floor(time[2] / 1000) + ARGV[2]
local answer = {}
for i = 3, #ARGV do
  local fields = redis.call('HMGET', p .. 'lease:' .. ARGV[i], 'holder', 'offered')
  if not fields[1] then
    answer[#answer + 1] = 'gone'
  elseif fields[1] ~= ARGV[1] then
    answer[#answer + 1] = 'taken'
  else
    if fields[2] == '0' then redis.call('ZADD', p .. 'leases', until_ms, ARGV[i]) end
    answer[#answer + 1] = 'held'
  end
end
return answer
)lua";

/// ARGV: holder, then ids.
inline constexpr std::string_view kOfferLeasesScript = R"lua(
local p = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 2, #ARGV do
  local lease = p .. 'lease:' .. ARGV[i]
  if redis.call('HGET', lease, 'holder') == ARGV[1] then
    redis.call('HSET', lease, 'offered', 1)
    redis.call('ZADD', p .. 'leases', now, ARGV[i])
  end
end
return 1
)lua";

/// ARGV: how many. Answers id and how long overdue in ms, for each.
inline constexpr std::string_view kDueLeasesScript = R"lua(
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local found = redis.call('ZRANGEBYSCORE', KEYS[1] .. 'leases', '-inf', now, 'WITHSCORES',
                         'LIMIT', 0, ARGV[1])
for i = 2, #found, 2 do found[i] = string.format('%.0f', now - tonumber(found[i])) end
return found
)lua";

/// ARGV: id, holder, life in ms, how long a holder must have had it to have had it in earnest.
/// Answers nothing, or text, "1" where it was offered, and deaths.
inline constexpr std::string_view kClaimLeaseScript = R"lua(
local p, id = KEYS[1], ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local score = redis.call('ZSCORE', p .. 'leases', id)
if not score or tonumber(score) > now then return false end
local lease = p .. 'lease:' .. id
local fields = redis.call('HMGET', lease, 'holder', 'text', 'offered', 'since', 'deaths')
if not fields[1] then
  redis.call('ZREM', p .. 'leases', id)
  return false
end
if fields[1] == ARGV[2] then return false end
local deaths = 0
if fields[3] ~= '1' then
  deaths = (now - fields[4] < tonumber(ARGV[4])) and fields[5] + 1 or 1
end
redis.call('HSET', lease, 'holder', ARGV[2], 'offered', 0, 'since', now, 'deaths', deaths)
redis.call('ZADD', p .. 'leases', now + ARGV[3], id)
return {fields[2], fields[3], deaths}
)lua";

/// ARGV: id, holder.
inline constexpr std::string_view kReleaseLeaseScript = R"lua(
local p, id = KEYS[1], ARGV[1]
local lease = p .. 'lease:' .. id
if redis.call('HGET', lease, 'holder') ~= ARGV[2] then return 0 end
redis.call('DEL', lease)
redis.call('ZREM', p .. 'leases', id)
return 1
)lua";

}  // namespace parley::store
