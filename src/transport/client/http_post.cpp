// SPDX-License-Identifier: Apache-2.0
#include "transport/client/http_post.h"

#include <memory>
#include <utility>

namespace parley::transport {
namespace {

class Answer final : public HttpListener, public std::enable_shared_from_this<Answer> {
 public:
  explicit Answer(HttpPostDone done) : done_(std::move(done)) {}

  void start(HttpClient& client, HttpPost post) {
    exchange_ = client.start({.url = std::move(post.url),
                              .headers = std::move(post.headers),
                              .body = std::move(post.body)},
                             shared_from_this());
    exchange_->set_timeout(post.timeout, "no answer within the time limit");
  }
  void on_head(int status, std::string_view) override { answer_.status = status; }
  bool on_body(std::string_view bytes) override {
    if (answer_.body.size() + bytes.size() > kPostAnswerBytesMax) {
      exchange_->close();
      on_end(Error{ErrorCode::resource_exhausted, "the answer is too long"});
      return false;
    }
    answer_.body += bytes;
    return true;
  }
  void on_end(Status status) override {
    // Let go of first: the exchange holds this listener.
    const std::shared_ptr<HttpExchange> exchange = std::move(exchange_);
    const HttpPostDone done = std::move(done_);
    if (!status) return done(status.error());
    done(std::move(answer_));
  }

 private:
  HttpPostDone done_;
  HttpAnswer answer_;
  std::shared_ptr<HttpExchange> exchange_;  // shared with the client
};

}  // namespace

void http_post(HttpClient& client, HttpPost post, HttpPostDone done) {
  auto answer = std::make_shared<Answer>(std::move(done));
  client.post([&client, answer, post = std::make_shared<HttpPost>(std::move(post))] {
    answer->start(client, std::move(*post));
  });
}

}  // namespace parley::transport
