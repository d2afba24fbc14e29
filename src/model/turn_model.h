// SPDX-License-Identifier: Apache-2.0
//
// The seam for deciding that a user is done. The silence timer in operators/turn is the first
// detector; models that listen to prosody implement the same interface.
#pragma once

#include "media/media_time.h"

namespace parley::model {

/// What is known at a silence.
struct TurnQuery {
  media::MediaTime silence;  // since the last speech
  media::MediaTime speech;   // of the utterance so far
};

/// Per session; Threads: strand. Must return at once.
class TurnDetector {
 public:
  virtual ~TurnDetector() = default;
  /// True when the user's turn is over.
  [[nodiscard]] virtual bool is_done(const TurnQuery& query) noexcept = 0;
};

}  // namespace parley::model
