// SPDX-License-Identifier: Apache-2.0
//
// Takes steady noise out of a session's input while its settings ask for it; else frames pass as
// they are.
//   in   audio   AudioFrame, mono, 16 kHz
//   out  audio   AudioFrame, the same; the lengths of frames may change, their time does not
// Threads: strand.  Allocates: the suppressor when it is switched on.  Latency: none while it is
// off; 10 ms, and up to 10 ms more for frames that are no multiple of 10 ms, while it is on.
#pragma once

#include <memory>
#include <optional>

#include "dsp/denoiser.h"
#include "graph/operator.h"
#include "graph/port.h"
#include "operators/audio/block_stream.h"

namespace parley::operators {

inline constexpr int kSuppressDbMax = dsp::Denoiser::kSuppressMaxDb;

struct NoiseSettings {
  int suppress_db = 0;  // how far noise is turned down at most, up to kSuppressDbMax; 0: off
};

class NoiseReductionOperator final : public graph::Operator {
 public:
  /// `settings` is read live.
  NoiseReductionOperator(const NoiseSettings& settings, media::BufferPool& buffers)
      : settings_(settings), buffers_(buffers) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  static constexpr int kRate = 16'000;
  /// One suppressor and the frames around it.
  struct Suppressor {
    Suppressor(int db, dsp::Denoiser made, media::BufferPool& buffers)
        : suppress_db(db),
          denoiser(std::move(made)),
          stream({.rate = kRate, .block = denoiser.block_samples(), .latency = denoiser.latency()},
                 buffers) {}
    int suppress_db;
    dsp::Denoiser denoiser;
    BlockStream stream;
  };
  /// Makes `on_` what the settings say. What the old one still held goes out.
  Status follow_settings();

  graph::In<media::AudioFrame> in_{*this, "audio", {.rate_hz = kRate, .channels = 1}};
  graph::Out<media::AudioFrame> out_{*this, "audio", {.format_of = &in_}};
  const NoiseSettings& settings_;
  media::BufferPool& buffers_;
  std::unique_ptr<Suppressor> on_;  // null while it is off: most sessions never ask for it
};

}  // namespace parley::operators
