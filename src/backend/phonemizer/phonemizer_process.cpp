// SPDX-License-Identifier: Apache-2.0
#include "backend/phonemizer/phonemizer_process.h"

#include <algorithm>
#include <utility>

#include <poll.h>
#include <unistd.h>

#include "base/log.h"

namespace parley::backend {
namespace {

constexpr const char* kProgram = "parley-phonemizer";
constexpr int kAttempts = 2;
constexpr int kFreeStarts = 2;  // deaths in a row after which the next start is not delayed
constexpr Nanos kDelayFirst = Millis(100);
constexpr Nanos kDelayMax = std::chrono::seconds(2);

Nanos start_delay(int deaths_in_a_row) {
  if (deaths_in_a_row <= kFreeStarts) return Nanos(0);
  const int doublings = std::min(deaths_in_a_row - kFreeStarts - 1, 10);
  return std::min(kDelayFirst * (1 << doublings), kDelayMax);
}

}  // namespace

Result<std::string> find_phonemizer(const std::string& configured) {
  std::string path = configured.empty() ? exec::program_beside(kProgram) : configured;
  if (::access(path.c_str(), X_OK) != 0) {
    return Error{ErrorCode::not_found,
                 path + ": there is no such program; speech needs it (build the target " +
                     kProgram + ", or set its path)"};
  }
  return path;
}

PhonemizerProcess::PhonemizerProcess(PhonemizerOptions options, Metrics& metrics)
    : options_(std::move(options)),
      restarts_(metrics.counter("parley_phonemizer_deaths_total",
                                "Times that the phonemizer died or was stopped as unresponsive")) {}

Result<std::string> PhonemizerProcess::phonemes(std::string_view text, std::string_view voice) {
  PARLEY_TRY(const std::string request, phonemizer_request(text, voice));
  const std::lock_guard lock(mutex_);
  Error last;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    PARLEY_TRY_STATUS(start_if_needed());
    Result<PhonemizerReply> reply = ask(request);
    if (reply) {
      deaths_in_a_row_ = 0;
      if (reply->is_ok) return std::move(reply->text);
      return Error{ErrorCode::invalid_argument, "phonemizer: " + reply->text};
    }
    last = reply.error();
    note_death(last);
  }
  const ErrorCode code =
      last.code == ErrorCode::deadline_exceeded ? last.code : ErrorCode::internal;
  return Error{code, "the phonemizer failed twice over this text: " + last.message};
}

// Any error means that the program is of no more use.
Result<PhonemizerReply> PhonemizerProcess::ask(const std::string& request) {
  const Instant deadline = clock_.now() + options_.answer_max;
  PARLEY_TRY_STATUS(child_->write_all(request, clock_, deadline));
  std::string received;
  while (true) {
    PARLEY_TRY_STATUS(child_->read_some(received, clock_, deadline));
    PARLEY_TRY(std::optional<PhonemizerReply> reply, parse_phonemizer_reply(received));
    if (reply) return *std::move(reply);
  }
}

Status PhonemizerProcess::start_if_needed() {
  if (child_ != nullptr) return {};
  const Nanos left = died_at_ + start_delay(deaths_in_a_row_) - clock_.now();
  if (deaths_in_a_row_ > 0 && left > Nanos(0)) {
    ::poll(nullptr, 0, static_cast<int>(std::chrono::ceil<Millis>(left).count()));
  }
  PARLEY_TRY(exec::ChildProcess started,
             exec::ChildProcess::start(options_.program, options_.arguments));
  child_ = std::make_unique<exec::ChildProcess>(std::move(started));
  log::debug("phonemizer started", {{"pid", child_->pid()}});
  return {};
}

void PhonemizerProcess::note_death(const Error& why) {
  const pid_t pid = child_->pid();
  const std::string end = child_->stop();
  child_.reset();
  ++deaths_in_a_row_;
  died_at_ = clock_.now();
  restarts_.add();
  log::warn("phonemizer died", {{"pid", pid}, {"end", end}, {"reason", why.message}});
}

std::optional<pid_t> PhonemizerProcess::pid() const {
  const std::lock_guard lock(mutex_);
  if (child_ == nullptr) return std::nullopt;
  return child_->pid();
}

}  // namespace parley::backend
