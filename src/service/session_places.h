// SPDX-License-Identifier: Apache-2.0
//
// The sessions of a service: how many there may be, the seed of each, and what is told to all of
// them when the server goes down.
//
// `Metrics` has `sessions`, a gauge, and `opened` and `refused`, counters; it outlives this.
// `Session` is made of a core, which is started then, and has `finish()`, which any thread may
// call.
//
// Threads: any. The lock is held for a few moves only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "base/random.h"
#include "base/result.h"

namespace parley::service {

template <typename Session, typename Metrics>
class SessionPlaces {
 public:
  SessionPlaces(std::size_t sessions_max, std::uint64_t seed, Metrics& metrics)
      : sessions_max_(sessions_max), metrics_(metrics), seeds_(seed) {}

  /// One more session. `make`: of its seed and of what is to be called at its end, even when it
  /// never starts, the core or why there is none. Errors: its, unavailable, resource_exhausted.
  template <typename Make>
  Result<std::shared_ptr<Session>> open(Make make) {
    PARLEY_TRY(const std::uint64_t seed, enter());
    auto core = make(seed, [this] { leave(); });
    if (!core) return std::move(core).error();  // its place was given back with it
    metrics_.opened.add();
    auto& started = **core;
    // Shared: the connection holds it, and `drain` must be able to ask whether it is still there.
    auto session = std::make_shared<Session>(std::move(*core));
    remember(session);
    started.start();
    return session;
  }

  [[nodiscard]] std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return count_;
  }

  /// No more enter, and those that are there finish.
  void drain() {
    std::vector<std::weak_ptr<Session>> sessions;
    {
      const std::lock_guard lock(mutex_);
      draining_ = true;
      sessions = sessions_;
    }
    for (const std::weak_ptr<Session>& one : sessions) {
      if (const std::shared_ptr<Session> session = one.lock()) session->finish();
    }
  }

 private:
  /// The seed.
  Result<std::uint64_t> enter() {
    const std::lock_guard lock(mutex_);
    if (draining_) {
      metrics_.refused.add();
      return Error{ErrorCode::unavailable, "the server is shutting down"};
    }
    if (count_ >= sessions_max_) {
      metrics_.refused.add();
      return Error{ErrorCode::resource_exhausted,
                   "all " + std::to_string(sessions_max_) + " sessions are taken"};
    }
    ++count_;
    metrics_.sessions.add(1);
    return seeds_.next();
  }

  /// Of one that entered, whether it ever started or not.
  void leave() {
    const std::lock_guard lock(mutex_);
    --count_;
    metrics_.sessions.add(-1);
  }

  /// For `drain`, which may have come in between.
  void remember(const std::shared_ptr<Session>& session) {
    const std::lock_guard lock(mutex_);
    // Cleaning up at each doubling costs nothing per session on average.
    if (sessions_.size() >= 2 * count_) {
      std::erase_if(sessions_, [](const auto& one) { return one.expired(); });
    }
    sessions_.push_back(session);
    if (draining_) session->finish();
  }

  const std::size_t sessions_max_;
  Metrics& metrics_;
  mutable std::mutex mutex_;
  Random seeds_;                                  // GUARDED_BY(mutex_)
  std::size_t count_ = 0;                         // GUARDED_BY(mutex_)
  bool draining_ = false;                         // GUARDED_BY(mutex_)
  std::vector<std::weak_ptr<Session>> sessions_;  // GUARDED_BY(mutex_); some have ended
};

}  // namespace parley::service
