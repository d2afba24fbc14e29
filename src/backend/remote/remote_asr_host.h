// SPDX-License-Identifier: Apache-2.0
//
// A recogniser elsewhere, in place of the one in this process: any OpenAI-compatible transcription
// endpoint (`POST …/audio/transcriptions`, `…/audio/translations`), or one behind a WebSocket, be
// it another Parley's `/v1/asr/stream` or Vosk's server. Utterances are found here, and go there
// whole.
//
// A cancelled call closes its socket at once. An utterance that was lost on its way, or that the
// endpoint failed at (5xx), is sent once more; after that a failure ends the call it happened to,
// with what the endpoint says, and touches no other.
//
// Each call may cost money there. So optional calls (the words while they are being spoken) are
// made only as often as the options allow, and early ones only where they do.
//
// Threads: any; construction and destruction one owner, who keeps clock and metrics alive longer.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/metrics.h"
#include "base/result.h"
#include "model/asr_model.h"

namespace parley::backend {

enum class RemoteAsrProtocol : std::uint8_t { openai, raw, vosk };

struct RemoteAsrOptions {
  std::string url{};  // openai: up to and without /audio/…; others: the whole address
  RemoteAsrProtocol protocol = RemoteAsrProtocol::openai;
  std::string model{"whisper-1"};        // as the endpoint names it
  std::string api_key{};                 // empty: none is sent
  std::string ca_file{};                 // PEM of certificates to trust; empty: the system's
  std::vector<std::string> hot_words{};  // of all calls, before their own
  Millis connect_timeout{5'000};
  Millis answer_timeout{15'000};  // from sending to the last word
  Millis partial_interval{0};     // at least, between optional calls of a session; 0: none
  bool takes_early_calls = true;
  std::size_t running_max = 32;  // calls at once; more are refused, and come again
};

/// `name`: asr.protocol. Errors: invalid_argument.
[[nodiscard]] Result<RemoteAsrProtocol> remote_asr_protocol(std::string_view name,
                                                            std::string_view url);
/// The same place for a client of HTTP: ws is http, wss is https.
[[nodiscard]] std::string http_url_of(std::string_view url);

class RemoteAsrHost final : public model::AsrHost {
 public:
  /// A longer utterance is cut at its quietest place.
  static constexpr std::size_t kSamplesMax = 60 * std::size_t{model::kAsrRate};

  /// Does not connect yet. Errors: invalid_argument.
  [[nodiscard]] static Result<std::unique_ptr<RemoteAsrHost>> open(RemoteAsrOptions options,
                                                                   const Clock& clock,
                                                                   Metrics& metrics);
  /// Calls that run become done with ErrorCode::unavailable.
  ~RemoteAsrHost() override;
  RemoteAsrHost(const RemoteAsrHost&) = delete;
  RemoteAsrHost& operator=(const RemoteAsrHost&) = delete;

  bool submit(std::shared_ptr<model::AsrCall> call) noexcept override;
  [[nodiscard]] std::size_t samples_max() const noexcept override { return kSamplesMax; }
  /// Of what may run at once, how much does. When all does, a call waits as long as the first of
  /// them has run already: nobody knows how long it still takes.
  [[nodiscard]] model::HostLoad load() const noexcept override;
  [[nodiscard]] Millis optional_interval(Millis wanted) const noexcept override;
  [[nodiscard]] bool takes_early_calls() const noexcept override;

 private:
  class Client;
  explicit RemoteAsrHost(std::unique_ptr<Client> client);
  std::unique_ptr<Client> client_;
};

}  // namespace parley::backend
