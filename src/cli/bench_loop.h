// SPDX-License-Identifier: Apache-2.0
//
// Runs many talkers over real sockets in one thread: one epoll, one timer, each frame at its time
// on an absolute schedule. How late the frames left is measured, because a generator that is late
// blames the server for its own delay.
//
// Threads: one owner, which it blocks.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "cli/bench_socket.h"
#include "cli/bench_talker.h"

namespace parley::cli {

/// Tenths of a millisecond, counted; a minute of a thousand sessions is three million frames.
class Lateness {
 public:
  void add(Nanos late);
  /// Upper edge of the tenth in which the share `share` of all frames lies, in ms.
  [[nodiscard]] double percentile_ms(double share) const;
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  static constexpr std::size_t kTenths = 10'000;  // up to a second
  std::array<std::uint64_t, kTenths + 1> tenths_{};
  std::uint64_t count_ = 0;
};

struct BenchLoopOptions {
  BenchTarget target{};
  std::size_t active_max = SIZE_MAX;  // sessions that are not over, at one time
  Millis gap{0};                      // between the openings of two sessions
  std::uint64_t seed = 1;
};

class BenchLoop {
 public:
  BenchLoop(BenchLoopOptions options, const Clock& clock);
  ~BenchLoop();
  BenchLoop(const BenchLoop&) = delete;
  BenchLoop& operator=(const BenchLoop&) = delete;

  /// Until every talker is over or `stopped` says so. Connections stay open until the loop goes.
  /// `clock` must be the machine's. Errors: internal (no descriptors left).
  Status run(std::vector<std::unique_ptr<BenchTalker>>& talkers,
             const std::function<bool()>& stopped);
  [[nodiscard]] const Lateness& lateness() const { return lateness_; }

 private:
  struct Client {
    BenchTalker* talker = nullptr;
    std::unique_ptr<BenchSocket> socket{};  // null once lost
    bool watches_writing = false;
  };

  void open_next(std::vector<std::unique_ptr<BenchTalker>>& talkers, Instant now);
  void tick_due(Instant now);
  void advance(std::size_t index);
  void lose(std::size_t index, const Error& error);
  void watch(std::size_t index, int operation);
  void send(std::size_t index, std::string_view text);
  void wait(Instant until);

  const BenchLoopOptions options_;
  const Clock& clock_;
  Random random_;
  int epoll_ = -1;
  int timer_ = -1;
  std::vector<Client> clients_;  // in order of opening
  std::size_t active_ = 0;
  Instant next_opening_;
  using Due = std::pair<Instant, std::size_t>;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
  std::vector<std::string> messages_;
  Lateness lateness_;
};

}  // namespace parley::cli
