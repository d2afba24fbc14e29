// SPDX-License-Identifier: Apache-2.0
//
// Plays a transcript file against a session. One step a line, `#` begins a comment:
//
//   llm {"replies":[{"text":"Hi."}],"first_token_ms":100,"token_ms":50}     before `open`
//   heard ["what recognition hears", …]
//   turns [0.1, 0.9, …]     that the speaker is done, as semantic_vad's model finds it
//   session {"type":"transcription","model":"m","max_seconds":60,"speakers":true}
//   open
//   C {"type":…}            the client sends a frame; bound names ("$item") are put in
//   C! anything             the same, as it is
//   dialect beta            before `open`: frames are written in the beta dialect
//   speak 1000              audio in real time, 20 ms frames; `speak 1000 440`: at 440 Hz
//   silence 500
//   rest 500                time passes
//   S {"type":…}            the next server frame matches (matcher.h); time passes until it comes
//   S* type type …          before the next frame that S names, any number of these
//   until {"type":…}        frames pass by until one matches
//   never 3000 type type …  time passes; none of these frames may come (others are left for S)
//   quiet 1000              time passes; nothing comes
//   closed 4000 reason      the session has closed the link
#pragma once

#include <memory>
#include <set>
#include <string>

#include <boost/json.hpp>

#include "tests/service/realtime/auditor.h"
#include "tests/service/realtime/beta_adapter.h"
#include "tests/service/realtime/matcher.h"
#include "tests/service/realtime/realtime_fixture.h"

namespace parley::test {

class Transcript {
 public:
  /// Reports failures to GoogleTest, with file and line.
  void play(const std::string& path);
  /// The same, with the beta dialect on the wire (beta_adapter.h). Transcripts that begin with
  /// `# GA only` have no meaning there.
  void play_as_beta(const std::string& path);

 private:
  void step(const std::string& word, const std::string& rest);
  void prepare(const std::string& word, const boost::json::value& what);
  void expect_next(const boost::json::value& expected);
  void expect_until(const boost::json::value& expected);
  void expect_never(const std::string& rest);
  /// The oldest frame that nobody looked at; lets time pass until there is one.
  bool wait_for_frame();
  boost::json::value take_frame();
  static std::set<std::string> words(const std::string& text);

  bool writes_beta_ = false;
  FixtureOptions options_;
  std::unique_ptr<RealtimeFixture> call_;
  Bindings bindings_;
  Auditor auditor_;
  BetaAdapter beta_;
  bool is_beta_ = false;
  std::set<std::string> skippable_;
  bool failed_ = false;
};

}  // namespace parley::test
