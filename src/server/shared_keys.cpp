// SPDX-License-Identifier: Apache-2.0
#include "server/shared_keys.h"

#include <utility>

#include "base/log.h"

namespace parley::server {

Result<std::unique_ptr<SharedKeys>> SharedKeys::open(const std::string& url, const Clock& clock,
                                                     Counts counts) {
  PARLEY_TRY(std::unique_ptr<store::RedisKeys> keys, store::RedisKeys::open({.url = url}, clock));
  return std::unique_ptr<SharedKeys>(new SharedKeys(std::move(keys), counts));
}

SharedKeys::~SharedKeys() = default;

Result<std::optional<KeyRecords>> SharedKeys::look() {
  auto read = [&]() -> Result<std::optional<KeyRecords>> {
    PARLEY_TRY(auto kept, keys_->read(version_));
    if (!kept || (kept->version.empty() && version_.empty())) return std::optional<KeyRecords>();
    if (kept->version.empty()) {
      return Error{ErrorCode::data_corrupt, "the Redis server has lost the keys"};
    }
    PARLEY_TRY(KeyRecords records, parse_key_records(kept->text));
    version_ = std::move(kept->version);
    counts_.loads.add();
    return std::optional(std::move(records));
  }();
  if (!read) counts_.failed.add();
  return read;
}

void SharedKeys::follow(std::function<void(const KeyRecords&)> take) {
  take_ = std::move(take);
  exec::Waitable& self = *this;
  thread_ = std::make_unique<exec::WaitThread>("parley-keys", self, exec::Waker());
}

void SharedKeys::wait() noexcept {
  {
    std::unique_lock lock(mutex_);
    if (interrupted_.wait_for(lock, kLookEvery, [this] { return is_over_; })) return;
  }
  const auto found = look();
  // Said once, not twice a second.
  if (!found && std::exchange(was_found_, false)) {
    log::error("the shared keys cannot be read; they stay as they were",
               {{"reason", found.error().message}});
  }
  if (!found) return;
  if (!std::exchange(was_found_, true)) log::info("the shared keys can be read again");
  if (const std::optional<KeyRecords>& changed = *found; changed) take_(*changed);
}

void SharedKeys::interrupt() noexcept {
  const std::lock_guard lock(mutex_);
  is_over_ = true;
  interrupted_.notify_all();
}

}  // namespace parley::server
