// SPDX-License-Identifier: Apache-2.0
#include "server/key_place.h"

#include <memory>
#include <optional>

#include "store/redis/redis_keys.h"

namespace parley::server {
namespace {

using store::RedisKeys;

Result<std::unique_ptr<RedisKeys>> open(const KeyPlace& place, const Clock& clock) {
  return RedisKeys::open({.url = place.url}, clock);
}

Result<RedisKeys::Kept> read_all(RedisKeys& keys) {
  PARLEY_TRY(std::optional<RedisKeys::Kept> kept, keys.read(""));
  return std::move(kept).value_or(RedisKeys::Kept{});
}

/// False: somebody else was faster.
Result<bool> change_once(RedisKeys& keys, const std::function<Status(KeyRecords&)>& change) {
  PARLEY_TRY(const RedisKeys::Kept kept, read_all(keys));
  PARLEY_TRY(KeyRecords records, parse_key_records(kept.text));
  PARLEY_TRY_STATUS(change(records));
  PARLEY_TRY(const std::string text, key_records_text(records));
  return keys.write(kept.version, text);
}

}  // namespace

Result<KeyRecords> read_keys(const KeyPlace& place, const Clock& clock) {
  if (place.url.empty()) return read_key_file(place.file);
  PARLEY_TRY(const std::unique_ptr<RedisKeys> keys, open(place, clock));
  PARLEY_TRY(const RedisKeys::Kept kept, read_all(*keys));
  if (kept.version.empty()) {
    return Error{ErrorCode::not_found, "there are no keys in that Redis server"};
  }
  return parse_key_records(kept.text);
}

Status change_keys(const KeyPlace& place, const Clock& clock,
                   const std::function<Status(KeyRecords&)>& change) {
  if (place.url.empty()) return change_key_file(place.file, change);
  PARLEY_TRY(const std::unique_ptr<RedisKeys> keys, open(place, clock));
  for (int tries = 0; tries < kKeyChangesTriedMax; ++tries) {
    PARLEY_TRY(const bool is_kept, change_once(*keys, change));
    if (is_kept) return {};
  }
  return Error{ErrorCode::unavailable, "others change the keys all the time: try again"};
}

}  // namespace parley::server
