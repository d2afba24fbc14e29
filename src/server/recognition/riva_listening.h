// SPDX-License-Identifier: Apache-2.0
//
// StreamingRecognize and Recognize as NVIDIA Riva's clients know them (proto/riva/riva_asr.proto).
// Samples are heard while they come, behind a WAV header or without; recordings of other kinds when
// all of them have come, by a thread that decodes them.
//
// Threads: as a GrpcListening.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "protocol/recognition/riva_asr_proto.h"
#include "server/recognition/grpc_listening.h"
#include "server/recognition/grpc_recordings.h"

namespace parley::server {

/// What both do.
class RivaListening : public GrpcListening {
 public:
  /// `recordings` outlives it.
  RivaListening(const Place& place, Setup setup, GrpcRecordings& recordings)
      : GrpcListening(place, std::move(setup)), recordings_(recordings) {}

 protected:
  /// False: the call has failed, because there are too many.
  bool take_place();
  /// REQUIRES: take_place().
  void hear_recording(protocol::RivaRecording recording, bool is_streaming);
  [[nodiscard]] service::RecognitionRequest request_of(
      const protocol::RivaListenOrder& order) const;

 private:
  void complain(const std::string& /*trouble*/) final {}  // no encoding of theirs comes in packets
  void leave() final;

  GrpcRecordings& recordings_;
  std::shared_ptr<void> place_;                        // among them
  std::shared_ptr<service::FileRecognition> hearing_;  // shared with itself, until its end
};

class RivaRecognizeCall final : public RivaListening {
 public:
  using RivaListening::RivaListening;

 private:
  void hear(std::string_view bytes) override;
  void end() override;

  bool is_asked_ = false;
};

class RivaStreamingCall final : public RivaListening {
 public:
  using RivaListening::RivaListening;

 private:
  void hear(std::string_view bytes) override;
  void end() override;
  void begin(protocol::RivaListenOrder order);
  void begin_stream(SampleKind kind, int rate);
  void take(const std::string& bytes);
  /// Whatever stands before the samples.
  void take_head(const std::string& bytes);
  void take_samples(std::string_view bytes);

  bool is_configured_ = false;
  protocol::RivaListenOrder order_;
  std::string head_;              // not yet known to be a file's, or all of a recording
  std::uint64_t file_bytes_ = 0;  // of samples, that are still to come
};

}  // namespace parley::server
