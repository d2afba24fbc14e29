// SPDX-License-Identifier: Apache-2.0
#include "transport/http/http_body_writer.h"

#include <charconv>
#include <string_view>

#include <boost/asio/post.hpp>
#include <boost/beast/core/error.hpp>

#include "base/check.h"
#include "base/trace.h"

namespace parley::transport {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

// So much goes to the system in one call: several chunks of speech, and few enough buffers for it.
constexpr std::size_t kBatchBytes = 64U << 10U;
constexpr std::size_t kBatchPieces = 16;

/// A vector of buffers that is not copied with the operation that it is given to.
struct BufferView {
  using value_type = asio::const_buffer;
  using const_iterator = const asio::const_buffer*;
  const_iterator first;
  const_iterator past;
  [[nodiscard]] const_iterator begin() const { return first; }
  [[nodiscard]] const_iterator end() const { return past; }
};

void consume(std::vector<asio::const_buffer>& buffers, std::size_t bytes) {
  auto left = buffers.begin();
  while (left != buffers.end() && bytes >= left->size()) bytes -= (left++)->size();
  if (left != buffers.end()) *left += bytes;
  buffers.erase(buffers.begin(), left);
}

asio::const_buffer text_buffer(std::string_view text) { return {text.data(), text.size()}; }

class ClosedBody final : public HttpBody {
 public:
  SendResult write(Message /*piece*/) override { return SendResult::closed; }
  bool refuse(HttpResponse /*instead*/) override { return false; }
  void finish() override {}
  void abort() override {}
  [[nodiscard]] std::size_t queued_bytes() const override { return 0; }
};

}  // namespace

// --- any thread ---------------------------------------------------------------------------------

SendResult HttpBodyWriter::write(Message piece) {
  PARLEY_CHECK(piece != nullptr);
  const std::lock_guard lock(mutex_);
  if (is_closed_ || is_finished_ || is_aborted_) return SendResult::closed;
  if (queued_bytes_ > core_->options.queue_bytes_hard) {
    core_->counters.bodies_overflowed.add();
    is_aborted_ = true;
    post_pump();
    return SendResult::closed;
  }
  was_written_ = true;
  queued_bytes_ += piece->size();
  if (!piece->empty()) outbox_.push_back(std::move(piece));
  post_pump();
  if (queued_bytes_ <= core_->options.queue_bytes_soft) return SendResult::sent;
  owes_writable_ = true;
  return SendResult::backpressure;
}

bool HttpBodyWriter::refuse(HttpResponse instead) {
  const std::lock_guard lock(mutex_);
  if (is_closed_ || is_finished_ || is_aborted_ || was_written_) return false;
  instead_ = std::move(instead);
  is_finished_ = true;
  post_pump();
  return true;
}

void HttpBodyWriter::finish() {
  const std::lock_guard lock(mutex_);
  if (is_closed_ || is_finished_ || is_aborted_) return;
  is_finished_ = true;
  post_pump();
}

void HttpBodyWriter::abort() {
  const std::lock_guard lock(mutex_);
  if (is_closed_ || is_aborted_) return;
  is_aborted_ = true;
  post_pump();
}

void HttpBodyWriter::drop() {
  const std::lock_guard lock(mutex_);
  if (is_closed_ || is_finished_ || is_aborted_) return;
  is_aborted_ = true;
  post_pump();
}

std::size_t HttpBodyWriter::queued_bytes() const {
  const std::lock_guard lock(mutex_);
  return queued_bytes_;
}

/// The mutex is held. Wakes the loop once for any number of writes.
void HttpBodyWriter::post_pump() {
  if (std::exchange(is_pump_posted_, true)) return;
  asio::post(loop_->context, [self = shared_from_this()] {
    {
      const std::lock_guard lock(self->mutex_);
      self->is_pump_posted_ = false;
    }
    self->pump();
  });
}

// --- loop ---------------------------------------------------------------------------------------

void HttpBodyWriter::carry(std::shared_ptr<HttpBodyCarrier> carrier, std::string head,
                           Framing framing) {
  carrier_ = std::move(carrier);
  head_ = std::move(head);
  framing_ = framing;
  if (framing_ == Framing::head_only) {
    const std::lock_guard lock(mutex_);
    is_finished_ = true;
    outbox_.clear();
    queued_bytes_ = 0;
  }
  pump();
}

void HttpBodyWriter::pump() {
  const std::shared_ptr<HttpBodyCarrier> carrier = carrier_;
  if (carrier == nullptr) return;
  bool is_aborted = false;
  std::optional<HttpResponse> instead;
  {
    const std::lock_guard lock(mutex_);
    is_aborted = is_aborted_;
    instead = std::exchange(instead_, std::nullopt);
  }
  if (is_aborted) return carrier->on_body_end(HttpBodyCarrier::End::aborted);
  if (instead) return carrier->on_body_refused(std::move(*instead));
  if (is_writing_ || !take_batch()) return;
  frame();
  is_writing_ = true;
  write_some();
}

bool HttpBodyWriter::take_batch() {
  const std::lock_guard lock(mutex_);
  if (!was_written_ && !is_finished_) return false;
  while (!outbox_.empty() && batch_.bytes < kBatchBytes && batch_.pieces.size() < kBatchPieces) {
    batch_.bytes += outbox_.front()->size();
    batch_.pieces.push_back(std::move(outbox_.front()));
    outbox_.pop_front();
  }
  batch_.is_last = is_finished_ && outbox_.empty();
  return batch_.bytes > 0 || batch_.is_last || !head_.empty();
}

/// RFC 9112 §7.1: all pieces of a batch are one chunk.
void HttpBodyWriter::frame() {
  if (batch_.bytes > 0) PARLEY_HOP();
  remaining_.clear();
  if (!head_.empty()) remaining_.push_back(text_buffer(head_));
  const bool is_chunk = framing_ == Framing::chunked && batch_.bytes > 0;
  if (is_chunk) {
    char* const past = chunk_size_.data() + chunk_size_.size() - 2;
    char* end = std::to_chars(chunk_size_.data(), past, batch_.bytes, 16).ptr;
    *end++ = '\r';
    *end++ = '\n';
    remaining_.emplace_back(chunk_size_.data(), static_cast<std::size_t>(end - chunk_size_.data()));
  }
  for (const Message& piece : batch_.pieces) remaining_.push_back(text_buffer(*piece));
  if (is_chunk) remaining_.push_back(text_buffer("\r\n"));
  if (framing_ == Framing::chunked && batch_.is_last) {
    remaining_.push_back(text_buffer("0\r\n\r\n"));
  }
}

void HttpBodyWriter::write_some() {
  if (remaining_.empty()) return on_batch_written();
  Stream& stream = carrier_->stream();
  stream.expires_after(core_->options.write_timeout);
  const BufferView view{remaining_.data(), remaining_.data() + remaining_.size()};
  stream.async_write_some(view, [self = shared_from_this(), carrier = carrier_](
                                    const error_code& failure, std::size_t bytes) {
    self->on_written(failure, bytes);
  });
}

void HttpBodyWriter::on_written(const error_code& failure, std::size_t bytes) {
  if (carrier_ == nullptr) return;  // it was ended meanwhile
  if (failure) {
    const bool is_stalled = failure == boost::beast::error::timeout;
    (is_stalled ? core_->counters.bodies_stalled : core_->counters.bodies_abandoned).add();
    const std::shared_ptr<HttpBodyCarrier> carrier = carrier_;
    return carrier->on_body_end(HttpBodyCarrier::End::broken);
  }
  consume(remaining_, bytes);
  write_some();
}

void HttpBodyWriter::on_batch_written() {
  is_writing_ = false;
  head_.clear();
  core_->counters.body_bytes_out.add(batch_.bytes);
  bool is_writable = false;
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_ -= batch_.bytes;
    if (owes_writable_ && queued_bytes_ <= core_->options.queue_bytes_soft / 2) {
      owes_writable_ = false;
      is_writable = !is_finished_;
    }
  }
  const bool was_last = batch_.is_last;
  batch_.pieces.clear();
  batch_.bytes = 0;
  if (was_last) {
    const std::shared_ptr<HttpBodyCarrier> carrier = carrier_;
    return carrier->on_body_end(HttpBodyCarrier::End::whole);
  }
  if (is_writable && sink_ != nullptr) sink_->on_writable();
  pump();
}

void HttpBodyWriter::close() {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    outbox_.clear();
    queued_bytes_ = 0;
  }
  carrier_.reset();
  const std::unique_ptr<HttpBodySink> sink = std::move(sink_);
  if (sink != nullptr) sink->on_close();
}

std::shared_ptr<HttpBody> held_body(std::shared_ptr<HttpBodyWriter> writer) {
  HttpBodyWriter* const body = writer.get();
  return {body, [held = std::move(writer)](HttpBody* /*body*/) { held->drop(); }};
}

std::shared_ptr<HttpBody> closed_body() { return std::make_shared<ClosedBody>(); }

}  // namespace parley::transport
