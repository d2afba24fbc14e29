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

KeyRing::KeyRing(std::vector<ApiKey> keys, std::unique_ptr<File> file)
    : fixed_(keys.size()), file_(std::move(file)) {
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
      file_ == nullptr || list->all[known->second].life->is_live(file_->clock.unix_seconds());
  return is_live ? std::optional(known->second) : std::nullopt;
}

std::shared_ptr<const KeyList> KeyRing::keys() {
  if (file_ != nullptr) look();
  return now();
}

std::shared_ptr<const KeyList> KeyRing::now() const {
  const std::lock_guard lock(mutex_);
  return list_;
}

// --- the file -----------------------------------------------------------------------------------

KeyRing::File::File(const Config& config, const Clock& with, Metrics& metrics)
    : path(config.server.keys_file),
      defaults(default_limits(config)),
      clock(with),
      loads(loads_counter(metrics, "ok")),
      failed(loads_counter(metrics, "failed")) {}

KeyRing::Stamp KeyRing::File::stamp() const {
  struct stat found{};
  if (::stat(path.c_str(), &found) != 0) return {};
  return {found.st_mtim.tv_sec * kNanosPerSecond + found.st_mtim.tv_nsec, found.st_ino,
          found.st_size};
}

Result<std::shared_ptr<KeyRing>> KeyRing::follow(const Config& config, const Clock& clock,
                                                 Metrics& metrics) {
  PARLEY_TRY(std::vector<ApiKey> keys, configured_keys(config));
  std::shared_ptr<KeyRing> ring(
      new KeyRing(std::move(keys), std::make_unique<File>(config, clock, metrics)));
  const Status loaded = ring->load();
  if (!loaded && loaded.error().code == ErrorCode::not_found) {
    return loaded.error().with_context("server.keys_file (`parley keys create` makes one)");
  }
  if (!loaded) return loaded.error();
  return ring;
}

void KeyRing::look() {
  const std::int64_t now_ns = file_->clock.now().since_zero.count();
  std::int64_t due = file_->look_at_ns.load(std::memory_order_relaxed);
  const std::int64_t next = now_ns + Nanos(kLookEvery).count();
  // Whoever moves the time looks; the others go on with what there is.
  if (now_ns < due || !file_->look_at_ns.compare_exchange_strong(due, next)) return;
  {
    const std::lock_guard lock(loading_);
    if (file_->stamp() == file_->loaded) return;
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
  file_->loaded = file_->stamp();
  const Result<KeyRecords> records = read_key_file(file_->path);
  (records ? file_->loads : file_->failed).add();
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
    ApiKey key = key_of(record, file_->defaults);
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
