// SPDX-License-Identifier: Apache-2.0
//
// Says whether a text may stand: what a user said, before a reply to it is heard, or a clause of a
// reply, before it is spoken. Served by a word list or by a webhook (backend/moderation).
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "model/call.h"

namespace parley::model {

struct ModerationCall : Call {
  enum class Source : std::uint8_t { input, output };  // of the user, of the model

  Source source = Source::input;  // in
  std::string text;               // in

  bool refused = false;  // out
  Status status;         // out: an error when nobody could judge
};

/// Threads: any.
class ModerationHost {
 public:
  virtual ~ModerationHost() = default;
  /// The call becomes done, at once or later. False when too many wait (counted).
  virtual bool submit(std::shared_ptr<ModerationCall> call) = 0;
};

}  // namespace parley::model
