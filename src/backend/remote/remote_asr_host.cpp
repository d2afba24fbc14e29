// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/remote_asr_host.h"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <utility>

#include "backend/remote/posted_hearing.h"
#include "backend/remote/socket_hearing.h"
#include "base/log.h"
#include "base/random.h"
#include "model/host_metrics.h"
#include "transport/client/http_client.h"
#include "transport/client/websocket_client.h"

namespace parley::backend {
namespace {

constexpr std::string_view kRawPath = "/asr/stream";

/// The calls' own hints behind those of the configuration.
model::AsrHintsRef joined(const std::vector<std::string>& hot_words,
                          const model::AsrHintsRef& hints) {
  if (hot_words.empty()) return hints;
  auto all = std::make_shared<model::AsrHints>();
  if (hints != nullptr) *all = *hints;
  all->hot_words.insert(all->hot_words.begin(), hot_words.begin(), hot_words.end());
  return all;
}

transport::HttpUrl below(transport::HttpUrl url, std::string_view path) {
  while (url.path.ends_with('/')) url.path.pop_back();
  url.path += path;
  return url;
}

SocketRecogniser kind_of(RemoteAsrProtocol protocol) noexcept {
  return protocol == RemoteAsrProtocol::vosk ? SocketRecogniser::vosk : SocketRecogniser::raw;
}

}  // namespace

std::string http_url_of(std::string_view url) {
  for (const auto& [socket, http] : {std::pair{"ws://", "http://"}, {"wss://", "https://"}}) {
    const std::string_view scheme = socket;
    if (url.starts_with(scheme)) return http + std::string(url.substr(scheme.size()));
  }
  return std::string(url);
}

Result<RemoteAsrProtocol> remote_asr_protocol(std::string_view name, std::string_view url) {
  const bool is_socket = url.starts_with("ws://") || url.starts_with("wss://");
  const std::string_view path = url.substr(0, url.find('?'));
  const bool is_raw = name == "raw" || (name == "auto" && is_socket && path.ends_with(kRawPath));
  const bool is_http = name == "openai" || (name == "auto" && !is_socket);
  if (is_http && is_socket) {
    return Error{ErrorCode::invalid_argument,
                 "asr.url: '" + std::string(url) + "' is a WebSocket, and asr.protocol is openai"};
  }
  if (!is_http && !is_socket) {
    return Error{ErrorCode::invalid_argument, "asr.url: '" + std::string(url) +
                                                  "' must begin with ws:// or wss://, since "
                                                  "asr.protocol is " +
                                                  std::string(name)};
  }
  if (is_http) return RemoteAsrProtocol::openai;
  return is_raw ? RemoteAsrProtocol::raw : RemoteAsrProtocol::vosk;
}

/// The registry of running calls around one client or the other.
class RemoteAsrHost::Client {
 public:
  Client(RemoteAsrOptions options, transport::HttpUrl url, const Clock& clock, Metrics& metrics)
      : options_(std::move(options)),
        clock_(clock),
        metrics_(metrics, "asr"),
        sent_(metrics.counter("parley_asr_remote_audio_milliseconds_total",
                              "Audio sent to the recogniser elsewhere, in milliseconds")) {
    if (options_.protocol == RemoteAsrProtocol::openai) {
      http_ = std::make_unique<transport::HttpClient>(transport::HttpClientOptions{
          .connect_timeout = options_.connect_timeout, .ca_file = options_.ca_file});
      endpoint_ = std::make_unique<TranscriptionEndpoint>(
          *http_, options_, below(url, "/audio/transcriptions"), below(url, "/audio/translations"),
          Random(entropy_seed()).id("parley-"));
    } else {
      sockets_ = std::make_unique<transport::WebSocketClient>(transport::WebSocketClientOptions{
          .connect_timeout = options_.connect_timeout, .ca_file = options_.ca_file});
      socket_ = std::make_unique<RecogniserSocket>(*sockets_, options_, std::move(url),
                                                   kind_of(options_.protocol));
    }
  }

  ~Client() {
    if (http_) http_->stop();
    if (sockets_) sockets_->stop();
    std::vector<Running> left;
    {
      const std::lock_guard lock(mutex_);
      left = running_;
    }
    for (const Running& one : left) {
      one.hearing->fail({ErrorCode::unavailable, "the recogniser's endpoint is being let go"});
    }
  }

  bool submit(std::shared_ptr<model::AsrCall> call) {
    model::AsrCall& submitted = *call;
    clear(submitted);
    if (submitted.audio.size() > kSamplesMax) {
      submitted.status = Error{ErrorCode::invalid_argument,
                               "audio: " + std::to_string(submitted.audio.size()) +
                                   " samples are more than " + std::to_string(kSamplesMax)};
      submitted.finish();
      return true;
    }
    const Instant begun = clock_.now();
    const auto hearing = make(std::move(call), begun);
    {
      const std::lock_guard lock(mutex_);
      if (running_.size() >= options_.running_max) {
        metrics_.refused.add();
        return false;
      }
      running_.push_back({hearing, begun});
    }
    submitted.hints = joined(options_.hot_words, submitted.hints);
    tell_hot_words_are_lost(submitted.hints);
    sent_.add(submitted.audio.size() * 1000 / model::kAsrRate);
    metrics_.observe_wait(Nanos{});
    submitted.set_cancel_hook(hearing.get());
    auto begin = [hearing] { hearing->begin(); };
    http_ ? http_->post(std::move(begin)) : sockets_->post(std::move(begin));
    return true;
  }

  [[nodiscard]] model::HostLoad load() {
    const std::lock_guard lock(mutex_);
    model::HostLoad load;
    load.busy = static_cast<double>(running_.size()) / static_cast<double>(options_.running_max);
    if (running_.size() >= options_.running_max) load.wait = clock_.now() - running_.front().begun;
    return load;
  }
  [[nodiscard]] const RemoteAsrOptions& options() const noexcept { return options_; }

 private:
  struct Running {
    std::shared_ptr<RemoteHearing> hearing;  // shared with its exchange
    Instant begun;
  };

  void tell_hot_words_are_lost(const model::AsrHintsRef& hints) {
    const bool has_any = hints != nullptr && !hints->hot_words.empty();
    if (!has_any || options_.protocol != RemoteAsrProtocol::vosk || is_told_.exchange(true)) return;
    log::warn("this recogniser leans towards no hot words",
              {{"url", options_.url}, {"why", "Vosk's phrase_list lets it hear nothing else"}});
  }

  static void clear(model::AsrCall& call) {
    call.text.clear();
    call.detected_language.clear();
    call.words.clear();
    call.tokens.clear();
  }

  std::shared_ptr<RemoteHearing> make(std::shared_ptr<model::AsrCall> call, Instant begun) {
    auto retire = [this, begun](RemoteHearing& done, const Status& status) {
      metrics_.observe_run(clock_.now() - begun, 1);
      if (!status) metrics_.count_failure(status.error().code);
      const std::lock_guard lock(mutex_);
      std::erase_if(running_, [&](const Running& one) { return one.hearing.get() == &done; });
    };
    if (endpoint_) {
      return std::make_shared<PostedHearing>(std::move(call), *endpoint_, std::move(retire));
    }
    return std::make_shared<SocketHearing>(std::move(call), *socket_, std::move(retire));
  }

  const RemoteAsrOptions options_;
  const Clock& clock_;
  model::HostMetrics metrics_;
  Counter& sent_;
  std::atomic<bool> is_told_{false};                 // that hot words go nowhere
  std::mutex mutex_;                                 // held for a push or an erase
  std::vector<Running> running_;                     // GUARDED_BY(mutex_): in order of beginning
  std::unique_ptr<TranscriptionEndpoint> endpoint_;  // one of the two
  std::unique_ptr<RecogniserSocket> socket_;
  std::unique_ptr<transport::HttpClient> http_;  // likewise; last: its thread uses the others
  std::unique_ptr<transport::WebSocketClient> sockets_;
};

Result<std::unique_ptr<RemoteAsrHost>> RemoteAsrHost::open(RemoteAsrOptions options,
                                                           const Clock& clock, Metrics& metrics) {
  Result<transport::HttpUrl> url = transport::parse_http_url(http_url_of(options.url));
  if (!url) return url.error().with_context("asr.url");
  if (options.protocol == RemoteAsrProtocol::openai && options.model.empty()) {
    return Error{ErrorCode::invalid_argument,
                 "asr.remote_model: an endpoint needs the name of a model"};
  }
  log::info("recogniser elsewhere", {{"url", options.url}, {"model", options.model}});
  auto client = std::make_unique<Client>(std::move(options), std::move(*url), clock, metrics);
  return std::unique_ptr<RemoteAsrHost>(new RemoteAsrHost(std::move(client)));  // private
}

RemoteAsrHost::RemoteAsrHost(std::unique_ptr<Client> client) : client_(std::move(client)) {}
RemoteAsrHost::~RemoteAsrHost() = default;

bool RemoteAsrHost::submit(std::shared_ptr<model::AsrCall> call) noexcept {
  return client_->submit(std::move(call));
}

model::HostLoad RemoteAsrHost::load() const noexcept { return client_->load(); }

Millis RemoteAsrHost::optional_interval(Millis wanted) const noexcept {
  const Millis least = client_->options().partial_interval;
  if (wanted <= Millis::zero() || least <= Millis::zero()) return Millis::zero();
  return std::max(wanted, least);
}

bool RemoteAsrHost::takes_early_calls() const noexcept {
  return client_->options().takes_early_calls;
}

}  // namespace parley::backend
