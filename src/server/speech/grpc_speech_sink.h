// SPDX-License-Identifier: Apache-2.0
//
// Where the speech of a gRPC call goes, whatever its messages are.
//
// Threads: as a SpeechSink (the stream's strand); `cut_short` any.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "media/word_time.h"
#include "server/speech/encoding_sink.h"
#include "transport/grpc/grpc_call.h"

namespace parley::server {

class GrpcSpeechSink : public EncodingSink {
 public:
  GrpcSpeechSink(std::unique_ptr<codec::AudioEncoder> encoder,
                 std::shared_ptr<transport::GrpcCall> call)
      : EncodingSink(std::move(encoder), call->waker()), call_(std::move(call)) {}

  /// The server shuts down: what has come is spoken, but the client is told that it is not all.
  void cut_short() noexcept { is_cut_short_.store(true, std::memory_order_release); }

 protected:
  /// Everything was spoken: what is to be said of it. `rest`: of the audio.
  virtual void on_spoken(const service::SpeechTotals& totals, std::string rest) = 0;

  [[nodiscard]] transport::GrpcCall& call() const { return *call_; }
  service::SpeechFlow send(std::string message);
  /// Times of a chunk from the beginning of all audio.
  [[nodiscard]] static std::vector<media::WordTime> from(media::MediaTime begin,
                                                         std::vector<media::WordTime> times);

 private:
  void on_finished(const Status& status, const service::SpeechTotals& totals,
                   std::string rest) final;

  const std::shared_ptr<transport::GrpcCall> call_;  // shared with the talk
  std::atomic<bool> is_cut_short_{false};
};

}  // namespace parley::server
