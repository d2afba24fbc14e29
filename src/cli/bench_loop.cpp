// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_loop.h"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <string>
#include <system_error>

#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "protocol/realtime/server_event_reader.h"

namespace parley::cli {
namespace {

constexpr std::uint64_t kTimerEvent = UINT64_MAX;
constexpr int kEventsMax = 256;
// The loop looks around at least this often, for `stopped`.
constexpr Millis kPatience{200};

}  // namespace

void Lateness::add(Nanos late) {
  const auto tenth = static_cast<std::size_t>(std::max<std::int64_t>(0, late.count()) / 100'000);
  ++tenths_[std::min(tenth, kTenths)];
  ++count_;
}

double Lateness::percentile_ms(double share) const {
  const auto rank = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(count_)));
  std::uint64_t seen = 0;
  for (std::size_t tenth = 0; tenth < tenths_.size(); ++tenth) {
    seen += tenths_[tenth];
    if (seen >= rank && seen > 0) return static_cast<double>(tenth + 1) / 10.0;
  }
  return 0.0;
}

BenchLoop::BenchLoop(BenchLoopOptions options, const Clock& clock)
    : options_(std::move(options)),
      clock_(clock),
      random_(options_.seed),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      timer_(::timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK)) {}

BenchLoop::~BenchLoop() {
  clients_.clear();
  if (timer_ >= 0) ::close(timer_);
  if (epoll_ >= 0) ::close(epoll_);
}

Status BenchLoop::run(std::vector<std::unique_ptr<BenchTalker>>& talkers,
                      const std::function<bool()>& stopped) {
  epoll_event timer_event{.events = EPOLLIN, .data = {.u64 = kTimerEvent}};
  if (epoll_ < 0 || timer_ < 0 || ::epoll_ctl(epoll_, EPOLL_CTL_ADD, timer_, &timer_event) != 0) {
    return Error{ErrorCode::internal,
                 std::string("epoll: ") + std::generic_category().message(errno)};
  }
  next_opening_ = clock_.now();
  while (!stopped()) {
    const Instant now = clock_.now();
    open_next(talkers, now);
    tick_due(now);
    if (clients_.size() == talkers.size() && active_ == 0) break;
    const bool may_open = clients_.size() < talkers.size() && active_ < options_.active_max;
    Instant next = now + kPatience;
    if (may_open) next = std::min(next, next_opening_);
    if (!due_.empty()) next = std::min(next, due_.top().first);
    wait(next);
  }
  return {};
}

void BenchLoop::open_next(std::vector<std::unique_ptr<BenchTalker>>& talkers, Instant now) {
  while (clients_.size() < talkers.size() && active_ < options_.active_max &&
         now >= next_opening_) {
    next_opening_ = next_opening_ + options_.gap;
    const std::size_t index = clients_.size();
    clients_.push_back({.talker = talkers[index].get(), .socket = nullptr});
    ++active_;
    Result<BenchSocket> socket = BenchSocket::connect(options_.target, random_.next());
    if (!socket) {
      lose(index, socket.error());
      continue;
    }
    clients_[index].socket = std::make_unique<BenchSocket>(std::move(*socket));
    watch(index, EPOLL_CTL_ADD);
    clients_[index].talker->start(now);
    due_.emplace(clients_[index].talker->next_tick(), index);
  }
}

void BenchLoop::tick_due(Instant now) {
  while (!due_.empty() && due_.top().first <= now) {
    const auto [at, index] = due_.top();
    due_.pop();
    Client& client = clients_[index];
    if (client.talker->over()) continue;
    const std::optional<std::string_view> text = client.talker->tick(now);
    if (text && client.socket != nullptr) {
      send(index, *text);
      lateness_.add(clock_.now() - at);
    }
    if (client.talker->over()) {
      --active_;
    } else {
      due_.emplace(client.talker->next_tick(), index);
    }
  }
}

void BenchLoop::advance(std::size_t index) {
  Client& client = clients_[index];
  if (client.socket == nullptr) return;
  const bool was_over = client.talker->over();
  messages_.clear();
  const Status status = client.socket->advance(messages_);
  const Instant now = clock_.now();
  for (const std::string& message : messages_) {
    const Result<protocol::ReceivedEvent> event = protocol::read_server_event(message);
    if (!event) {
      client.talker->lose(event.error().message);
      break;
    }
    const std::optional<std::string> answer = client.talker->receive(*event, now);
    if (answer && client.socket != nullptr) send(index, *answer);
  }
  if (client.talker->over() && !was_over) --active_;
  if (!status) lose(index, status.error());
  if (client.socket != nullptr && client.socket->wants_to_write() != client.watches_writing) {
    watch(index, EPOLL_CTL_MOD);
  }
}

void BenchLoop::lose(std::size_t index, const Error& error) {
  Client& client = clients_[index];
  if (!client.talker->over()) {
    client.talker->lose(error.message);
    --active_;
  }
  client.socket.reset();  // closing it takes it out of the epoll set
}

void BenchLoop::send(std::size_t index, std::string_view text) {
  Client& client = clients_[index];
  const Status sent = client.socket->send(text);
  if (!sent) {
    client.talker->lose(sent.error().message);
    client.socket.reset();
    return;
  }
  if (client.socket->wants_to_write() != client.watches_writing) watch(index, EPOLL_CTL_MOD);
}

void BenchLoop::watch(std::size_t index, int operation) {
  Client& client = clients_[index];
  client.watches_writing = client.socket->wants_to_write();
  epoll_event event{.events = EPOLLIN, .data = {.u64 = index}};
  if (client.watches_writing) event.events |= EPOLLOUT;
  ::epoll_ctl(epoll_, operation, client.socket->descriptor(), &event);
}

void BenchLoop::wait(Instant until) {
  // A timer descriptor, because epoll_wait counts whole milliseconds. Zero would switch it off.
  const Nanos left = std::max(Nanos(1), until - clock_.now());
  const itimerspec spec{.it_interval = {},
                        .it_value = {.tv_sec = left.count() / 1'000'000'000,
                                     .tv_nsec = left.count() % 1'000'000'000}};
  ::timerfd_settime(timer_, 0, &spec, nullptr);
  std::array<epoll_event, kEventsMax> events{};
  const int count = ::epoll_wait(epoll_, events.data(), kEventsMax, -1);
  for (int i = 0; i < count; ++i) {
    const std::uint64_t index = events[static_cast<std::size_t>(i)].data.u64;
    if (index == kTimerEvent) {
      std::uint64_t expirations = 0;
      [[maybe_unused]] const ssize_t got = ::read(timer_, &expirations, sizeof expirations);
    } else {
      advance(index);
    }
  }
}

}  // namespace parley::cli
