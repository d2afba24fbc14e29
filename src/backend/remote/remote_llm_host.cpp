// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/remote_llm_host.h"

#include <algorithm>
#include <mutex>
#include <utility>
#include <vector>

#include "backend/remote/chat_request.h"
#include "backend/remote/remote_reply.h"
#include "base/log.h"
#include "transport/client/http_client.h"

namespace parley::backend {

/// The registry of running calls around an HTTP client.
class RemoteLlmHost::Client {
 public:
  Client(RemoteLlmOptions options, transport::HttpUrl url, Metrics& metrics)
      : options_(std::move(options)),
        url_(std::move(url)),
        refused_(metrics.counter("parley_llm_refused_total", "Generations refused: too many wait")),
        cancelled_(metrics.counter("parley_llm_remote_cancelled_total",
                                   "Generations that ended by closing the socket")),
        failed_(metrics.counter("parley_llm_remote_failed_total",
                                "Generations that the endpoint did not finish")),
        http_({.connect_timeout = options_.connect_timeout, .ca_file = options_.ca_file}) {}

  ~Client() {
    http_.stop();
    std::vector<std::shared_ptr<RemoteReply>> left;
    {
      const std::lock_guard lock(mutex_);
      left = running_;
    }
    for (const std::shared_ptr<RemoteReply>& reply : left) {
      reply->fail({ErrorCode::unavailable, "the language model's endpoint is being let go"});
    }
  }

  bool submit(std::shared_ptr<model::LlmCall> call) {
    transport::ClientRequest request{.url = url_};
    request.headers = {{"Content-Type", "application/json"}, {"Accept", "text/event-stream"}};
    if (!options_.api_key.empty()) {
      request.headers.emplace_back("Authorization", "Bearer " + options_.api_key);
    }
    request.body = make_chat_request(
        *call, {.model = options_.model, .output_limit_field = options_.output_limit_field});
    model::LlmCall& submitted = *call;
    auto reply = std::make_shared<RemoteReply>(
        std::move(call), http_, options_,
        [this](RemoteReply& done, ErrorCode failure, bool has_failed) {
          retire(done, failure, has_failed);
        });
    {
      const std::lock_guard lock(mutex_);
      if (running_.size() >= options_.running_max) {
        refused_.add();
        return false;
      }
      running_.push_back(reply);
    }
    submitted.set_cancel_hook(reply.get());
    http_.post(
        [reply, request = std::move(request)]() mutable { reply->begin(std::move(request)); });
    return true;
  }

  void prepare() { http_.connect_ahead(url_); }
  [[nodiscard]] const std::string& model() const noexcept { return options_.model; }

 private:
  void retire(RemoteReply& done, ErrorCode failure, bool has_failed) {
    if (has_failed) (failure == ErrorCode::cancelled ? cancelled_ : failed_).add();
    const std::lock_guard lock(mutex_);
    std::erase_if(running_, [&](const auto& reply) { return reply.get() == &done; });
  }

  const RemoteLlmOptions options_;
  const transport::HttpUrl url_;
  Counter& refused_;
  Counter& cancelled_;
  Counter& failed_;
  std::mutex mutex_;                                   // held for a push or an erase
  std::vector<std::shared_ptr<RemoteReply>> running_;  // GUARDED_BY(mutex_)
  transport::HttpClient http_;                         // last: its thread uses the others
};

Result<std::unique_ptr<RemoteLlmHost>> RemoteLlmHost::open(RemoteLlmOptions options,
                                                           Metrics& metrics) {
  Result<transport::HttpUrl> url = transport::parse_http_url(options.url);
  if (!url) return url.error().with_context("llm.url");
  if (options.model.empty()) {
    return Error{ErrorCode::invalid_argument, "llm.model: an endpoint needs the name of a model"};
  }
  while (url->path.ends_with('/')) url->path.pop_back();
  url->path += "/chat/completions";
  log::info("language model endpoint", {{"url", options.url}, {"model", options.model}});
  auto client = std::make_unique<Client>(std::move(options), std::move(*url), metrics);
  return std::unique_ptr<RemoteLlmHost>(new RemoteLlmHost(std::move(client)));  // private
}

RemoteLlmHost::RemoteLlmHost(std::unique_ptr<Client> client) : client_(std::move(client)) {}
RemoteLlmHost::~RemoteLlmHost() = default;

bool RemoteLlmHost::submit(std::shared_ptr<model::LlmCall> call) {
  return client_->submit(std::move(call));
}
void RemoteLlmHost::prepare(model::LlmPrompt) { client_->prepare(); }
void RemoteLlmHost::forget(std::uint64_t) noexcept {}
std::string RemoteLlmHost::name() const { return client_->model(); }

}  // namespace parley::backend
