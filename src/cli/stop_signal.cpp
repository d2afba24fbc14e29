// SPDX-License-Identifier: Apache-2.0
#include "cli/stop_signal.h"

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/check.h"

namespace parley::cli {
namespace {

// What a signal handler may touch: lock-free atomics and write(2).
std::atomic<int> event_descriptor{-1};
std::atomic<bool> raised{false};
static_assert(std::atomic<int>::is_always_lock_free && std::atomic<bool>::is_always_lock_free);

extern "C" void parley_on_stop_signal(int number) {
  if (raised.exchange(true)) _exit(128 + number);
  const int saved = errno;
  const std::uint64_t one = 1;
  // Cannot fail: the counter of an eventfd takes 2^64 of these.
  [[maybe_unused]] const ssize_t written = ::write(event_descriptor.load(), &one, sizeof one);
  errno = saved;
}

void handle(int number, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  sigemptyset(&action.sa_mask);
  action.sa_flags = SA_RESTART;
  PARLEY_CHECK(sigaction(number, &action, nullptr) == 0);
}

}  // namespace

StopSignal::StopSignal() {
  PARLEY_CHECK(event_descriptor.load() == -1);
  raised.store(false);
  event_descriptor.store(eventfd(0, EFD_CLOEXEC));
  PARLEY_CHECK(event_descriptor.load() >= 0);
  handle(SIGTERM, parley_on_stop_signal);
  handle(SIGINT, parley_on_stop_signal);
  handle(SIGPIPE, SIG_IGN);
}

StopSignal::~StopSignal() {
  handle(SIGTERM, SIG_DFL);
  handle(SIGINT, SIG_DFL);
  ::close(event_descriptor.exchange(-1));
}

void StopSignal::wait() const {
  pollfd entry{.fd = event_descriptor.load(), .events = POLLIN, .revents = 0};
  while (!is_raised()) ::poll(&entry, 1, -1);
}

void StopSignal::raise() const {
  if (raised.exchange(true)) return;
  const std::uint64_t one = 1;
  PARLEY_CHECK(::write(event_descriptor.load(), &one, sizeof one) == sizeof one);
}

bool StopSignal::is_raised() const { return raised.load(); }

}  // namespace parley::cli
