// SPDX-License-Identifier: Apache-2.0
#include "server/key_ring.h"

#include <set>
#include <utility>

#include <sys/stat.h>

#include "base/log.h"
#include "server/key_limit_fields.h"

namespace parley::server {
namespace {

constexpr std::int64_t kLongAgo = 1;  // seconds since 1970
constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

Counter& loads_counter(Metrics& metrics, const char* outcome) {
  return metrics.counter("parley_keys_loads_total",
                         "Times that the keys' file was read, by how it ended",
                         {{"outcome", outcome}});
}

ApiKey key_of(const KeyRecord& record, const KeyLimits& defaults) {
  ApiKey key{record.name, record.sha256, defaults};
  for (const auto& [name, value] : record.limits) {
    // Cannot fail: who parsed the record has tried it.
    static_cast<void>(set_key_limit(key.limits, *find_key_limit(name), value));
  }
  key.life->end_at(record.ends_at());
  return key;
}

}  // namespace

std::vector<ApiKey> clear_keys(const std::vector<std::string>& keys, const KeyLimits& limits) {
  std::vector<ApiKey> list;
  for (const std::string& key : keys) {
    list.push_back({"key-" + std::to_string(list.size() + 1), digest_of_key(key), limits});
  }
  return list;
}

Result<std::vector<ApiKey>> configured_keys(const Config& config) {
  const KeyLimits defaults = default_limits(config);
  std::vector<ApiKey> keys = clear_keys(config.server.api_keys, defaults);
  std::set<std::string> names;
  for (const ApiKey& key : keys) names.insert(key.name);
  for (const std::string& entry : config.server.keys) {
    PARLEY_TRY(ApiKey key, parse_api_key(entry, defaults));
    if (!names.insert(key.name).second) {
      return Error{ErrorCode::invalid_argument,
                   "server.keys: the name '" + key.name + "' is taken"};
    }
    keys.push_back(std::move(key));
  }
  return keys;
}

// --- the list -----------------------------------------------------------------------------------

KeyRing::KeyRing(std::vector<ApiKey> keys, std::unique_ptr<Source> source)
    : fixed_(keys.size()), source_(std::move(source)) {
  auto list = std::make_shared<KeyList>();
  for (ApiKey& key : keys) {
    list->by_digest.insert_or_assign(key.sha256, list->all.size());
    list->all.push_back(std::move(key));
  }
  list_ = std::move(list);
}

std::shared_ptr<KeyRing> KeyRing::of(std::vector<ApiKey> keys) {
  return std::shared_ptr<KeyRing>(new KeyRing(std::move(keys), nullptr));
}

std::optional<std::size_t> KeyRing::find(const std::string& digest) {
  const std::shared_ptr<const KeyList> list = keys();
  const auto known = list->by_digest.find(digest);
  if (known == list->by_digest.end()) return std::nullopt;
  const bool is_live =
      source_ == nullptr || list->all[known->second].life->is_live(source_->clock.unix_seconds());
  return is_live ? std::optional(known->second) : std::nullopt;
}

std::shared_ptr<const KeyList> KeyRing::keys() {
  if (source_ != nullptr && !source_->path.empty()) look();
  return now();
}

std::shared_ptr<const KeyList> KeyRing::now() const {
  const std::lock_guard lock(mutex_);
  return list_;
}

// --- the file -----------------------------------------------------------------------------------

KeyRing::Source::Source(const Config& config, const Clock& with, Metrics& metrics)
    : path(config.server.keys_file),
      defaults(default_limits(config)),
      clock(with),
      loads(loads_counter(metrics, "ok")),
      failed(loads_counter(metrics, "failed")) {}

KeyRing::Stamp KeyRing::Source::stamp() const {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_mtim.tv_sec * kNanosPerSecond + found.st_mtim.tv_nsec, found.st_ino,
          found.st_size};
}

Result<std::shared_ptr<KeyRing>> KeyRing::follow(const Config& config, const Clock& clock,
                                                 Metrics& metrics) {
  PARLEY_TRY(std::vector<ApiKey> keys, configured_keys(config));
  std::shared_ptr<KeyRing> ring(
      new KeyRing(std::move(keys), std::make_unique<Source>(config, clock, metrics)));
  if (!config.server.keys_url.empty()) {
    PARLEY_TRY_STATUS(ring->follow_shared(config));
    return ring;
  }
  const Status loaded = ring->load();
  if (!loaded && loaded.error().code == ErrorCode::not_found) {
    return loaded.error().with_context("server.keys_file (`parley keys create` makes one)");
  }
  if (!loaded) return loaded.error();
  return ring;
}

Status KeyRing::follow_shared(const Config& config) {
  if (!config.server.keys_file.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "server.keys_url and server.keys_file: keys are kept in one place"};
  }
  auto opened = SharedKeys::open(config.server.keys_url, source_->clock,
                                 {.loads = source_->loads, .failed = source_->failed});
  if (!opened) return opened.error().with_context("server.keys_url");
  shared_ = std::move(*opened);
  auto found = shared_->look();
  if (!found) return found.error().with_context("server.keys_url");
  const auto take_shared = [this](const KeyRecords& records) {
    const std::lock_guard lock(loading_);
    take(records);
  };
  if (const std::optional<KeyRecords>& first = *found; first) take_shared(*first);
  shared_->follow(take_shared);
  return {};
}

void KeyRing::look() {
  const std::int64_t now_ns = source_->clock.now().since_zero.count();
  std::int64_t due = source_->look_at_ns.load(std::memory_order_relaxed);
  const std::int64_t next = now_ns + Nanos(kLookEvery).count();
  // Whoever moves the time looks; the others go on with what there is.
  if (now_ns < due || !source_->look_at_ns.compare_exchange_strong(due, next)) return;
  {
    const std::lock_guard lock(loading_);
    if (source_->stamp() == source_->loaded) return;
  }
  const Status loaded = load();
  if (loaded) return log::info("keys were read again", {{"keys", now()->all.size()}});
  // Who was let in yesterday is not shut out by a slip of the pen.
  log::error("the keys' file cannot be read; the keys stay as they were",
             {{"reason", loaded.error().message}});
}

Status KeyRing::load() {
  const std::lock_guard lock(loading_);
  // Before it is read: what is written meanwhile is seen at the next look.
  source_->loaded = source_->stamp();
  const Result<KeyRecords> records = read_key_file(source_->path);
  (records ? source_->loads : source_->failed).add();
  if (!records) return records.error();
  take(*records);
  return {};
}

void KeyRing::take(const KeyRecords& records) {
  const std::shared_ptr<const KeyList> before = now();
  auto list = std::make_shared<KeyList>(*before);
  ++list->version;
  std::vector<bool> stays(before->all.size());
  for (const KeyRecord& record : records) {
    ApiKey key = key_of(record, source_->defaults);
    const auto [known, is_new] = list->by_digest.try_emplace(key.sha256, list->all.size());
    if (is_new) {
      list->all.push_back(std::move(key));
      continue;
    }
    if (known->second < fixed_) continue;  // the configuration goes before the file
    ApiKey& same = list->all[known->second];
    stays[known->second] = true;
    same.life->end_at(record.ends_at());
    same.name = std::move(key.name);
    same.limits = key.limits;
  }
  for (std::size_t i = fixed_; i < before->all.size(); ++i) {
    if (!stays[i]) list->all[i].life->end_at(kLongAgo);
  }
  const std::lock_guard lock(mutex_);
  list_ = std::move(list);
}

}  // namespace parley::server
