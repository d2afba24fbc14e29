// SPDX-License-Identifier: Apache-2.0
//
// Holds a reply's words and sound back until they passed a check, clause by clause: the same
// clauses that are spoken, so that each is heard as soon as it may be. Threads: strand.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "agent/moderation_gate.h"
#include "media/frame.h"
#include "media/media_time.h"
#include "operators/tts/clause_splitter.h"

namespace parley::agent {

class OutputGate {
 public:
  OutputGate(const ModerationGate::Surroundings& around, const ModerationSettings& settings)
      : gate_(around, settings, ModerationGate::Source::output) {}

  /// Text as the model says it; `is_last`: no more of it follows.
  void take(std::string_view text, bool is_last);
  [[nodiscard]] ModerationGate::Verdict look() { return gate_.look(); }
  /// Words that have passed since it was last asked.
  [[nodiscard]] std::string release();
  /// Everything that was taken has been released.
  [[nodiscard]] bool is_empty() const { return released_ == text_.size(); }

  /// A clause whose sound has been made, with its place in the reply's audio.
  void spoken(const media::TextDelta& clause);
  /// Whether the sound up to `end` belongs to clauses that have passed.
  [[nodiscard]] bool may_be_heard(media::MediaTime end) const;

 private:
  struct Clause {
    std::string text;
    std::size_t end = 0;  // in text_
  };
  struct Sound {
    media::MediaTime end;
    std::size_t clause = 0;
  };
  void check(std::string clause);

  ModerationGate gate_;
  operators::ClauseSplitter splitter_;
  std::string text_;          // all that was taken
  std::size_t cut_ = 0;       // of it, what is in clauses
  std::size_t released_ = 0;  // of it, what was given out
  std::vector<Clause> clauses_;
  std::vector<Sound> sounds_;
};

}  // namespace parley::agent
