// SPDX-License-Identifier: Apache-2.0
//
// The two ends of `parley talk` without devices: a recording as the microphone, which is always
// ready, and a WAV file as the speaker, in which one reply follows the other.
//
// Threads: as TalkAudio; `finish` by the owner, when the session has ended.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/talk_session.h"

namespace parley::cli {

class TalkFiles final : public TalkAudio {
 public:
  /// Errors: what is wrong with the recording, with its name.
  static Result<TalkFiles> open(const std::string& in);

  bool read(std::span<std::int16_t> frame) override;
  [[nodiscard]] bool at_end() const override { return at_ == question_.size(); }
  [[nodiscard]] Instant next_frame(Instant) const override { return Instant::never(); }
  void begin_reply() override { reply_begin_ = reply_.size(); }
  void play(std::span<const std::int16_t> samples) override;
  std::int64_t stop_playing() override {
    return static_cast<std::int64_t>(reply_.size() - reply_begin_);
  }

  /// Writes the replies. Errors: as of WavWriter.
  Status finish(const std::string& out) const;

 private:
  TalkFiles() = default;
  std::vector<std::int16_t> question_;
  std::size_t at_ = 0;
  std::vector<float> reply_;  // all of them
  std::size_t reply_begin_ = 0;
};

}  // namespace parley::cli
