// SPDX-License-Identifier: Apache-2.0
//
// A call is a strand on the server's loop. gRPC's threads only note what happened, the user's
// threads only append to the outbox; both wake the strand, and the strand alone starts operations
// and calls the sink.
//
// Life: start_call → on_open → messages → status sent or cancelled → on_close → OnDone.
#include "transport/grpc/grpc_call_stream.h"

#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

#include <grpcpp/server_context.h>

#include "exec/strand.h"
#include "transport/request_id.h"

namespace parley::transport {
namespace {

constexpr std::string_view kBinarySuffix = "-bin";
constexpr const char* kRequestId = "x-request-id";

std::string_view view_of(grpc::string_ref text) { return {text.data(), text.size()}; }

/// "ipv4:127.0.0.1:1" → "127.0.0.1:1"; "ipv6:%5B::1%5D:1" → "[::1]:1".
std::string remote_of(std::string peer) {
  peer.erase(0, peer.find(':') + 1);
  for (const auto& [escape, meant] : {std::pair{"%5B", "["}, std::pair{"%5D", "]"}}) {
    const std::size_t at = peer.find(escape);
    if (at != std::string::npos) peer.replace(at, 3, meant);
  }
  return peer;
}

/// Without a copy: the buffer owns the string.
grpc::ByteBuffer buffer_of(std::string message) {
  auto owned = std::make_unique<std::string>(std::move(message));
  std::string* const text = owned.get();
  const grpc::Slice slice(
      text->data(), text->size(),
      [](void* last) { std::unique_ptr<std::string>(static_cast<std::string*>(last)).reset(); },
      owned.release());
  return {&slice, 1};
}

class CallStream final : public GrpcReactor,
                         public GrpcCall,
                         public exec::StrandBody,
                         public std::enable_shared_from_this<CallStream> {
 public:
  CallStream(GrpcCore& core, grpc::CallbackServerContext& context)
      : core_(core), context_(context) {}
  void start(GrpcDecision decision);

  SendResult send(std::string message) override;
  void finish(GrpcStatus status) override;
  void abort() override {
    note([](News& news) { news.is_aborted = true; });
  }
  void resume() override {
    note([](News& news) { news.is_resumed = true; });
  }
  [[nodiscard]] exec::Waker waker() const override { return waker_; }
  [[nodiscard]] std::size_t queued_bytes() const override;

 private:
  /// What happened since the last slice.
  struct News {
    bool is_read = false;
    bool is_end_read = false;  // no more messages, or the call is over
    bool is_written = false;
    bool is_resumed = false;
    bool is_aborted = false;
    bool is_cancelled = false;
    bool is_done = false;  // gRPC does not know us any more
  };
  template <typename Change>
  void note(Change change) {
    {
      const std::lock_guard lock(mutex_);
      change(news_);
    }
    waker_.wake();
  }

  // gRPC's threads.
  void OnReadDone(bool ok) override;
  void OnWriteDone(bool /*ok*/) override {
    note([](News& news) { news.is_written = true; });
  }
  void OnCancel() override {
    note([](News& news) { news.is_cancelled = true; });
  }
  void OnDone() override {
    note([](News& news) { news.is_done = true; });
  }

  // The strand.
  bool run_slice() noexcept override;
  void open();
  void on_read();
  void go_on(Flow flow);
  void on_written();
  void pump();
  void close_sink(GrpcEnd end);
  void finish_with(const GrpcStatus& status);
  void leave();

  GrpcCore& core_;
  grpc::CallbackServerContext& context_;  // until the status was given to gRPC
  std::shared_ptr<CallStream> self_;      // until OnDone: gRPC holds a bare pointer
  std::shared_ptr<exec::Strand> strand_;  // shared with wakers
  exec::Waker waker_;
  std::unique_ptr<GrpcSink> sink_;
  grpc::ByteBuffer incoming_;
  grpc::ByteBuffer outgoing_;
  std::size_t outgoing_bytes_ = 0;
  bool is_opened_ = false;
  bool is_paused_ = false;  // the sink said `wait`
  bool is_writing_ = false;
  bool is_cancelled_ = false;
  // The status was given to gRPC: from here on it may be done with us at any time.
  bool is_finished_ = false;

  mutable std::mutex mutex_;
  News news_;                         // GUARDED_BY(mutex_)
  std::deque<std::string> outbox_;    // GUARDED_BY(mutex_)
  std::size_t queued_bytes_ = 0;      // GUARDED_BY(mutex_): the outbox and what is being written
  std::optional<GrpcStatus> status_;  // GUARDED_BY(mutex_): nothing is accepted any more
  bool owes_writable_ = false;        // GUARDED_BY(mutex_): somebody was told `backpressure`
  bool is_closed_ = false;            // GUARDED_BY(mutex_)
};

// --- out
// ------------------------------------------------------------------------------------------

SendResult CallStream::send(std::string message) {
  bool is_full = false;
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || status_) return SendResult::closed;
    if (queued_bytes_ > core_.options.queue_bytes_hard) {
      news_.is_aborted = true;
      is_closed_ = true;
      core_.counters.slow_peers.add();
    } else {
      queued_bytes_ += message.size();
      outbox_.push_back(std::move(message));
      is_full = queued_bytes_ > core_.options.queue_bytes_soft;
      owes_writable_ = owes_writable_ || is_full;
    }
  }
  waker_.wake();
  return is_full ? SendResult::backpressure : SendResult::sent;
}

void CallStream::finish(GrpcStatus status) {
  {
    const std::lock_guard lock(mutex_);
    if (is_closed_ || status_) return;
    status_ = std::move(status);
  }
  waker_.wake();
}

std::size_t CallStream::queued_bytes() const {
  const std::lock_guard lock(mutex_);
  return queued_bytes_;
}

void CallStream::on_written() {
  is_writing_ = false;
  outgoing_.Clear();
  bool is_writable = false;
  {
    const std::lock_guard lock(mutex_);
    queued_bytes_ -= std::exchange(outgoing_bytes_, 0);
    is_writable = owes_writable_ && queued_bytes_ <= core_.options.queue_bytes_soft / 2;
    if (is_writable) owes_writable_ = false;
  }
  if (is_writable && sink_ != nullptr) sink_->on_writable();
}

void CallStream::pump() {
  if (is_writing_ || is_finished_) return;
  if (is_cancelled_) return finish_with({GrpcCode::cancelled, "", {}});
  std::optional<std::string> message;
  std::optional<GrpcStatus> status;
  {
    const std::lock_guard lock(mutex_);
    if (!outbox_.empty()) {
      message = std::move(outbox_.front());
      outbox_.pop_front();
    } else if (status_) {
      status = status_;
    }
  }
  if (message) {
    core_.counters.messages_out.add();
    core_.counters.bytes_out.add(message->size());
    is_writing_ = true;
    outgoing_bytes_ = message->size();
    outgoing_ = buffer_of(std::move(*message));
    StartWrite(&outgoing_);
  } else if (status) {
    finish_with(*status);
  }
}

void CallStream::finish_with(const GrpcStatus& status) {
  is_finished_ = true;
  for (const auto& [name, value] : status.trailers) context_.AddTrailingMetadata(name, value);
  Finish({static_cast<grpc::StatusCode>(status.code), status.message});
}

// --- in
// -------------------------------------------------------------------------------------------

void CallStream::OnReadDone(bool ok) {
  note([ok](News& news) { (ok ? news.is_read : news.is_end_read) = true; });
}

void CallStream::on_read() {
  if (sink_ == nullptr || is_finished_) return;
  grpc::Slice slice;
  if (!incoming_.TrySingleSlice(&slice).ok() && !incoming_.DumpToSingleSlice(&slice).ok()) return;
  core_.counters.messages_in.add();
  core_.counters.bytes_in.add(slice.size());
  go_on(sink_->on_message({reinterpret_cast<const char*>(slice.begin()), slice.size()}));
}

void CallStream::go_on(Flow flow) {
  is_paused_ = flow == Flow::wait;
  if (is_paused_ || is_finished_) return;
  incoming_.Clear();
  StartRead(&incoming_);
}

// --- the strand
// -----------------------------------------------------------------------------------

void CallStream::start(GrpcDecision decision) {
  if (auto* sink = std::get_if<std::unique_ptr<GrpcSink>>(&decision)) {
    sink_ = std::move(*sink);
  } else {
    status_ = std::move(std::get<GrpcStatus>(decision));
  }
  self_ = shared_from_this();
  strand_ = exec::Strand::make(core_.loop, *this);
  waker_ = strand_->waker();
  waker_.wake();
}

bool CallStream::run_slice() noexcept {
  News news;
  {
    const std::lock_guard lock(mutex_);
    news = std::exchange(news_, {});
  }
  if (!std::exchange(is_opened_, true)) open();
  if (news.is_cancelled) {
    is_cancelled_ = true;
    if (sink_ != nullptr) core_.counters.cancelled.add();
    close_sink(GrpcEnd::cancelled);
  }
  if (news.is_written) on_written();
  if (news.is_read) on_read();
  // A read fails when the peer has sent its last message, and when the call is over.
  if (news.is_end_read && sink_ != nullptr && !is_finished_ && !context_.IsCancelled()) {
    sink_->on_end_of_messages();
  }
  if (news.is_resumed && is_paused_ && sink_ != nullptr) go_on(sink_->on_resume());
  if (sink_ != nullptr) sink_->on_wake();
  if (news.is_aborted && !is_finished_) context_.TryCancel();
  if (!news.is_done) {
    pump();
    return false;
  }
  const std::shared_ptr<CallStream> last = std::move(self_);  // until this slice has returned
  leave();
  return false;
}

void CallStream::open() {
  if (sink_ == nullptr) return;
  sink_->on_open(shared_from_this());
  go_on(Flow::more);
}

void CallStream::close_sink(GrpcEnd end) {
  {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    outbox_.clear();
    queued_bytes_ = outgoing_bytes_;
  }
  if (const std::unique_ptr<GrpcSink> sink = std::move(sink_)) sink->on_close(end);
}

void CallStream::leave() {
  close_sink(GrpcEnd::finished);
  strand_->close();
  core_.leave();
}

}  // namespace

GrpcRequest request_of(grpc::CallbackServerContext& context) {
  GrpcRequest request;
  std::optional<std::string_view> id;
  for (const auto& [name, value] : context.client_metadata()) {
    if (view_of(name).ends_with(kBinarySuffix)) continue;
    if (view_of(name) == kRequestId) id = view_of(value);
    request.metadata.emplace_back(view_of(name), view_of(value));
  }
  request.remote = remote_of(context.peer());
  request.id = request_id(id);
  context.AddInitialMetadata(kRequestId, request.id);
  return request;
}

GrpcReactor* start_call(GrpcCore& core, grpc::CallbackServerContext& context,
                        GrpcDecision decision) {
  const auto call = std::make_shared<CallStream>(core, context);
  call->start(std::move(decision));
  return call.get();
}

GrpcCounters::GrpcCounters(Metrics& metrics)
    : calls(metrics.gauge("parley_grpc_calls", "gRPC calls in progress")),
      started(metrics.counter("parley_grpc_calls_total", "gRPC calls begun")),
      refused(metrics.counter("parley_grpc_calls_refused_total",
                              "gRPC calls refused because too many were in progress")),
      cancelled(metrics.counter("parley_grpc_calls_cancelled_total",
                                "gRPC calls cancelled by their peer, deadline or connection")),
      messages_in(metrics.counter("parley_grpc_messages_in_total", "gRPC messages received")),
      messages_out(metrics.counter("parley_grpc_messages_out_total", "gRPC messages sent")),
      bytes_in(metrics.counter("parley_grpc_bytes_in_total", "Bytes of gRPC messages received")),
      bytes_out(metrics.counter("parley_grpc_bytes_out_total", "Bytes of gRPC messages sent")),
      slow_peers(metrics.counter("parley_grpc_slow_peers_total",
                                 "gRPC calls aborted because their peer read too slowly")) {}

}  // namespace parley::transport
