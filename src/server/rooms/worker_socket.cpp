// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/worker_socket.h"

#include <chrono>
#include <utility>
#include <variant>

#include "base/log.h"
#include "protocol/room/worker_proto.h"

namespace parley::server {
namespace {

using service::LinkLoss;

/// The worker's times are seconds; so late it may notice them.
constexpr Millis kTick{250};
/// LiveKit looks at it when the socket is opened, and never again.
constexpr std::chrono::seconds kTokenLife{600};
/// For the last words to LiveKit, once the worker is over.
constexpr Millis kGoodbye{300};
constexpr std::size_t kMessageBytesMax = 1U << 20U;

}  // namespace

class WorkerSocket::Listener final : public transport::WebSocketListener {
 public:
  explicit Listener(WorkerSocket& socket) : socket_(socket) {}

  void on_open() override {
    socket_.worker_.on_open(socket_.clock_.now());
    socket_.look_whether_over();
  }
  void on_text(std::string_view /*text*/) override {
    socket_.worker_.on_nonsense("a text frame, where all are binary", socket_.clock_.now());
  }
  void on_binary(std::string_view bytes) override { socket_.hear(bytes); }
  void on_refused(int status, std::string_view body) override {
    loss_ = {LinkLoss::Why::refused, status, std::string(body)};
  }
  void on_closed(std::uint16_t code, std::string_view reason) override {
    loss_ = {LinkLoss::Why::closed, code, std::string(reason)};
  }
  void on_end(Status status) override {
    if (!status) loss_ = {LinkLoss::Why::unreachable, 0, status.error().message};
    socket_.lose(loss_);
  }

 private:
  WorkerSocket& socket_;
  LinkLoss loss_;
};

WorkerSocket::WorkerSocket(LiveKitAddress address, service::AgentWorkerOptions options,
                           service::JobRunner& runner, const Clock& clock, Metrics& metrics)
    : address_(std::move(address)),
      clock_(clock),
      worker_(std::move(options), *this, runner, metrics),
      client_({.message_max = kMessageBytesMax}) {}

WorkerSocket::~WorkerSocket() { stop(); }

void WorkerSocket::start() {
  client_.post([this] {
    worker_.start(clock_.now());
    tick();
  });
}

void WorkerSocket::adopt(service::JobAssignment assignment, std::function<void()> refused) {
  client_.post([this, assignment = std::move(assignment), refused = std::move(refused)]() mutable {
    if (!worker_.adopt(std::move(assignment), clock_.now())) refused();
  });
}

void WorkerSocket::drain() {
  client_.post([this] {
    worker_.drain(clock_.now());
    look_whether_over();
  });
}

bool WorkerSocket::wait_until_over(Millis limit) {
  std::unique_lock lock(mutex_);
  return over_.wait_for(lock, limit, [this] { return is_over_; });
}

void WorkerSocket::stop() {
  client_.stop();
  talk_.reset();  // before the client, to which its socket belongs
}

std::optional<std::string> WorkerSocket::trouble() const { return worker_.report().trouble; }

void WorkerSocket::connect() {
  const protocol::VideoGrant grant{.is_worker = true};
  transport::WebSocketRequest request{.url = address_.at("/agent")};
  request.headers.emplace_back("Authorization",
                               address_.authorization(grant, clock_.unix_seconds(), kTokenLife));
  talk_ = client_.start(std::move(request), std::make_shared<Listener>(*this));
}

void WorkerSocket::send(protocol::WorkerMessage message) {
  if (talk_ == nullptr || talk_->send_binary(protocol::to_proto(message))) return;
  // It has not taken megabytes of small messages: nobody is there. Told behind, as a link must.
  close();
  client_.post([this] { lose({LinkLoss::Why::unreachable, 0, "nothing is taken any more"}); });
}

void WorkerSocket::close() {
  if (talk_ != nullptr) talk_->leave_after_sending();
  talk_.reset();
}

void WorkerSocket::wake() {
  client_.post([this] {
    worker_.poll(clock_.now());
    look_whether_over();
  });
}

void WorkerSocket::hear(std::string_view bytes) {
  const auto parsed = protocol::parse_server_message(bytes);
  if (const auto* message = std::get_if<protocol::ServerMessage>(&parsed)) {
    worker_.on_message(*message, clock_.now());
  } else {
    worker_.on_nonsense(std::get<protocol::ProtocolError>(parsed).message, clock_.now());
  }
  look_whether_over();
}

void WorkerSocket::lose(const LinkLoss& loss) {
  talk_.reset();
  worker_.on_lost(loss, clock_.now());
  look_whether_over();
}

void WorkerSocket::tick() {
  const Instant now = clock_.now();
  if (now >= worker_.next()) worker_.poll(now);
  look_whether_over();
  if (!worker_.is_over()) client_.post_after(kTick, [this] { tick(); });
}

void WorkerSocket::look_whether_over() {
  if (!worker_.is_over() || is_leaving_) return;
  is_leaving_ = true;
  client_.post_after(kGoodbye, [this] {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
    over_.notify_all();
  });
}

}  // namespace parley::server
