// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/remote_reply.h"

#include <algorithm>
#include <utility>

#include "backend/remote/endpoint_error.h"

namespace parley::backend {
namespace {

constexpr int kHttpOk = 200;
// A full ring is looked at again after this; nobody says when the strand has taken from it.
constexpr Millis kRingPoll{5};
// After "[DONE]" only the end of the HTTP message is missing; without it the socket is closed.
constexpr Millis kTrailerTimeout{1'000};
constexpr std::size_t kBodyBytesMax = 1U << 20U;

}  // namespace

RemoteReply::RemoteReply(std::shared_ptr<model::LlmCall> call, transport::HttpClient& client,
                         const RemoteLlmOptions& options, OnDone on_done)
    : call_(std::move(call)),
      client_(client),
      options_(options),
      on_done_(std::move(on_done)),
      writer_(*call_),
      stream_([this](model::LlmDelta::Kind kind, std::string text) {
        writer_.write(kind, std::move(text));
      }) {}

void RemoteReply::begin(transport::ClientRequest request) {
  if (is_over_) return;
  if (call_->cancelled()) {
    end(Error{ErrorCode::cancelled, "cancelled"});
    return;
  }
  exchange_ = client_.start(std::move(request), shared_from_this());
  exchange_->set_timeout(options_.first_token_timeout, "no first token within the time limit");
}

void RemoteReply::on_head(int status, std::string_view content_type) {
  http_status_ = status;
  is_event_stream_ = status == kHttpOk && content_type.starts_with("text/event-stream");
}

bool RemoteReply::on_body(std::string_view bytes) {
  if (is_over_) return true;
  if (!is_event_stream_) {
    body_.append(bytes.substr(0, kBodyBytesMax - std::min(kBodyBytesMax, body_.size())));
    return true;
  }
  const bool had_begun = stream_.has_begun();
  const std::int32_t before = stream_.usage().output_tokens;
  const Status parsed = events_.push(bytes, [this](std::string_view data) { take_event(data); });
  if (!parsed) stream_status_ = parsed;
  if (!stream_status_) {
    exchange_->close();
    end(stream_status_);
    return true;
  }
  if (is_over_ || is_finishing_) return true;
  if (stream_.is_done()) {
    exchange_->set_timeout(kTrailerTimeout, "no end after [DONE]");
    try_finish();
    return true;
  }
  // Pings and empty chunks are no tokens: only words and calls renew the time.
  if (stream_.has_begun() && (!had_begun || stream_.usage().output_tokens != before)) {
    exchange_->set_timeout(options_.next_token_timeout, "no further token within the time limit");
  }
  if (!writer_.is_full()) return true;
  poll_ring();
  return false;
}

void RemoteReply::take_event(std::string_view data) {
  if (stream_status_) stream_status_ = stream_.take(data);
}

/// Reading waits until the session has taken what there is.
void RemoteReply::poll_ring() {
  if (is_polling_) return;
  is_polling_ = true;
  client_.post_after(kRingPoll, [self = shared_from_this()] {
    self->is_polling_ = false;
    if (self->is_over_) return;
    if (!self->writer_.flush()) {
      // A slow listener is not a slow endpoint.
      self->exchange_->set_timeout(self->options_.next_token_timeout, "no further token");
      self->poll_ring();
    } else if (self->is_finishing_) {
      self->end(Status{});
    } else {
      self->exchange_->resume();
    }
  });
}

void RemoteReply::on_end(Status status) {
  if (is_over_ || is_finishing_) return;
  if (http_status_ != 0 && http_status_ != kHttpOk) {
    end(http_error());
    return;
  }
  if (is_event_stream_) {
    events_.finish([this](std::string_view data) { take_event(data); });
  } else if (http_status_ == kHttpOk) {
    take_event(body_);
  }
  // After a finish reason nothing that matters can be missing, however the connection ended.
  if (!status && !stream_.is_complete()) {
    end(std::move(status));
  } else if (!stream_status_) {
    end(stream_status_);
  } else {
    try_finish();
  }
}

void RemoteReply::try_finish() {
  const Status finished = stream_.finish();
  if (!finished) {
    end(finished);
    return;
  }
  is_finishing_ = true;
  if (writer_.flush()) {
    end(Status{});
  } else {
    poll_ring();
  }
}

void RemoteReply::on_cancel(model::Call&) noexcept {
  client_.post([self = shared_from_this()] {
    if (self->is_over_) return;
    if (self->exchange_) self->exchange_->close();
    self->end(Error{ErrorCode::cancelled, "cancelled"});
  });
}

Error RemoteReply::http_error() const {
  return endpoint_error("the language model's endpoint", http_status_, body_);
}

void RemoteReply::end(Status status) {
  if (is_over_) return;
  is_over_ = true;
  const std::shared_ptr<RemoteReply> self = shared_from_this();  // others let go of it below
  const bool has_failed = !status;
  const ErrorCode failure = has_failed ? status.error().code : ErrorCode::internal;
  call_->finish_reason = stream_.finish_reason();
  call_->usage = stream_.usage();
  call_->status = std::move(status);
  // Not under the hook's lock when this runs: cancels are posted.
  call_->set_cancel_hook(nullptr);
  call_->finish();
  exchange_.reset();  // each holds the other; what is left of the answer is read without us
  on_done_(*this, failure, has_failed);
}

}  // namespace parley::backend
