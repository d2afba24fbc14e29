// SPDX-License-Identifier: Apache-2.0
//
// Microphone and speaker of this machine, through PortAudio. The sound card's thread only moves
// samples between its buffers and two rings; when a ring is full the newest microphone audio is
// dropped, and the speaker never waits. There is no echo cancellation: use headphones.
//
// Threads: `open`, `overruns` and destruction one owner; the rest as TalkAudio.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "cli/talk_session.h"

namespace parley::cli {

class TalkDevice final : public TalkAudio {
 public:
  /// The default devices. Errors: unavailable, with what to do instead.
  static Result<std::unique_ptr<TalkDevice>> open();
  ~TalkDevice() override;
  TalkDevice(const TalkDevice&) = delete;
  TalkDevice& operator=(const TalkDevice&) = delete;

  bool read(std::span<std::int16_t> frame) override;
  [[nodiscard]] bool at_end() const override { return false; }
  [[nodiscard]] Instant next_frame(Instant now) const override;
  void begin_reply() override;
  void play(std::span<const std::int16_t> samples) override;
  std::int64_t stop_playing() override;
  /// Samples that came while the ring was full.
  [[nodiscard]] std::uint64_t overruns() const;

 private:
  struct Card;
  explicit TalkDevice(std::unique_ptr<Card> card);
  std::unique_ptr<Card> card_;
};

}  // namespace parley::cli
