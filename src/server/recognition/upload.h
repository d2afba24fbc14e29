// SPDX-License-Identifier: Apache-2.0
//
// One recording that somebody posted: the form, what it asks for, the words as they come, and the
// answer.
//
// Threads: what FileOrder and FileSink say.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/multipart_form.h"
#include "protocol/protocol_error.h"
#include "protocol/transcription/file_transcript.h"
#include "protocol/transcription/transcription_order.h"
#include "server/key_limits.h"
#include "server/recognition/transcription_routes.h"
#include "server/session_gate.h"
#include "service/recognition/file_recognition.h"
#include "transport/listener.h"

namespace parley::server {

/// What is wrong with a form: `param` is the field at fault.
[[nodiscard]] protocol::ProtocolError upload_error(std::string code, std::string param,
                                                   std::string message);

class Upload final : public service::FileSink {
 public:
  struct Setup {
    SessionGate::Pass pass;  // first: given back last
    transport::HttpRequest request;
    bool is_translation = false;
    const service::RecognitionService& service;
    std::string owner;                    // whose enrolled speakers are known
    std::shared_ptr<KeyAccount> account;  // shared with the key's other requests
    std::uint64_t client = 0;             // whose share of the recogniser it takes
    std::shared_ptr<void> place;          // among the key's sessions; null: not limited
    const TranscriptionOptions& options;
    std::shared_ptr<transport::HttpBody> body;  // shared with the connection
  };

  explicit Upload(Setup setup) : setup_(std::move(setup)) {}
  [[nodiscard]] static service::FileOrder order(const std::shared_ptr<Upload>& upload);

  void on_final(const service::RecognizedText& final) override;
  void on_end(const Status& status, media::MediaTime audio) override;

 private:
  Result<service::RecognitionRequest> prepare();
  /// Who speaks in it is told; null where nobody tells speakers apart.
  Result<std::shared_ptr<model::KnownSpeakers>> voices();
  [[nodiscard]] std::optional<protocol::ProtocolError> parse();
  [[nodiscard]] std::optional<protocol::ProtocolError> check() const;
  Result<std::unique_ptr<codec::AudioSource>> open();
  Status pay(Millis audio);
  [[nodiscard]] std::vector<media::TokenScore> tokens_of(const service::RecognizedText& final,
                                                         std::string_view delta) const;
  void fail(const Error& error);
  [[nodiscard]] transport::HttpResponse refusal(const Error& error) const;
  void write();

  Setup setup_;
  protocol::TranscriptionOrder order_;  // views into the request's body
  std::optional<protocol::ProtocolError> problem_;
  std::optional<KeyAccount::Refusal> refused_;
  protocol::FileTranscript transcript_;
  std::size_t words_ = 0;
  std::string speaker_;  // of the last utterance that was long enough to tell
  std::string out_;      // events that are not written yet
};

}  // namespace parley::server
