// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/worker_port.h"

#include <utility>

#include "server/http_error.h"
#include "server/process_metrics.h"
#include "server/rooms/worker_report.h"

namespace parley::server {
namespace {

using transport::HttpRequest;
using transport::HttpResponse;

constexpr Millis kStopGrace{1000};
/// Only those who watch come here.
constexpr std::size_t kConnectionsMax = 64;

HttpResponse nothing_here() {
  return http_error(404, "invalid_request_error", "not_found",
                    "There is nothing at this path: use /healthz, /worker or /metrics.");
}

HttpResponse answer(bool is_well, std::string type, std::string body) {
  body += '\n';
  return {.status = is_well ? 200 : 503,
          .content_type = std::move(type),
          .body = std::move(body),
          .headers = {{"Cache-Control", "no-store"}}};
}

}  // namespace

Result<std::unique_ptr<WorkerPort>> WorkerPort::start(const Config& config, Metrics& metrics) {
  std::unique_ptr<WorkerPort> port(new WorkerPort(config, metrics));
  transport::ListenerOptions options;
  options.host = config.server.host;
  options.port = static_cast<std::uint16_t>(config.rooms.port);
  options.tls_certificate = config.server.tls_cert;
  options.tls_key = config.server.tls_key;
  options.connections_max = kConnectionsMax;
  auto listener = transport::Listener::start(options, *port, metrics);
  if (!listener) {
    Error error = std::move(listener).error();
    if (error.code == ErrorCode::already_exists) {
      error.message +=
          ": it is in use by another program. Choose another with --port N (0: a free one, -1: "
          "none)";
    }
    return error;
  }
  port->listener_ = std::move(*listener);
  return port;
}

WorkerPort::~WorkerPort() { stop(); }

void WorkerPort::stop() {
  if (listener_ != nullptr) listener_->stop(kStopGrace);
}

std::string WorkerPort::url() const {
  const bool is_v6 = host_.find(':') != std::string::npos && !host_.starts_with('[');
  return "http://" + (is_v6 ? "[" + host_ + "]" : host_) + ":" + std::to_string(listener_->port());
}

void WorkerPort::on_http(HttpRequest request, transport::HttpReply reply) {
  reply.send(respond(request));
}

transport::UpgradeDecision WorkerPort::on_upgrade(const HttpRequest& /*request*/) {
  return nothing_here();
}

HttpResponse WorkerPort::respond(const HttpRequest& request) const {
  const bool is_health = request.path == "/" || request.path == "/healthz";
  if (!is_health && request.path != "/worker" && request.path != "/metrics") return nothing_here();
  if (request.method != "GET" && request.method != "HEAD") return wrong_method("GET, HEAD");
  if (request.path == "/metrics") {
    return answer(true, "text/plain; version=0.0.4; charset=utf-8",
                  metrics_.render() + process_metrics_text());
  }
  const WorkerSocket* const worker = worker_.load(std::memory_order_acquire);
  if (worker == nullptr) return answer(false, "application/json", R"({"status":"starting"})");
  const service::WorkerReport report = worker->report();
  if (request.path == "/worker") {
    return answer(true, "application/json", sdk_worker_json(settings_, report));
  }
  WorkerHealth health = worker_health(report);
  if (request.path == "/" && health.is_well) return answer(true, "text/plain", "OK");
  return answer(health.is_well, "application/json", std::move(health.body));
}

}  // namespace parley::server
