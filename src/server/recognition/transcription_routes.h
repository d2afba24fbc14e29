// SPDX-License-Identifier: Apache-2.0
//
// What a recording says, over HTTP (openai 3.54.0):
//
//   POST /v1/audio/transcriptions   a form with a file: text, subtitles, JSON, server-sent events
//   POST /v1/audio/translations     the same in English, by a recogniser that translates
//
// A form is larger than other requests. It finds its place before it is asked for, so that no more
// of them are in memory than kUploadsMax, and nothing of it is looked at on an I/O loop.
//
// Threads: any I/O loop, except where a method says otherwise.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/config.h"
#include "base/metrics.h"
#include "exec/thread_executor.h"
#include "server/key_limits.h"
#include "server/session_gate.h"
#include "service/recognition/recognition_service.h"
#include "transport/listener.h"

namespace parley::server {

/// Of one file, as OpenAI's. Policy when full: 413.
inline constexpr std::size_t kUploadBytesMax = 25U << 20U;
/// Recordings that are uploaded or recognised at one time. Policy when full: 503.
inline constexpr std::size_t kUploadsMax = 16;
/// Of one recording: opus at 16 kbit/s has that much of it in 25 MB.
inline constexpr double kUploadSecondsMax = 4.0 * 3600.0;
/// Threads that decode, and wait for ffmpeg where it decodes. Recognition takes far longer.
inline constexpr std::size_t kUploadReaders = 2;

struct TranscriptionOptions {
  std::size_t upload_bytes_max = kUploadBytesMax;
  std::size_t uploads_max = kUploadsMax;
  std::string recognizer;  // as clients are told
  bool is_multilingual = false;
  bool translates = false;
  float threshold = 0.5F;           // of speech
  std::string ffmpeg;               // the program's path; empty: there is none
  float speaker_score_min = 0.75F;  // from here on two voices count as one
};
[[nodiscard]] TranscriptionOptions transcription_options(const Config& config);

class TranscriptionRoutes {
 public:
  /// All outlive it.
  TranscriptionRoutes(service::RecognitionService& service, SessionGate& gate, Metrics& metrics,
                      TranscriptionOptions options);
  ~TranscriptionRoutes();

  [[nodiscard]] static bool serves(std::string_view path) noexcept;
  /// A place for the form whose head this is. REQUIRES: who asks may come in.
  [[nodiscard]] transport::BodyDecision admit_body(const transport::HttpRequest& request);
  /// `owner`: whose enrolled speakers are known. `account`: whose limits it draws on; shared with
  /// what else it opened. `client`: whose share of the recogniser it takes.
  void handle(transport::HttpRequest request, std::string owner,
              const std::shared_ptr<KeyAccount>& account, std::uint64_t client,
              transport::HttpReply reply);
  /// Waits until nothing is decoded any more: some milliseconds, unless ffmpeg hangs. After the
  /// connections have gone. Threads: one owner.
  void stop();

 private:
  struct Places;

  service::RecognitionService& service_;
  SessionGate& gate_;
  const TranscriptionOptions options_;
  const std::shared_ptr<Places> places_;  // shared with the requests that hold some
  Counter& refused_;
  SessionGate reading_;  // recordings, until the last byte of them is forgotten
  std::array<std::unique_ptr<exec::ThreadExecutor>, kUploadReaders> readers_;
  std::atomic<std::size_t> next_reader_{0};
};

}  // namespace parley::server
