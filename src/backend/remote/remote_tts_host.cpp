// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/remote_tts_host.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "backend/remote/remote_speech.h"
#include "backend/remote/speech_request.h"
#include "base/log.h"
#include "transport/client/http_client.h"

namespace parley::backend {

/// The registry of running calls around an HTTP client.
class RemoteTtsHost::Client {
 public:
  Client(RemoteTtsOptions options, transport::HttpUrl url, Metrics& metrics)
      : options_(std::move(options)),
        url_(std::move(url)),
        refused_(metrics.counter("parley_tts_remote_refused_total",
                                 "Sentences refused: too many are with the endpoint")),
        cancelled_(metrics.counter("parley_tts_remote_cancelled_total",
                                   "Sentences that ended by closing the socket")),
        failed_(metrics.counter("parley_tts_remote_failed_total",
                                "Sentences that the endpoint did not finish")),
        http_({.connect_timeout = options_.connect_timeout, .ca_file = options_.ca_file}) {}

  ~Client() {
    http_.stop();
    std::vector<std::shared_ptr<RemoteSpeech>> left;
    {
      const std::lock_guard lock(mutex_);
      left = running_;
    }
    for (const std::shared_ptr<RemoteSpeech>& speech : left) {
      speech->fail({ErrorCode::unavailable, "the voice's endpoint is being let go"});
    }
  }

  bool submit(std::shared_ptr<model::TtsCall> call) {
    model::TtsCall& submitted = *call;
    submitted.audio = {};
    submitted.words.clear();
    submitted.phonemes.clear();
    submitted.samples_expected = submitted.samples_made = 0;
    const std::string text = without_phonemes(submitted.text);
    const bool is_empty = text.find_first_not_of(" \t\r\n") == std::string::npos;
    transport::ClientRequest request = request_for(submitted, text);
    auto speech = std::make_shared<RemoteSpeech>(
        std::move(call), http_, options_, pool_,
        [this](RemoteSpeech& done, const Status& status) { retire(done, status); });
    {
      const std::lock_guard lock(mutex_);
      if (running_.size() >= options_.running_max) {
        refused_.add();
        return false;
      }
      running_.push_back(speech);
    }
    submitted.set_cancel_hook(speech.get());
    http_.post([speech, is_empty, request = std::move(request)]() mutable {
      is_empty ? speech->finish_empty() : speech->begin(std::move(request));
    });
    return true;
  }

  [[nodiscard]] int rate() const noexcept { return options_.rate; }

 private:
  [[nodiscard]] transport::ClientRequest request_for(const model::TtsCall& call,
                                                     std::string_view text) const {
    transport::ClientRequest request{.url = url_};
    request.headers = {{"Content-Type", "application/json"}};
    if (!options_.api_key.empty()) {
      request.headers.emplace_back("Authorization", "Bearer " + options_.api_key);
    }
    const bool is_ours = call.voice.empty() || call.voice == options_.our_voice;
    request.body = make_speech_request(text, options_.model, is_ours ? options_.voice : call.voice,
                                       call.speed);
    return request;
  }

  void retire(RemoteSpeech& done, const Status& status) {
    if (!status) (status.error().code == ErrorCode::cancelled ? cancelled_ : failed_).add();
    const std::lock_guard lock(mutex_);
    std::erase_if(running_, [&](const auto& speech) { return speech.get() == &done; });
  }

  const RemoteTtsOptions options_;
  const transport::HttpUrl url_;
  Counter& refused_;
  Counter& cancelled_;
  Counter& failed_;
  media::BufferPool pool_;
  std::mutex mutex_;                                    // held for a push or an erase
  std::vector<std::shared_ptr<RemoteSpeech>> running_;  // GUARDED_BY(mutex_)
  transport::HttpClient http_;                          // last: its thread uses the others
};

Result<std::unique_ptr<RemoteTtsHost>> RemoteTtsHost::open(RemoteTtsOptions options,
                                                           Metrics& metrics) {
  Result<transport::HttpUrl> url = transport::parse_http_url(options.url);
  if (!url) return url.error().with_context("tts.url");
  if (options.model.empty()) {
    return Error{ErrorCode::invalid_argument, "tts.model: an endpoint needs the name of a model"};
  }
  while (url->path.ends_with('/')) url->path.pop_back();
  url->path += "/audio/speech";
  log::info("voice endpoint", {{"url", options.url}, {"model", options.model}});
  auto client = std::make_unique<Client>(std::move(options), std::move(*url), metrics);
  return std::unique_ptr<RemoteTtsHost>(new RemoteTtsHost(std::move(client)));  // private
}

RemoteTtsHost::RemoteTtsHost(std::unique_ptr<Client> client) : client_(std::move(client)) {}
RemoteTtsHost::~RemoteTtsHost() = default;

bool RemoteTtsHost::submit(std::shared_ptr<model::TtsCall> call) noexcept {
  return client_->submit(std::move(call));
}
int RemoteTtsHost::rate() const noexcept { return client_->rate(); }

}  // namespace parley::backend
