// SPDX-License-Identifier: Apache-2.0
//
// What a caller hears, on its way out: Twilio plays what it has in order and tells by marks how far
// it is, so what was heard is known, and an interrupted reply is cut there. Between two marks the
// clock counts, but never past a mark that has not come back.
//
// Positions are samples since the call began. Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "media/media_time.h"

namespace parley::service {

/// Of sound between two marks: so exactly is it known what was heard.
inline constexpr media::MediaTime kCallMarkEvery = media::MediaTime::from_ms(300);
/// A mark that is so late is not waited for: somebody speaks the protocol who has none.
inline constexpr Millis kCallMarkPatience{3'000};

class CallPlayout {
 public:
  explicit CallPlayout(int rate) : rate_(rate) {}

  /// Sound of the item of that id was sent, behind all that was sent before.
  void add_audio(std::string_view item_id, std::size_t samples, Instant now);
  /// The item has no more.
  void end_item();
  /// The name of a mark that should be sent now; `is_end`: nothing follows for a while.
  [[nodiscard]] std::optional<std::string> mark(bool is_end);
  /// It came back.
  void played_to(std::string_view mark, Instant now);

  /// Not all that was sent has been heard.
  [[nodiscard]] bool is_playing(Instant now) const;
  /// When it should have been; marks tell whether it was.
  [[nodiscard]] Instant plays_until() const { return plays_until_; }

  /// An item of which not all was heard, and how much was.
  struct Cut {
    std::string item_id;
    media::MediaTime heard;
  };
  /// What was not heard is thrown away; marks of it mean nothing when they come.
  [[nodiscard]] std::vector<Cut> clear(Instant now);

 private:
  struct Spoken {
    std::string item_id;
    std::int64_t begin = 0;
    std::int64_t end = 0;
    bool is_open = true;
  };
  struct Mark {
    std::string name;
    std::int64_t at = 0;
  };

  [[nodiscard]] std::int64_t heard(Instant now) const;
  void forget_heard(std::int64_t until);

  int rate_;
  std::deque<Spoken> items_;  // of which not all was heard
  std::deque<Mark> marks_;    // that have not come back
  std::uint64_t marks_sent_ = 0;
  std::int64_t sent_ = 0;
  std::int64_t marked_ = 0;  // where the last mark stands
  std::int64_t heard_ = 0;   // as the last mark that came back says, or a clear
  Instant heard_at_;         // when that was so
  Instant plays_until_;
};

}  // namespace parley::service
