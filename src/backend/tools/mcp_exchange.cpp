// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/mcp_exchange.h"

#include <algorithm>
#include <utility>

#include "backend/tools/mcp_message.h"

namespace parley::backend {
namespace {

constexpr int kNotFound = 404;

bool is_same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char x, char y) { return lower(x) == lower(y); });
}

Error http_error(int status) {
  const ErrorCode code = status == kNotFound              ? ErrorCode::not_found
                         : status == 401 || status == 403 ? ErrorCode::permission_denied
                                                          : ErrorCode::unavailable;
  return {code, "The MCP server answered with HTTP status " + std::to_string(status) + "."};
}

}  // namespace

void McpExchange::begin(transport::HttpClient& http, transport::ClientRequest request,
                        Millis timeout) {
  exchange_ = http.start(std::move(request), shared_from_this());
  exchange_->set_timeout(timeout, "no answer within the time limit");
}

void McpExchange::close() {
  if (is_over_) return;
  is_over_ = true;
  if (exchange_) exchange_->close();
  exchange_.reset();
  on_done_ = nullptr;
}

void McpExchange::on_field(std::string_view name, std::string_view value) {
  if (is_same_name(name, "Mcp-Session-Id")) session_ = value;
}

void McpExchange::on_head(int status, std::string_view content_type) {
  status_ = status;
  is_event_stream_ = content_type.starts_with("text/event-stream");
}

bool McpExchange::on_body(std::string_view bytes) {
  if (is_over_) return true;
  bytes_ += bytes.size();
  if (bytes_ > kMcpAnswerBytesMax) {
    exchange_->close();
    finish(Error{ErrorCode::resource_exhausted, "The MCP server's answer is too long."});
    return true;
  }
  if (!is_event_stream_) {
    body_ += bytes;
    return true;
  }
  const Status parsed = events_.push(bytes, [this](std::string_view data) { take(data); });
  if (!parsed && !is_over_) finish(parsed.error());
  return true;
}

void McpExchange::on_end(Status status) {
  if (is_over_) return;
  if (!status) {
    finish(std::move(status).error());
  } else if (status_ < 200 || status_ >= 300) {
    finish(http_error(status_));
  } else if (id_ == 0) {
    finish(std::string());
  } else {
    if (is_event_stream_) {
      events_.finish([this](std::string_view data) { take(data); });
    } else {
      take(body_);
    }
    if (!is_over_) {
      finish(Error{ErrorCode::unavailable, "The MCP server ended its answer without a result."});
    }
  }
}

void McpExchange::take(std::string_view message) {
  if (is_over_ || id_ == 0) return;
  Result<std::optional<std::string>> result = mcp_result(message, id_);
  if (!result) {
    finish(std::move(result).error());
  } else if (*result) {
    finish(std::move(**result));
  }
}

void McpExchange::finish(Result<std::string> result) {
  is_over_ = true;
  const auto self = shared_from_this();  // the exchange lets go of it below
  // A stream may stay open after the answer; a plain one is read to its end and kept.
  if (is_event_stream_ && exchange_) exchange_->close();
  exchange_.reset();
  const OnDone on_done = std::exchange(on_done_, nullptr);
  on_done({std::move(result), std::move(session_)});
}

}  // namespace parley::backend
