// SPDX-License-Identifier: Apache-2.0
//
// How the user's turn is found. Threads: strand (plain state of one session).
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace parley::operators {

struct TurnSettings {
  enum class Detector : std::uint8_t { silence, model };
  enum class Eagerness : std::uint8_t { low, medium, high };

  bool detect = true;          // false: push to talk, the client commits
  bool follows = false;        // without `detect`: speech opens an utterance, only a commit ends it
  float threshold = 0.5F;      // speech probability, [0, 1]
  Millis prefix_padding{300};  // audio kept before the first speech sample
  Detector detector = Detector::silence;
  Millis silence{500};                      // Detector::silence: of silence end the turn
  Eagerness eagerness = Eagerness::medium;  // Detector::model
  bool create_response = true;              // the end of a turn asks for a reply
  bool interrupt_response = true;           // speech stops a reply
  Millis idle_timeout{0};         // of nobody speaking after a reply ask for another; 0: never
  Millis early_recognition{250};  // of silence start recognition before the decision
};

}  // namespace parley::operators
