// SPDX-License-Identifier: Apache-2.0
//
// Phonemes from espeak-ng, which lives in a program of its own, parley-phonemizer: espeak-ng is
// GPL-3 and Parley is not (apps/phonemizer/README.md), and a crash in it must not end a call.
//
// The program is started at the first request. When it dies or does not answer in time it is
// started again and asked again; a text over which it dies twice fails with `internal`. When it
// keeps dying the starts are spaced out: from the third on after 100 ms, doubling up to 2 s.
//
//   PARLEY_TRY(std::string program, find_phonemizer(""));
//   PhonemizerProcess phonemizer({.program = program}, metrics);
//   PARLEY_TRY(std::string ipa, phonemizer.phonemes("Hello, world.", "en-us"));  // həlˈoʊ, wˈɜːld.
//
// Threads: any; one request at a time, others wait (a request takes about 0.2 ms). It waits for
// another process, so its clock is the machine's.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/phonemizer/phonemizer.h"
#include "backend/phonemizer/phonemizer_protocol.h"
#include "base/clock.h"
#include "base/metrics.h"
#include "exec/child_process.h"

namespace parley::backend {

/// The program's path: `configured` when it is not empty, else the one beside the running
/// executable. not_found names the places that were looked at.
[[nodiscard]] Result<std::string> find_phonemizer(const std::string& configured);

struct PhonemizerOptions {
  std::string program;
  std::vector<std::string> arguments{};
  Nanos answer_max = std::chrono::seconds(2);  // for one attempt
};

class PhonemizerProcess final : public Phonemizer {
 public:
  PhonemizerProcess(PhonemizerOptions options, Metrics& metrics);

  /// invalid_argument: text longer than kPhonemizerTextMax, or a voice that espeak-ng does not
  /// have. not_found: no such program. internal, deadline_exceeded: it died, or was silent, twice.
  [[nodiscard]] Result<std::string> phonemes(std::string_view text,
                                             std::string_view voice) override;

  /// Of the program that runs now; nothing before the first request and after a failure.
  [[nodiscard]] std::optional<pid_t> pid() const;

 private:
  Result<PhonemizerReply> ask(const std::string& request);
  Status start_if_needed();
  void note_death(const Error& why);

  const PhonemizerOptions options_;
  const SteadyClock clock_;
  Counter& restarts_;
  mutable std::mutex mutex_;                   // held for a whole request
  std::unique_ptr<exec::ChildProcess> child_;  // GUARDED_BY(mutex_)
  int deaths_in_a_row_ = 0;                    // GUARDED_BY(mutex_)
  Instant died_at_;                            // GUARDED_BY(mutex_)
};

}  // namespace parley::backend
