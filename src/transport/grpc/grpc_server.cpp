// SPDX-License-Identifier: Apache-2.0
//
// gRPC's server with services that carry bytes. What a call does is in grpc_call_stream.cpp.
#include "transport/grpc/grpc_server.h"

#include <chrono>
#include <fstream>
#include <iterator>
#include <mutex>
#include <string_view>
#include <utility>

#include <google/protobuf/stubs/logging.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/impl/codegen/server_callback_handlers.h>
#include <grpcpp/impl/service_type.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include "base/log.h"
#include "transport/grpc/grpc_call_stream.h"
#include "transport/grpc/grpc_core.h"
#include "transport/grpc/grpc_door.h"
#include "transport/grpc/grpc_health.h"
#include "transport/tls.h"

namespace parley::transport {
namespace {

/// Reflection is gRPC's own service and takes a thread for each of its calls.
constexpr int kReflectionThreadsMax = 16;
/// Clients that ping more often than this on a silent connection are sent away.
constexpr Millis kClientPingInterval{5'000};
constexpr const char* kBusyRetrySeconds = "1";

/// A service whose methods all carry bytes both ways. It tells gRPC what generated code would.
class BytesService final : public grpc::Service {
 public:
  BytesService(GrpcService service, GrpcCore& core) : service_(std::move(service)), core_(core) {
    paths_.reserve(service_.methods.size());  // gRPC keeps pointers to them
    for (const std::string& method : service_.methods) add(method);
  }

 private:
  void add(const std::string& method) {
    using Handler = grpc::internal::CallbackBidiHandler<grpc::ByteBuffer, grpc::ByteBuffer>;
    const std::string& path = paths_.emplace_back("/" + service_.name + "/" + method);
    const int index = static_cast<int>(paths_.size()) - 1;
    AddMethod(std::make_unique<grpc::internal::RpcServiceMethod>(
                  path.c_str(), grpc::internal::RpcMethod::BIDI_STREAMING, nullptr)
                  .release());
    MarkMethodRawCallback(
        index, std::make_unique<Handler>([this, &method](grpc::CallbackServerContext* context) {
                 return serve(method, *context);
               }).release());
  }

  GrpcReactor* serve(const std::string& method, grpc::CallbackServerContext& context) {
    GrpcRequest request = request_of(context);
    if (!core_.enter()) {
      core_.counters.refused.add();
      return start_call(core_, context,
                        GrpcStatus{GrpcCode::resource_exhausted,
                                   "too many calls are in progress",
                                   {{"retry-after", kBusyRetrySeconds}}});
    }
    request.service = service_.name;
    request.method = method;
    return start_call(core_, context, service_.handler->on_call(request));
  }

  const GrpcService service_;
  GrpcCore& core_;
  std::vector<std::string> paths_;
};

/// gRPC's own complaints, as lines of our log. They are about peers, who could fill it.
void log_of_grpc(gpr_log_func_args* line) {
  log::debug("grpc", {{"message", std::string(line->message)}});
}

/// Likewise of messages that cannot be read.
void log_of_protobuf(google::protobuf::LogLevel /*level*/, const char* /*file*/, int /*line*/,
                     const std::string& message) {
  log::debug("protobuf", {{"message", message}});
}

void prepare_process() {
  static std::once_flag once;
  std::call_once(once, [] {
    gpr_set_log_function(log_of_grpc);
    google::protobuf::SetLogHandler(log_of_protobuf);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  });
}

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

Result<std::shared_ptr<grpc::ServerCredentials>> credentials(const GrpcOptions& options) {
  if (options.tls_certificate.empty() != options.tls_key.empty()) {
    return Error{ErrorCode::invalid_argument, "TLS needs both a certificate and its key"};
  }
  if (options.tls_certificate.empty()) return grpc::InsecureServerCredentials();
  // For its errors, which name the file and what is wrong with it; gRPC's do not.
  PARLEY_TRY(const std::shared_ptr<TlsContext> checked,
             load_tls(options.tls_certificate, options.tls_key));
  grpc::SslServerCredentialsOptions ssl;
  ssl.pem_key_cert_pairs.push_back({contents(options.tls_key), contents(options.tls_certificate)});
  return grpc::SslServerCredentials(ssl);
}

int milliseconds(Millis time) { return static_cast<int>(time.count()); }

void set_limits(grpc::ServerBuilder& builder, const GrpcOptions& options) {
  grpc::ResourceQuota quota("parley");
  quota.Resize(options.memory_bytes_max).SetMaxThreads(kReflectionThreadsMax);
  builder.SetResourceQuota(quota);
  builder.SetSyncServerOption(grpc::ServerBuilder::NUM_CQS, 1);
  builder.SetSyncServerOption(grpc::ServerBuilder::MAX_POLLERS, 1);
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.message_bytes_max));
  const std::pair<const char*, int> arguments[] = {
      {GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(options.connection_calls_max)},
      {GRPC_ARG_MAX_METADATA_SIZE, static_cast<int>(options.metadata_bytes_max)},
      {GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS, milliseconds(options.handshake_timeout)},
      {GRPC_ARG_MAX_CONNECTION_IDLE_MS, milliseconds(options.idle_timeout)},
      {GRPC_ARG_KEEPALIVE_TIME_MS, milliseconds(options.keep_alive_interval)},
      {GRPC_ARG_KEEPALIVE_TIMEOUT_MS, milliseconds(options.keep_alive_timeout)},
      {GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1},
      {GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0},
      {GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, milliseconds(kClientPingInterval)},
  };
  for (const auto& [name, value] : arguments) builder.AddChannelArgument(name, value);
}

class GrpcServerImpl final : public GrpcServer {
 public:
  GrpcServerImpl(const GrpcOptions& options, const std::vector<GrpcService>& services,
                 Metrics& metrics)
      : core_(options, metrics),
        door_(options.connections_max, options.connections_per_address_max, metrics),
        health_(names(services)) {
    for (const GrpcService& service : services) add(service);
    add(health_.service());
  }
  ~GrpcServerImpl() override { stop(Millis{0}); }

  Status open() {
    PARLEY_TRY(const auto creds, credentials(core_.options));
    PARLEY_TRY_STATUS(door_.open(core_.options.host, core_.options.port));
    grpc::ServerBuilder builder;
    set_limits(builder, core_.options);
    for (const auto& service : services_) builder.RegisterService(service.get());
    using Type = grpc::ServerBuilder::experimental_type::ExternalConnectionType;
    acceptor_ = builder.experimental().AddExternalConnectionAcceptor(Type::FROM_FD, creds);
    server_ = builder.BuildAndStart();
    if (server_ == nullptr) return Error{ErrorCode::internal, "gRPC's server does not start"};
    door_.start([this](int descriptor) {
      grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters connection;
      connection.fd = descriptor;
      acceptor_->HandleNewConnection(&connection);
    });
    return {};
  }

  void set_serving(bool is_serving) override { health_.set_serving(is_serving); }
  [[nodiscard]] std::uint16_t port() const override { return door_.port(); }
  [[nodiscard]] std::size_t connections() const override { return door_.connections(); }
  [[nodiscard]] std::size_t calls() const override { return core_.calls(); }

  void stop(Millis grace) override {
    if (server_ == nullptr) return;
    door_.stop();
    health_.stop();
    server_->Shutdown(std::chrono::system_clock::now() + grace);
    // gRPC has forgotten its calls; their sinks may still be on their way out.
    core_.wait_until_empty();
    server_.reset();
  }

 private:
  static std::vector<std::string> names(const std::vector<GrpcService>& services) {
    std::vector<std::string> found;
    for (const GrpcService& service : services) found.push_back(service.name);
    return found;
  }
  void add(GrpcService service) {
    services_.push_back(std::make_unique<BytesService>(std::move(service), core_));
  }

  GrpcCore core_;
  GrpcDoor door_;
  GrpcHealth health_;
  std::vector<std::unique_ptr<BytesService>> services_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
};

}  // namespace

Result<std::unique_ptr<GrpcServer>> GrpcServer::start(const GrpcOptions& options,
                                                      const std::vector<GrpcService>& services,
                                                      Metrics& metrics) {
  prepare_process();
  try {
    auto server = std::make_unique<GrpcServerImpl>(options, services, metrics);
    PARLEY_TRY_STATUS(server->open());
    return std::unique_ptr<GrpcServer>(std::move(server));
  } catch (const std::exception& failure) {
    return Error{ErrorCode::internal, std::string("cannot start gRPC: ") + failure.what()};
  }
}

}  // namespace parley::transport
