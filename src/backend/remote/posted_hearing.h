// SPDX-License-Identifier: Apache-2.0
//
// An utterance that is posted to an OpenAI-compatible transcription endpoint.
//
// Threads: as RemoteHearing's.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "backend/remote/remote_asr_host.h"
#include "backend/remote/remote_hearing.h"
#include "transport/client/http_client.h"

namespace parley::backend {

/// What all utterances of a host share. Threads: any.
struct TranscriptionEndpoint {
  transport::HttpClient& client;
  const RemoteAsrOptions& options;
  transport::HttpUrl transcriptions;
  transport::HttpUrl translations;
  std::string boundary;
  std::atomic<bool> is_plain{false};  // it knows no verbose_json: nobody asks for it any more
};

class PostedHearing final : public RemoteHearing, public transport::HttpListener {
 public:
  /// `endpoint` outlives it.
  PostedHearing(std::shared_ptr<model::AsrCall> call, TranscriptionEndpoint& endpoint,
                OnDone on_done);

 private:
  void ask() override;
  void hang_up() override;
  void let_go() override { exchange_.reset(); }
  void on_head(int status, std::string_view content_type) override;
  [[nodiscard]] bool on_body(std::string_view bytes) override;
  void on_end(Status status) override;
  [[nodiscard]] bool may_be_too_much(int status) const noexcept;
  [[nodiscard]] std::shared_ptr<transport::HttpListener> as_listener();

  TranscriptionEndpoint& endpoint_;
  std::shared_ptr<transport::HttpExchange> exchange_;  // shared with the client
  std::string body_;
  int http_status_ = 0;
  bool is_plain_ = false;  // this time
};

}  // namespace parley::backend
