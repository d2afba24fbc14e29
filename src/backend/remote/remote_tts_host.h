// SPDX-License-Identifier: Apache-2.0
//
// A voice behind any OpenAI-compatible speech endpoint (`POST …/audio/speech`): another engine, a
// hosted service, another Parley. It is asked for raw samples, which are passed on as they arrive.
//
// A cancelled call closes its socket at once: the endpoint then stops computing. An endpoint that
// fails before it has sent any audio is asked once more; after that a failure ends the call it
// happened to, with what went wrong in words, and touches no other. What came before stays good.
//
// Endpoints take no phonemes and tell no times: `[[…]]` is left out of the text, and `words` stay
// empty.
//
// Threads: any; construction and destruction one owner, who keeps the metrics alive longer.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "model/tts_model.h"

namespace parley::backend {

struct RemoteTtsOptions {
  std::string url{};           // up to and without /audio/speech: "http://127.0.0.1:8880/v1"
  std::string model{};         // as the endpoint names it
  std::string voice{"alloy"};  // for calls that name none, or `our_voice`
  std::string our_voice{};     // the default's name here, which the endpoint need not know
  std::string api_key{};       // empty: none is sent
  std::string ca_file{};       // PEM of certificates to trust; empty: the system's
  int rate = 24'000;           // Hz, of what the endpoint sends as pcm: OpenAI's rate
  Millis connect_timeout{5'000};
  Millis first_audio_timeout{15'000};  // from the request to the first sample
  Millis next_audio_timeout{10'000};   // between two pieces
  std::size_t running_max = 64;        // calls at once; more are refused
  std::size_t seconds_max = 300;       // of audio for one call; an endpoint that sends more is cut
};

class RemoteTtsHost final : public model::TtsHost {
 public:
  /// Does not connect yet. Errors: invalid_argument.
  [[nodiscard]] static Result<std::unique_ptr<RemoteTtsHost>> open(RemoteTtsOptions options,
                                                                   Metrics& metrics);
  /// Calls that run become done with ErrorCode::unavailable.
  ~RemoteTtsHost() override;
  RemoteTtsHost(const RemoteTtsHost&) = delete;
  RemoteTtsHost& operator=(const RemoteTtsHost&) = delete;

  bool submit(std::shared_ptr<model::TtsCall> call) noexcept override;
  [[nodiscard]] int rate() const noexcept override;
  /// Nothing waits here: all calls run at once.
  [[nodiscard]] Nanos backlog() const noexcept override { return Nanos(0); }

 private:
  class Client;
  explicit RemoteTtsHost(std::unique_ptr<Client> client);
  std::unique_ptr<Client> client_;
};

}  // namespace parley::backend
