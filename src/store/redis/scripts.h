// SPDX-License-Identifier: Apache-2.0
//
// What runs inside the Redis server. Redis runs one script at a time, to its end.
// KEYS[1] is the prefix of all keys. Private to this folder.
#pragma once

#include <string_view>

namespace parley::store {

/// ARGV: id, epoch, time, "1" to make it where it is not there, owner, model, metadata; then the
/// changes, each a word and its values. Answers "kept", "gone" or "taken".
inline constexpr std::string_view kWriteScript = R"lua(
local p, id = KEYS[1], ARGV[1]
local head = p .. 'conversation:' .. id
local items, order, audio = p .. 'items:' .. id, p .. 'order:' .. id, p .. 'audio:' .. id
local epoch = redis.call('HGET', head, 'epoch')
if not epoch then
  if ARGV[4] ~= '1' then return 'gone' end
  local number = redis.call('INCR', p .. 'last_number')
  redis.call('HSET', head, 'owner', ARGV[5], 'model', ARGV[6], 'metadata', ARGV[7],
             'epoch', ARGV[2], 'created', ARGV[3], 'number', number)
  redis.call('ZADD', p .. 'list:' .. ARGV[5], number, id)
elseif epoch ~= ARGV[2] then
  return 'taken'
end
redis.call('HSET', head, 'updated', ARGV[3])
redis.call('ZADD', p .. 'updated', ARGV[3], id)
local function drop_audio(item)
  for _, field in ipairs(redis.call('HKEYS', audio)) do
    if string.sub(field, string.find(field, ' ', 1, true) + 1) == item then
      redis.call('HDEL', audio, field)
    end
  end
end
local i = 8
while i <= #ARGV do
  local what = ARGV[i]
  if what == 'item' then
    redis.call('HSET', items, ARGV[i + 1], ARGV[i + 3])
    redis.call('ZADD', order, ARGV[i + 2], ARGV[i + 1])
    i = i + 4
  elseif what == 'move' then
    redis.call('ZADD', order, 'XX', ARGV[i + 2], ARGV[i + 1])
    i = i + 3
  elseif what == 'audio' then
    local field = ARGV[i + 2] .. ' ' .. ARGV[i + 1]
    if #ARGV[i + 4] == 0 then
      redis.call('HDEL', audio, field)
    else
      redis.call('HSET', audio, field, ARGV[i + 3] .. ':' .. ARGV[i + 4])
    end
    i = i + 5
  elseif what == 'drop' then
    redis.call('HDEL', items, ARGV[i + 1])
    redis.call('ZREM', order, ARGV[i + 1])
    drop_audio(ARGV[i + 1])
    i = i + 2
  elseif what == 'clear' then
    redis.call('DEL', items, order, audio)
    i = i + 1
  else
    if redis.call('HSET', p .. 'responses:' .. id, ARGV[i + 1], ARGV[i + 2]) == 1 then
      redis.call('RPUSH', p .. 'done:' .. id, ARGV[i + 1])
    end
    i = i + 3
  end
end
return 'kept'
)lua";

/// ARGV: id, owner, "1" to take it. Answers nothing, or an array: the fields of the conversation,
/// how many items, then each item's id, position and JSON, then each response's id and JSON.
inline constexpr std::string_view kReadScript = R"lua(
local p, id = KEYS[1], ARGV[1]
local head = p .. 'conversation:' .. id
local fields = redis.call('HMGET', head, 'owner', 'model', 'metadata', 'epoch', 'created', 'updated')
if not fields[4] or fields[1] ~= ARGV[2] then return false end
if ARGV[3] == '1' then fields[4] = tostring(redis.call('HINCRBY', head, 'epoch', 1)) end
local answer = {fields[2], fields[3], fields[4], fields[5], fields[6]}
local order = redis.call('ZRANGE', p .. 'order:' .. id, 0, -1, 'WITHSCORES')
answer[6] = tostring(#order / 2)
for i = 1, #order, 2 do
  answer[#answer + 1] = order[i]
  answer[#answer + 1] = string.format('%.0f', tonumber(order[i + 1]))
  answer[#answer + 1] = redis.call('HGET', p .. 'items:' .. id, order[i])
end
for _, response in ipairs(redis.call('LRANGE', p .. 'done:' .. id, 0, -1)) do
  answer[#answer + 1] = response
  answer[#answer + 1] = redis.call('HGET', p .. 'responses:' .. id, response)
end
return answer
)lua";

/// ARGV: owner, id to go on after (or empty), how many. Answers ids, newest first, or nothing when
/// `after` is not known.
inline constexpr std::string_view kListScript = R"lua(
local list, from = KEYS[1] .. 'list:' .. ARGV[1], 0
if ARGV[2] ~= '' then
  local rank = redis.call('ZREVRANK', list, ARGV[2])
  if not rank then return false end
  from = rank + 1
end
return redis.call('ZREVRANGE', list, from, from + tonumber(ARGV[3]) - 1)
)lua";

/// ARGV: id, then the owner, or a time: only if nobody changed it since ("" for the other one).
/// Answers 1 when it was there.
inline constexpr std::string_view kEraseScript = R"lua(
local p, id = KEYS[1], ARGV[1]
local head = p .. 'conversation:' .. id
local fields = redis.call('HMGET', head, 'owner', 'updated')
if not fields[1] then
  redis.call('ZREM', p .. 'updated', id)
  return 0
end
if ARGV[3] == '' then
  if fields[1] ~= ARGV[2] then return 0 end
elseif tonumber(fields[2]) >= tonumber(ARGV[3]) then
  return 0
end
redis.call('DEL', head, p .. 'items:' .. id, p .. 'order:' .. id, p .. 'audio:' .. id,
           p .. 'responses:' .. id, p .. 'done:' .. id)
redis.call('ZREM', p .. 'list:' .. fields[1], id)
redis.call('ZREM', p .. 'updated', id)
return 1
)lua";

/// KEYS: the owner's hash. ARGV: tag, what must be there ("" for nothing), what comes in its place.
/// Answers 1 when it was kept.
inline constexpr std::string_view kPutSpeakerScript = R"lua(
local there = redis.call('HGET', KEYS[1], ARGV[1]) or ''
if there ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1
)lua";

/// KEYS: the hash. ARGV: the version that is known. Answers nothing when it is that one, or the
/// version ("" when there is none) and the text.
inline constexpr std::string_view kReadKeysScript = R"lua(
local version = redis.call('HGET', KEYS[1], 'version') or ''
if version ~= '' and version == ARGV[1] then return false end
return {version, redis.call('HGET', KEYS[1], 'text') or ''}
)lua";

/// KEYS: the hash. ARGV: the version that must be there ("" for none), the one that comes in its
/// place, the text. Answers 1 when it was kept.
inline constexpr std::string_view kWriteKeysScript = R"lua(
local version = redis.call('HGET', KEYS[1], 'version') or ''
if version ~= ARGV[1] then return 0 end
redis.call('HSET', KEYS[1], 'version', ARGV[2], 'text', ARGV[3])
return 1
)lua";

}  // namespace parley::store
