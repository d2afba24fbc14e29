// SPDX-License-Identifier: Apache-2.0
#include "server/key_limits.h"

#include <algorithm>
#include <utility>

#include "server/api_keys.h"

namespace parley::server {
namespace {

constexpr std::int64_t kMsPerSecond = 1000;
constexpr double kMicros = 1e6;
/// When another session of the key ends nobody knows.
constexpr std::int64_t kPlaceRetrySeconds = 10;
/// Streams of speech are short.
constexpr std::int64_t kStreamRetrySeconds = 1;
/// Of what will never be allowed.
constexpr std::int64_t kEndedRetrySeconds = 3600;

std::string try_again(std::int64_t seconds) {
  return " Please try again in " + std::to_string(seconds) + "s.";
}

}  // namespace

/// Of one session.
class KeyAccount::Place final : public service::Allowance {
 public:
  explicit Place(std::shared_ptr<KeyAccount> account) : account_(std::move(account)) {}
  ~Place() override { account_->sessions_.fetch_sub(1, std::memory_order_relaxed); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::optional<Refusal> take_request() override { return account_->take_response(); }
  std::optional<Refusal> take_audio(Millis length) override { return account_->take_audio(length); }
  void pay(std::int64_t micros) noexcept override { account_->pay(micros); }
  [[nodiscard]] std::optional<Standing> requests() const override { return account_->requests(); }

 private:
  const std::shared_ptr<KeyAccount> account_;  // a session may outlive the server's own list
};

KeyAccount::KeyAccount(std::string name, KeyLimits limits, const Clock& clock, Metrics& metrics,
                       std::shared_ptr<const KeyLife> life)
    : name_(std::move(name)),
      limits_(limits),
      life_(std::move(life)),
      clock_(clock),
      sessions_refused_(refusals(metrics, "sessions")),
      requests_refused_(refusals(metrics, "requests_per_minute")),
      minute_refused_(refusals(metrics, "audio_seconds_per_minute")),
      day_refused_(refusals(metrics, "audio_seconds_per_day")),
      budget_refused_(refusals(metrics, "budget_per_day")),
      streams_refused_(refusals(metrics, "streams")),
      characters_minute_refused_(refusals(metrics, "characters_per_minute")),
      characters_day_refused_(refusals(metrics, "characters_per_day")) {}

Counter& KeyAccount::refusals(Metrics& metrics, const char* limit) const {
  return metrics.counter("parley_limits_refused_total", "What a key was refused, by its limit",
                         {{"key", name_}, {"limit", limit}});
}

KeyAccount::Entry KeyAccount::enter(const std::shared_ptr<KeyAccount>& account) {
  KeyAccount& self = *account;
  if (!self.limits_.is_limited()) return {};
  const int before = self.sessions_.fetch_add(1, std::memory_order_relaxed);
  if (self.limits_.sessions > 0 && before >= self.limits_.sessions) {
    self.sessions_.fetch_sub(1, std::memory_order_relaxed);
    self.sessions_refused_.add();
    return {nullptr,
            Refusal{"All " + std::to_string(self.limits_.sessions) +
                        " sessions of this key are in use." + try_again(kPlaceRetrySeconds),
                    kPlaceRetrySeconds}};
  }
  return {std::make_shared<Place>(account), std::nullopt};
}

std::optional<KeyAccount::Refusal> KeyAccount::take_request() {
  if (limits_.requests_per_minute == 0) return std::nullopt;
  const std::int64_t now = clock_.unix_seconds();
  if (requests_.take(now, 1, limits_.requests_per_minute)) return std::nullopt;
  requests_refused_.add();
  const std::int64_t wait = requests_.reset_in(now);
  return Refusal{"Rate limit reached: " + std::to_string(limits_.requests_per_minute) +
                     " requests per minute." + try_again(wait),
                 wait};
}

std::optional<KeyAccount::Refusal> KeyAccount::take_response() {
  const std::int64_t now = clock_.unix_seconds();
  if (limits_.budget_per_day > 0.0 &&
      static_cast<double>(paid_day_.used(now)) >= limits_.budget_per_day * kMicros) {
    budget_refused_.add();
    const std::int64_t wait = paid_day_.reset_in(now);
    return Refusal{"The budget of this key for today is spent." + try_again(wait), wait, true};
  }
  return take_request();
}

void KeyAccount::pay(std::int64_t micros) noexcept {
  if (limits_.budget_per_day <= 0.0) return;
  paid_day_.take(clock_.unix_seconds(), micros, WindowCounter::kAmountMax);
}

std::optional<KeyAccount::Refusal> KeyAccount::take_audio(Millis length) {
  const std::int64_t now = clock_.unix_seconds();
  const auto refuse = [&](Counter& counter, std::int64_t wait, int limit, const char* window) {
    counter.add();
    return Refusal{"Rate limit reached: " + std::to_string(limit) + " seconds of audio per " +
                       window + ". What is appended until then is not heard." + try_again(wait),
                   wait};
  };
  const int day = limits_.audio_seconds_per_day;
  if (day > 0 && audio_day_.used(now) >= std::int64_t{day} * kMsPerSecond) {
    return refuse(day_refused_, audio_day_.reset_in(now), day, "day");
  }
  const int minute = limits_.audio_seconds_per_minute;
  if (minute > 0 && !audio_minute_.take(now, length.count(), std::int64_t{minute} * kMsPerSecond)) {
    return refuse(minute_refused_, audio_minute_.reset_in(now), minute, "minute");
  }
  if (day > 0) audio_day_.take(now, length.count(), std::int64_t{day} * kMsPerSecond);
  return std::nullopt;
}

std::optional<KeyAccount::Standing> KeyAccount::requests() const {
  const int limit = limits_.requests_per_minute;
  if (limit == 0) return std::nullopt;
  const std::int64_t now = clock_.unix_seconds();
  return Standing{.limit = limit,
                  .remaining = std::max<std::int64_t>(limit - requests_.used(now), 0),
                  .reset_seconds = requests_.reset_in(now)};
}

// --- speech -------------------------------------------------------------------------------------

std::optional<KeyAccount::Refusal> KeyAccount::refuse_ended() const {
  if (is_live()) return std::nullopt;
  return Refusal{.message = "This key has been revoked or has expired.",
                 .retry_seconds = kEndedRetrySeconds,
                 .is_ended = true};
}

KeyAccount::StreamEntry KeyAccount::enter_stream(const std::shared_ptr<KeyAccount>& account) {
  KeyAccount& self = *account;
  if (auto ended = self.refuse_ended()) return {nullptr, std::move(ended)};
  const int before = self.streams_.fetch_add(1, std::memory_order_relaxed);
  if (self.limits_.streams > 0 && before >= self.limits_.streams) {
    self.streams_.fetch_sub(1, std::memory_order_relaxed);
    self.streams_refused_.add();
    return {nullptr,
            Refusal{"All " + std::to_string(self.limits_.streams) +
                        " streams of this key are in use." + try_again(kStreamRetrySeconds),
                    kStreamRetrySeconds}};
  }
  // The place holds the account, which may leave the ring before the stream ends.
  const auto leave = [account](KeyAccount* left) {
    left->streams_.fetch_sub(1, std::memory_order_relaxed);
  };
  return {std::shared_ptr<KeyAccount>(account.get(), leave), std::nullopt};
}

std::optional<KeyAccount::Refusal> KeyAccount::take_characters(std::int64_t count) {
  if (auto ended = refuse_ended()) return ended;
  const std::int64_t now = clock_.unix_seconds();
  const auto refuse = [&](Counter& counter, std::int64_t wait, int limit, const char* window) {
    counter.add();
    return Refusal{"Rate limit reached: " + std::to_string(limit) + " characters per " + window +
                       "." + try_again(wait),
                   wait};
  };
  const int day = limits_.characters_per_day;
  if (day > 0 && characters_day_.used(now) >= day) {
    return refuse(characters_day_refused_, characters_day_.reset_in(now), day, "day");
  }
  const int minute = limits_.characters_per_minute;
  if (minute > 0 && !characters_minute_.take(now, count, minute)) {
    return refuse(characters_minute_refused_, characters_minute_.reset_in(now), minute, "minute");
  }
  if (day > 0) characters_day_.take(now, count, day);
  return std::nullopt;
}

// --- of all keys --------------------------------------------------------------------------------

KeyAccounts::KeyAccounts(const std::vector<ApiKey>& keys, const KeyLimits& everybody,
                         const Clock& clock, Metrics& metrics)
    : keys_(nullptr), clock_(clock), metrics_(metrics) {
  accounts_.push_back(std::make_shared<KeyAccount>("", everybody, clock, metrics));
  add(keys);
}

KeyAccounts::KeyAccounts(const ApiKeys& keys, const KeyLimits& everybody, const Clock& clock,
                         Metrics& metrics)
    : keys_(&keys), clock_(clock), metrics_(metrics), version_(keys.version()) {
  accounts_.push_back(std::make_shared<KeyAccount>("", everybody, clock, metrics));
  add(keys.all());
}

std::shared_ptr<KeyAccount> KeyAccounts::at(std::size_t owner) const {
  const std::lock_guard lock(mutex_);
  if (keys_ != nullptr) {
    // Before `all`: when that is newer, the next look finds it so.
    const std::uint64_t version = keys_->version();
    if (std::exchange(version_, version) != version) add(keys_->all());
  }
  return accounts_.at(owner);
}

void KeyAccounts::add(const std::vector<ApiKey>& keys) const {
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const ApiKey& key = keys[i];
    const std::size_t owner = of_key(i);
    const auto make = [&] {
      return std::make_shared<KeyAccount>(key.name, key.limits, clock_, metrics_, key.life);
    };
    if (owner == accounts_.size()) {
      accounts_.push_back(make());
    } else if (accounts_[owner]->limits() != key.limits || accounts_[owner]->name() != key.name) {
      accounts_[owner] = make();
    }
  }
}

}  // namespace parley::server
