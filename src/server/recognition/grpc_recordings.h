// SPDX-License-Identifier: Apache-2.0
//
// Recordings that come in gRPC calls and are heard as a whole: how many there may be, and the
// thread that decodes them.
//
// Threads: any; `stop` and destruction one owner.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "exec/thread_executor.h"
#include "protocol/recognition/riva_asr_proto.h"
#include "server/key_limits.h"
#include "server/recognition/transcription_routes.h"
#include "server/session_gate.h"
#include "service/recognition/file_recognition.h"
#include "transport/grpc/grpc_call.h"

namespace parley::server {

/// At one time, from their first byte to the answer. Policy when full: RESOURCE_EXHAUSTED.
inline constexpr std::size_t kGrpcRecordingsMax = 16;

class GrpcRecordings {
 public:
  /// `options` outlives it.
  explicit GrpcRecordings(const TranscriptionOptions& options) : options_(options) {}

  /// Given back with its last copy; null when all are taken.
  [[nodiscard]] std::shared_ptr<void> take();

  struct Setup {
    protocol::RivaRecording recording;
    service::RecognitionRequest request;
    std::shared_ptr<KeyAccount> account;        // shared with the key's other uses
    std::shared_ptr<void> place;                // what `take` gave
    std::shared_ptr<transport::GrpcCall> call;  // shared with its sink
    bool is_streaming = false;                  // an answer for each utterance
  };
  /// The call is answered and finished, unless the hearing is cancelled. `service` outlives it.
  std::shared_ptr<service::FileRecognition> hear(service::RecognitionService& service, Setup setup);
  /// Waits until nothing is decoded any more. After the calls have gone.
  void stop();

 private:
  class Hearing;

  const TranscriptionOptions& options_;
  // Shared with the places, which a call that outlives the server's end may hold.
  const std::shared_ptr<std::atomic<std::size_t>> taken_ =
      std::make_shared<std::atomic<std::size_t>>(0);
  SessionGate reading_;  // until the last byte of them is forgotten
  exec::ThreadExecutor reader_{"parley-grpc-read"};
};

/// Speakers as numbers, in the order in which they are first heard: 1, 2 … Threads: one owner.
class SpeakerNumbers {
 public:
  /// 0: nobody.
  [[nodiscard]] int of(const std::string& name);

 private:
  std::vector<std::string> names_;
};

}  // namespace parley::server
