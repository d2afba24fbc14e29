// SPDX-License-Identifier: Apache-2.0
//
// One call for speech on its way through an HTTP exchange, or through two.
//
// Threads: the HTTP client's I/O thread, apart from `on_cancel`.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "backend/remote/remote_tts_host.h"
#include "backend/tts_part_writer.h"
#include "codec/audio_codec.h"
#include "model/tts_model.h"
#include "transport/client/http_client.h"

namespace parley::backend {

class RemoteSpeech final : public transport::HttpListener,
                           public model::CancelHook,
                           public std::enable_shared_from_this<RemoteSpeech> {
 public:
  using OnDone = std::function<void(RemoteSpeech& speech, const Status& status)>;

  /// `client`, `options` and `pool` outlive the exchange; `on_done` is called once.
  RemoteSpeech(std::shared_ptr<model::TtsCall> call, transport::HttpClient& client,
               const RemoteTtsOptions& options, media::BufferPool& pool, OnDone on_done);

  void begin(transport::ClientRequest request);
  /// Nothing is to be said.
  void finish_empty() { end(Status()); }
  /// From outside: the host goes away. After the I/O thread has ended.
  void fail(Error error) { end(std::move(error)); }

 private:
  void on_head(int status, std::string_view content_type) override;
  [[nodiscard]] bool on_body(std::string_view bytes) override;
  void on_end(Status status) override;
  void on_cancel(model::Call& call) noexcept override;

  void ask();
  void take_audio(std::string_view bytes);
  void give_up(Error error);
  [[nodiscard]] Status outcome(Status ended) const;
  void end(Status status);

  std::shared_ptr<model::TtsCall> call_;  // shared with its caller, who may end first
  transport::HttpClient& client_;
  const RemoteTtsOptions& options_;
  const OnDone on_done_;
  transport::ClientRequest request_;
  std::shared_ptr<transport::HttpExchange> exchange_;  // shared with the client
  TtsPartWriter writer_;
  codec::SampleAssembler assembler_{media::Codec::pcm16};
  std::vector<float> samples_;  // of one piece
  std::string body_;            // of an answer that is no audio
  int http_status_ = 0;
  bool has_audio_ = false;
  bool was_asked_again_ = false;
  bool is_over_ = false;
};

}  // namespace parley::backend
