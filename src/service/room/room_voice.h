// SPDX-License-Identifier: Apache-2.0
//
// A voice of ours in a room, on its way out: samples leave 20 ms at a time, a little before they
// are played, each word's text goes out when it is heard, and what has been played is known, so
// that an interrupted reply is cut where it was heard.
//
// The room's library plays what it has without a pause, so a frame plays when it was written, or
// when the one before it ends.
//
// Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "media/buffer_pool.h"
#include "media/media_time.h"

namespace parley::service {

/// So far ahead of its playing sound is written: what a busy machine may be late.
inline constexpr Millis kVoiceLead{200};
/// When so little is left, more is written.
inline constexpr Millis kVoiceRefill{100};
/// Length of what is written at a time.
inline constexpr Millis kVoiceFrame{20};

class RoomVoice {
 public:
  /// `rate` in Hz.
  RoomVoice(media::BufferPool& buffers, int rate) : buffers_(buffers), rate_(rate) {}

  /// Samples of the item of that id, behind all that came before.
  void add_audio(std::string_view item_id, std::span<const std::int16_t> samples);
  void add_audio(std::string_view item_id, std::span<const float> samples);
  /// Words of it; `begin` counts from its first sample.
  void add_words(std::string_view item_id, media::MediaTime begin, std::string text);
  /// The item has no more; its last frame is filled with silence.
  void end_item();

  struct Out {
    std::function<void(media::BufferRef bytes)> sound;  // s16
    std::function<void(const std::string& item_id, std::string words)> words;
    std::function<void(const std::string& item_id)> over;  // all of an item has been heard
  };
  /// Gives out what is due.
  void pump(Instant now, const Out& out);
  /// When there will be something to give; nothing: when more has come.
  [[nodiscard]] std::optional<Instant> next_at(Instant now) const;
  /// Nothing waits, and all that was given has been played.
  [[nodiscard]] bool is_silent(Instant now) const;
  /// Of what was added and not given.
  [[nodiscard]] media::MediaTime waiting() const;
  [[nodiscard]] Instant plays_until() const noexcept { return plays_until_; }

  /// An item of which not all was played, and how much was.
  struct Cut {
    std::string item_id;
    media::MediaTime played;
  };
  /// Nothing more is played, and nothing of what waits is given.
  [[nodiscard]] std::vector<Cut> drop(Instant now);

 private:
  struct Spoken {
    std::string item_id;
    std::int64_t begin = 0;  // samples since the voice began
    std::int64_t end = 0;
    bool is_open = true;
  };
  struct Words {
    std::string item_id;
    std::int64_t begin = 0;
    std::string text;
  };
  struct Stretch {
    std::int64_t begin = 0;  // samples; up to the next one, played without a pause
    Instant plays_at;
  };

  Spoken& open(std::string_view item_id);
  [[nodiscard]] std::size_t frame_samples() const;
  [[nodiscard]] std::int64_t played(Instant now) const;
  [[nodiscard]] std::optional<Instant> plays_at(std::int64_t sample) const;
  void write(Instant now, const Out& out);

  media::BufferPool& buffers_;
  int rate_;
  std::deque<Spoken> items_;  // of which not all was played
  std::deque<Words> words_;   // not yet heard
  std::deque<std::int16_t> samples_;
  std::int64_t given_ = 0;         // samples
  std::deque<Stretch> stretches_;  // the last one that has begun to play, and those after it
  Instant plays_until_;
};

}  // namespace parley::service
