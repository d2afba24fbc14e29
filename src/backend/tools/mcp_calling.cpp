// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/mcp_calling.h"

#include <utility>

#include "backend/tools/mcp_message.h"

namespace parley::backend {

void McpCalling::begin() {
  if (is_over_) return;
  if (call_->cancelled()) {
    end(Error{ErrorCode::cancelled, "cancelled"});
    return;
  }
  const std::string session = peer_->session();
  exchange_ = peer_->call(*call_, [self = shared_from_this(), session](McpExchange::Answer answer) {
    self->take(std::move(answer.result), session);
  });
}

void McpCalling::take(Result<std::string> result, const std::string& session) {
  if (is_over_) return;
  const bool is_forgotten = !result && result.error().code == ErrorCode::not_found;
  if (is_forgotten && !was_forgotten_) {
    was_forgotten_ = true;
    // Another call may have noticed it before.
    if (peer_->session() != session) {
      begin();
    } else {
      introduce_again();
    }
    return;
  }
  Result<std::string> output = result ? mcp_output(*result) : Result<std::string>(result.error());
  if (output && output->size() > model::kToolOutputBytesMax) {
    output = Error{ErrorCode::resource_exhausted, "The function's output is too long."};
  }
  if (!output) {
    end(output.error());
    return;
  }
  call_->output = std::move(*output);
  end({});
}

void McpCalling::introduce_again() {
  peer_->introduce([self = shared_from_this()](Status status) {
    if (self->is_over_) return;
    if (status) {
      self->begin();
    } else {
      self->end(std::move(status));
    }
  });
}

void McpCalling::on_cancel(model::Call&) noexcept {
  http_.post([self = shared_from_this()] {
    if (self->is_over_) return;
    if (self->exchange_) self->exchange_->close();
    self->end(Error{ErrorCode::cancelled, "cancelled"});
  });
}

void McpCalling::end(Status status) {
  if (is_over_) return;
  is_over_ = true;
  const auto self = shared_from_this();  // others let go of it below
  call_->status = std::move(status);
  call_->set_cancel_hook(nullptr);
  call_->finish();
  exchange_.reset();
  on_done_(*this);
}

}  // namespace parley::backend
