// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/webhook_tools.h"

#include <algorithm>
#include <utility>

#include <boost/json.hpp>

#include "backend/tools/running_calls.h"
#include "backend/utf8_assembler.h"
#include "base/log.h"
#include "transport/client/http_client.h"
#include "transport/client/webhook.h"

namespace parley::backend {
namespace {

using transport::HttpClient;

/// A function as it is called.
struct Endpoint {
  WebhookTool tool;
  transport::HttpUrl url;
  std::string key;
};

bool may_pass(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

std::string body_of(const model::ToolCall& call) {
  namespace json = boost::json;
  boost::system::error_code error;
  json::value arguments = json::parse(call.arguments, error);
  // What is no JSON goes as text: the endpoint may know what was meant.
  if (error) arguments = json::string(call.arguments);
  return json::serialize(json::object{{"type", "function_call"},
                                      {"call_id", call.call_id},
                                      {"name", call.name},
                                      {"arguments", std::move(arguments)}});
}

/// One call, all attempts. Threads: the HTTP client's I/O thread, apart from `on_cancel`.
class Attempts final : public transport::HttpListener,
                       public model::CancelHook,
                       public std::enable_shared_from_this<Attempts> {
 public:
  using OnDone = std::function<void(Attempts& call)>;

  /// All but the call outlive it.
  Attempts(std::shared_ptr<model::ToolCall> call, const Endpoint& endpoint, HttpClient& http,
           const Clock& clock, Counter& retried, OnDone on_done)
      : call_(std::move(call)),
        endpoint_(endpoint),
        http_(http),
        clock_(clock),
        retried_(retried),
        on_done_(std::move(on_done)) {}

  void begin() {
    body_sent_ = body_of(*call_);
    attempt();
  }
  /// From outside: the host goes away. After the I/O thread has ended.
  void fail(Error error) { end(std::move(error)); }

 private:
  void attempt() {
    if (is_over_) return;
    if (call_->cancelled()) {
      end(Error{ErrorCode::cancelled, "cancelled"});
      return;
    }
    status_ = 0;
    body_.clear();
    transport::ClientRequest request{.url = endpoint_.url};
    request.headers = {{"Content-Type", "application/json"},
                       {"Accept", "application/json, text/*"},
                       {"User-Agent", "parley"}};
    transport::add_webhook_headers(request.headers, endpoint_.key, call_->call_id,
                                   clock_.unix_seconds(), body_sent_);
    request.body = body_sent_;
    exchange_ = http_.start(std::move(request), shared_from_this());
    exchange_->set_timeout(endpoint_.tool.timeout, "no answer within the time limit");
  }

  void on_head(int status, std::string_view) override { status_ = status; }

  bool on_body(std::string_view bytes) override {
    if (is_over_) return true;
    if (body_.size() + bytes.size() <= model::kToolOutputBytesMax) {
      body_ += bytes;
      return true;
    }
    exchange_->close();
    end(Error{ErrorCode::resource_exhausted, "The function's output is too long."});
    return true;
  }

  void on_end(Status status) override {
    if (is_over_) return;
    if (!status) {
      if (status.error().code == ErrorCode::permission_denied) {
        log::warn("webhook refused",
                  {{"function", call_->name}, {"error", status.error().message}});
        end(Error{ErrorCode::permission_denied, "The function's address is not allowed."});
        return;
      }
      again_or(Error{status.error().code, status.error().code == ErrorCode::deadline_exceeded
                                              ? "The function took too long."
                                              : "The function could not be reached."});
      return;
    }
    if (status_ >= 200 && status_ < 300) {
      call_->output = clean(body_);
      end({});
      return;
    }
    const Error failed{may_pass(status_) ? ErrorCode::unavailable : ErrorCode::failed_precondition,
                       "The function answered with HTTP status " + std::to_string(status_) + "."};
    if (may_pass(status_)) {
      again_or(failed);
    } else {
      end(failed);
    }
  }

  void again_or(Error error) {
    if (tried_ >= endpoint_.tool.retries) {
      log::warn("webhook failed", {{"function", call_->name}, {"error", error.message}});
      end(std::move(error));
      return;
    }
    retried_.add();
    const Millis delay = endpoint_.tool.retry_delay * (1LL << std::min(tried_, 10));
    ++tried_;
    http_.post_after(delay, [self = shared_from_this()] { self->attempt(); });
  }

  void on_cancel(model::Call&) noexcept override {
    http_.post([self = shared_from_this()] {
      if (self->is_over_) return;
      if (self->exchange_) self->exchange_->close();
      self->end(Error{ErrorCode::cancelled, "cancelled"});
    });
  }

  /// Whole UTF-8 characters only: the output becomes part of JSON.
  static std::string clean(std::string_view bytes) {
    Utf8Assembler characters;
    std::string text;
    characters.push(bytes, text);
    characters.finish(text);
    return text;
  }

  void end(Status status) {
    if (is_over_) return;
    is_over_ = true;
    const std::shared_ptr<Attempts> self = shared_from_this();  // others let go of it below
    call_->status = std::move(status);
    call_->set_cancel_hook(nullptr);
    call_->finish();
    exchange_.reset();
    on_done_(*this);
  }

  std::shared_ptr<model::ToolCall> call_;  // shared with the session, which may end first
  const Endpoint& endpoint_;
  HttpClient& http_;
  const Clock& clock_;
  Counter& retried_;
  const OnDone on_done_;
  std::shared_ptr<transport::HttpExchange> exchange_;  // shared with the client
  std::string body_sent_;
  std::string body_;
  int status_ = 0;
  int tried_ = 0;
  bool is_over_ = false;
};

}  // namespace

/// The registry of running calls around an HTTP client.
class WebhookTools::Client {
 public:
  Client(std::vector<Endpoint> endpoints, const WebhookOptions& options, const Clock& clock,
         Metrics& metrics)
      : endpoints_(std::move(endpoints)),
        clock_(clock),
        retried_(
            metrics.counter("parley_webhook_retries_total", "Webhook attempts after the first")),
        running_(kWebhookCallsMax, metrics.counter("parley_webhook_refused_total",
                                                   "Webhook calls refused: too many")),
        http_({.ca_file = options.ca_file, .public_only = !options.allow_private}) {
    for (const Endpoint& one : endpoints_) described_.push_back(one.tool.tool);
  }

  ~Client() {
    http_.stop();
    running_.fail_all();
  }

  bool submit(std::shared_ptr<model::ToolCall> call) {
    const auto endpoint =
        std::find_if(endpoints_.begin(), endpoints_.end(),
                     [&](const Endpoint& one) { return one.tool.tool.name == call->name; });
    if (endpoint == endpoints_.end()) {
      call->status = Error{ErrorCode::not_found, "There is no such function."};
      call->finish();
      return true;
    }
    model::ToolCall& submitted = *call;
    auto attempts = std::make_shared<Attempts>(std::move(call), *endpoint, http_, clock_, retried_,
                                               [this](Attempts& done) { running_.retire(done); });
    return running_.start(submitted, std::move(attempts), http_);
  }

  [[nodiscard]] std::span<const model::LlmTool> tools() const noexcept { return described_; }

 private:
  const std::vector<Endpoint> endpoints_;
  std::vector<model::LlmTool> described_;
  const Clock& clock_;
  Counter& retried_;
  RunningCalls<Attempts> running_;
  HttpClient http_;  // last: its thread uses the others
};

Result<std::unique_ptr<WebhookTools>> WebhookTools::open(std::vector<WebhookTool> tools,
                                                         WebhookOptions options, const Clock& clock,
                                                         Metrics& metrics) {
  std::vector<Endpoint> endpoints;
  for (WebhookTool& tool : tools) {
    Endpoint endpoint;
    Result<transport::HttpUrl> url = transport::parse_http_url(tool.url);
    if (!url) return url.error().with_context("function " + tool.tool.name);
    Result<std::string> key = transport::webhook_key(tool.secret);
    if (!key) return key.error().with_context("function " + tool.tool.name);
    endpoint.url = std::move(*url);
    endpoint.key = std::move(*key);
    endpoint.tool = std::move(tool);
    endpoints.push_back(std::move(endpoint));
  }
  auto client = std::make_unique<Client>(std::move(endpoints), options, clock, metrics);
  return std::unique_ptr<WebhookTools>(new WebhookTools(std::move(client)));  // private
}

WebhookTools::WebhookTools(std::unique_ptr<Client> client) : client_(std::move(client)) {}
WebhookTools::~WebhookTools() = default;

std::span<const model::LlmTool> WebhookTools::tools() const noexcept { return client_->tools(); }
bool WebhookTools::submit(std::shared_ptr<model::ToolCall> call) {
  return client_->submit(std::move(call));
}
void WebhookTools::forget(std::uint64_t) noexcept {}

}  // namespace parley::backend
