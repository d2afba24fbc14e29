// SPDX-License-Identifier: Apache-2.0
//
// Says of each 32 ms window whether somebody speaks. The windows of all sessions are inferred in
// batches by one host; this operator keeps the session's model state and has one window in flight.
//   in   audio   AudioFrame, 16 kHz mono
//   out  speech  SpeechEvent, one per window, in order; a window that the model failed on is
//   silence
// While turn detection is off and nobody follows what is said, audio is dropped here and the
// model's state starts afresh.
// Threads: strand (the window: VAD host).  Allocates: no.  Latency: one window.
#pragma once

#include <cstddef>
#include <memory>

#include "graph/operator.h"
#include "graph/port.h"
#include "model/vad_model.h"
#include "operators/turn/turn_settings.h"

namespace parley::operators {

class VadOperator : public graph::Operator {
 public:
  /// `settings` is read live.
  VadOperator(model::VadHost& host, const TurnSettings& settings);
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void close() noexcept override;
  [[nodiscard]] bool is_busy() const noexcept override { return submitted_; }

 private:
  /// Moves samples from the input into the window; true when it is full.
  bool fill_window();
  /// `count` samples of the front frame, from `frame_offset_`: by reference when that is possible.
  void add_to_window(const media::BufferRef& samples, std::size_t count);
  void clear_window() noexcept;
  void report(float probability);
  void reset();

  graph::In<media::AudioFrame> audio_{
      *this, "audio", {.capacity = 256, .rate_hz = model::kVadRate, .channels = 1}};
  graph::Out<media::SpeechEvent> speech_{*this, "speech"};
  model::VadHost& host_;
  const TurnSettings& settings_;
  // Shared with the host while it is in flight, since the session may end first.
  std::shared_ptr<model::VadCall> call_;
  bool submitted_ = false;
  bool discard_ = false;          // detection was off meanwhile: ignore the window in flight
  std::size_t filled_ = 0;        // samples in the window
  std::size_t frame_offset_ = 0;  // samples taken of the front frame
  media::MediaTime window_start_;
  bool was_speech_ = false;
};

}  // namespace parley::operators
