// SPDX-License-Identifier: Apache-2.0
//
// Rings and processes for tests: a child process that runs a function and can be killed, and frames
// whose samples tell whether they are whole.
#pragma once

#include <csignal>
#include <cstdint>
#include <cstring>
#include <functional>
#include <span>
#include <string>
#include <utility>

#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "media/shared_ring_reader.h"
#include "media/shared_ring_writer.h"

namespace parley::test {

/// A forked process. It ends with the exit code that `body` returns, without destructors.
class Child {
 public:
  explicit Child(const std::function<int()>& body) : pid_(::fork()) {
    if (pid_ != 0) return;
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);  // a test that fails leaves nobody behind
    ::_exit(body());
  }
  ~Child() { kill(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    join();
  }
  /// Its exit code, or minus the signal that ended it.
  int join() {
    int status = 0;
    ::waitpid(std::exchange(pid_, 0), &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  [[nodiscard]] int pid() const { return pid_; }

 private:
  int pid_;
};

/// Two ends between a test and its child: one byte is one step.
class StepPipe {
 public:
  StepPipe() { EXPECT_EQ(::pipe(ends_), 0); }
  ~StepPipe() {
    ::close(ends_[0]);
    ::close(ends_[1]);
  }
  StepPipe(const StepPipe&) = delete;
  StepPipe& operator=(const StepPipe&) = delete;
  void tell() const { EXPECT_EQ(::write(ends_[1], "x", 1), 1); }
  void hear() const {
    char byte = 0;
    EXPECT_EQ(::read(ends_[0], &byte, 1), 1);
  }

 private:
  int ends_[2] = {-1, -1};
};

inline constexpr std::size_t kTestSamples = 320;

inline media::SharedFrameHead test_head(std::uint64_t number) {
  media::SharedFrameHead head;
  head.format = {.rate = 16'000, .channels = 1};
  head.pts =
      media::MediaTime::from_samples(static_cast<std::int64_t>(number * kTestSamples), 16'000);
  head.sequence = number;
  head.bytes = kTestSamples * sizeof(float);
  return head;
}

/// Every sample is the frame's number. False: no room.
inline bool write_numbered(media::SharedRingWriter& writer, std::uint64_t number) {
  const std::span<std::byte> slot = writer.begin();
  if (slot.empty()) return false;
  const auto value = static_cast<float>(number);
  for (std::size_t i = 0; i < kTestSamples; ++i) {
    std::memcpy(slot.data() + i * sizeof(float), &value, sizeof(value));
  }
  writer.commit(test_head(number));
  return true;
}

inline bool is_whole(const media::SharedFrame& frame) {
  if (frame.data.size() != kTestSamples * sizeof(float)) return false;
  for (const float sample : frame.data.floats()) {
    if (sample != static_cast<float>(frame.head.sequence)) return false;
  }
  return true;
}

/// Reads the next frame, sleeping until it comes.
inline media::SharedFrame read_next(media::SharedRingReader& reader) {
  while (true) {
    if (std::optional<media::SharedFrame> frame = reader.read()) return *std::move(frame);
    reader.wait(Instant::never());
  }
}

}  // namespace parley::test
