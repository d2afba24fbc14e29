// SPDX-License-Identifier: Apache-2.0
//
// The speakers that this server keeps, as its configuration wants it: where they are, encrypted
// with which key, and who works on them.
//
//   PARLEY_TRY(auto kept, KeptSpeakers::make(config, engine, metrics));
//
// Threads: construction and destruction one owner, outside the life of every session and after the
// last request; `desk` any.
#pragma once

#include <memory>

#include "base/config.h"
#include "base/result.h"
#include "exec/thread_executor.h"
#include "server/engine.h"
#include "server/speakers/speaker_desk.h"
#include "service/speakers/speaker_service.h"

namespace parley::server {

class KeptSpeakers {
 public:
  /// Null where nobody is told apart. In Redis where `store.url` is set, in a file where
  /// `speakers.path` or `store.path` is, else in memory. Errors name the setting and what to do.
  /// `engine` and `metrics` outlive it.
  static Result<std::unique_ptr<KeptSpeakers>> make(const Config& config, Engine& engine,
                                                    Metrics& metrics);

  /// Who sessions ask.
  [[nodiscard]] model::KnownSpeakers& known() { return known_; }
  [[nodiscard]] SpeakerDesk& desk() { return desk_; }

 private:
  KeptSpeakers(const Config& config, std::unique_ptr<store::SpeakerVault> vault, Engine& engine,
               Metrics& metrics);

  exec::ThreadExecutor store_thread_{"parley-voices"};
  exec::ThreadExecutor desk_thread_{"parley-enrol"};
  store::SpeakerStore store_;
  service::EnrolledSpeakers known_;
  service::SpeakerService service_;
  SpeakerDesk desk_;  // last: its jobs use the others
};

}  // namespace parley::server
