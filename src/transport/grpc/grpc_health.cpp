// SPDX-License-Identifier: Apache-2.0
#include "transport/grpc/grpc_health.h"

#include <algorithm>
#include <utility>

#include <grpc/health/v1/health.pb.h>

namespace parley::transport {
namespace {

namespace wire = grpc::health::v1;

constexpr const char* kService = "grpc.health.v1.Health";
constexpr const char* kCheck = "Check";
constexpr const char* kWatch = "Watch";

std::string answer(wire::HealthCheckResponse::ServingStatus status) {
  wire::HealthCheckResponse response;
  response.set_status(status);
  return response.SerializeAsString();
}

std::string state_answer(bool is_serving) {
  return answer(is_serving ? wire::HealthCheckResponse::SERVING
                           : wire::HealthCheckResponse::NOT_SERVING);
}

/// What both methods begin with: one request.
class HealthSink : public GrpcSink {
 public:
  explicit HealthSink(GrpcHealth& health) : health_(health) {}
  void on_open(std::shared_ptr<GrpcCall> call) override { call_ = std::move(call); }
  Flow on_message(std::string_view bytes) override {
    wire::HealthCheckRequest request;
    if (!std::exchange(is_asked_, true) &&
        request.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      on_request(request.service());
    } else {
      call_->finish({GrpcCode::invalid_argument, "expected one HealthCheckRequest", {}});
    }
    return Flow::more;
  }
  void on_end_of_messages() override {
    if (!is_asked_) call_->finish({GrpcCode::invalid_argument, "no HealthCheckRequest came", {}});
  }
  void on_close(GrpcEnd /*end*/) override {}

 protected:
  virtual void on_request(const std::string& service) = 0;

  GrpcHealth& health_;
  std::shared_ptr<GrpcCall> call_;

 private:
  bool is_asked_ = false;
};

}  // namespace

class GrpcHealth::Check final : public HealthSink {
 public:
  using HealthSink::HealthSink;

 private:
  void on_request(const std::string& service) override {
    if (!health_.knows(service)) {
      return call_->finish({GrpcCode::not_found, "there is no service '" + service + "'", {}});
    }
    call_->send(state_answer(health_.is_serving()));
    call_->finish({});
  }
};

class GrpcHealth::Watch final : public HealthSink {
 public:
  using HealthSink::HealthSink;
  void on_close(GrpcEnd /*end*/) override { health_.remove(call_); }

 private:
  void on_request(const std::string& service) override {
    health_.add(call_, health_.knows(service));
  }
};

GrpcHealth::GrpcHealth(std::vector<std::string> services) : services_(std::move(services)) {}
GrpcHealth::~GrpcHealth() = default;

GrpcService GrpcHealth::service() { return {kService, {kCheck, kWatch}, this}; }

GrpcDecision GrpcHealth::on_call(const GrpcRequest& request) {
  if (request.method == kCheck) return std::make_unique<Check>(*this);
  return std::make_unique<Watch>(*this);
}

bool GrpcHealth::knows(const std::string& service) const {
  return service.empty() || service == kService || std::ranges::count(services_, service) > 0;
}

bool GrpcHealth::is_serving() const {
  const std::lock_guard lock(mutex_);
  return is_serving_;
}

// Sending under the lock keeps the order of what a watcher is told; it only appends to a queue.

void GrpcHealth::set_serving(bool is_serving) {
  const std::lock_guard lock(mutex_);
  if (std::exchange(is_serving_, is_serving) == is_serving) return;
  for (const auto& watcher : watchers_) watcher->send(state_answer(is_serving));
}

void GrpcHealth::add(const std::shared_ptr<GrpcCall>& watcher, bool is_known) {
  const std::lock_guard lock(mutex_);
  if (is_stopped_)
    return watcher->finish({GrpcCode::unavailable, "the server is shutting down", {}});
  // A service that is unknown now stays so, but the protocol keeps the stream open.
  watcher->send(is_known ? state_answer(is_serving_)
                         : answer(wire::HealthCheckResponse::SERVICE_UNKNOWN));
  if (is_known) watchers_.push_back(watcher);
}

void GrpcHealth::remove(const std::shared_ptr<GrpcCall>& watcher) {
  const std::lock_guard lock(mutex_);
  std::erase(watchers_, watcher);
}

void GrpcHealth::stop() {
  const std::lock_guard lock(mutex_);
  is_stopped_ = true;
  for (const auto& watcher : watchers_) {
    watcher->finish({GrpcCode::unavailable, "the server is shutting down", {}});
  }
  watchers_.clear();
}

}  // namespace parley::transport
