// SPDX-License-Identifier: Apache-2.0
//
// The gRPC port, spoken by gRPC's own client: calls, their limits, and their ends.
#include "transport/grpc/grpc_server.h"

#include <filesystem>
#include <fstream>
#include <iterator>

#include <grpc/health/v1/health.pb.h>

#include "tests/support/certificate.h"
#include "tests/support/grpc_client.h"
#include "tests/transport/listener_fixture.h"

namespace parley::transport {
namespace {

using test::grpc_ask;
using test::grpc_channel;
using test::GrpcClientCall;

constexpr const char* kEcho = "/test.Echo/Echo";

/// Sends back what it gets, and does what some messages say.
class GrpcEcho final : public GrpcSink {
 public:
  explicit GrpcEcho(Events& events) : events_(events) {}
  void on_open(std::shared_ptr<GrpcCall> call) override { call_ = std::move(call); }
  Flow on_message(std::string_view bytes) override {
    if (bytes == "wait") {
      events_.add("waits");
      return Flow::wait;
    }
    if (bytes == "flood") {
      flood();
    } else if (bytes == "drown") {
      while (call_->send(std::string(1U << 20U, 'x')) != SendResult::closed) {
      }
      events_.add("drowned");
    } else if (bytes == "fail") {
      call_->finish({GrpcCode::not_found, "no such thing", {{"where", "nowhere"}}});
    } else {
      call_->send(std::string(bytes));
    }
    events_.add("message " + std::to_string(++messages_));
    return Flow::more;
  }
  Flow on_resume() override {
    events_.add("resumed");
    return Flow::more;
  }
  void on_end_of_messages() override {
    events_.add("end of messages");
    call_->finish({});
  }
  void on_wake() override {
    if (is_wake_told.exchange(false)) events_.add("woken");
  }
  void on_writable() override { events_.add("writable"); }
  void on_close(GrpcEnd end) override {
    events_.add(end == GrpcEnd::cancelled ? "cancelled" : "finished");
  }
  std::shared_ptr<GrpcCall> call() const { return call_; }
  std::atomic<bool> is_wake_told{false};

 private:
  /// Until it is told to hold back.
  void flood() {
    std::size_t sent = 1;
    while (call_->send(std::string(10'000, 'x')) == SendResult::sent) ++sent;
    events_.add("held back");
    call_->finish({GrpcCode::ok, "", {{"sent", std::to_string(sent)}}});
  }

  Events& events_;
  std::shared_ptr<GrpcCall> call_;
  int messages_ = 0;
};

class Grpc : public ::testing::Test, public GrpcHandler {
 protected:
  // Before the fixture's own end begins: the server's threads call it.
  void TearDown() override { server.reset(); }
  void start() {
    auto started = GrpcServer::start(options, {{"test.Echo", {"Echo", "Other"}, this}}, metrics);
    ASSERT_TRUE(started) << started.error().message;
    server = std::move(*started);
    channel = grpc_channel(server->port());
  }
  GrpcDecision on_call(const GrpcRequest& request) override {
    events.add("call " + request.service + " " + request.method + " from " + request.remote);
    events.add("id " + request.id);
    for (const auto& [name, value] : request.metadata) events.add("metadata " + name + "=" + value);
    if (request.method == "Other") {
      return GrpcStatus{GrpcCode::unauthenticated, "who are you?", {}};
    }
    auto sink = std::make_unique<GrpcEcho>(events);
    const std::lock_guard lock(mutex);
    last = sink.get();
    return sink;
  }
  std::shared_ptr<GrpcCall> last_call() {
    const std::lock_guard lock(mutex);
    return last->call();
  }
  std::size_t metric(const std::string& name) { return metrics.counter(name, "").value(); }
  /// Blocks until it is so; a test that waits for ever fails by its timeout.
  static void until(const std::function<bool()>& is_so) {
    while (!is_so()) std::this_thread::yield();
  }

  GrpcOptions options;
  Metrics metrics;
  Events events;
  std::mutex mutex;
  GrpcEcho* last = nullptr;  // GUARDED_BY(mutex)
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<GrpcServer> server;  // last: its threads call the members above
};

TEST_F(Grpc, AUnaryCallIsOneMessageEachWay) {
  start();
  for (const std::string& message :
       {std::string(), std::string("\0\xFF\x80", 3), std::string(options.message_bytes_max, 'x')}) {
    const auto answer = grpc_ask(channel, kEcho, message);
    EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
    EXPECT_TRUE(answer.message == message);
  }
  EXPECT_TRUE(events.wait_for("finished"));
  until([&] { return server->calls() == 0; });
}

TEST_F(Grpc, TellsWhoCallsWhat) {
  start();
  grpc_ask(channel, kEcho, "x", {{"authorization", "Bearer abc"}, {"raw-bin", "\x01\x02"}});
  EXPECT_TRUE(events.wait_for("call test.Echo Echo from 127.0.0.1:"));
  EXPECT_TRUE(events.wait_for("metadata authorization=Bearer abc"));
  for (const std::string& event : events.all()) EXPECT_FALSE(event.starts_with("metadata raw-bin"));
}

TEST_F(Grpc, MessagesKeepTheirOrder) {
  start();
  GrpcClientCall call(channel, kEcho);
  for (int i = 0; i < 200; ++i) ASSERT_TRUE(call.write(std::to_string(i)));
  for (int i = 0; i < 200; ++i) EXPECT_EQ(call.read(), std::to_string(i));
  call.writes_done();
  EXPECT_EQ(call.read(), std::nullopt);
  EXPECT_TRUE(call.finish().ok());
  EXPECT_TRUE(events.wait_for("end of messages"));
}

TEST_F(Grpc, AStatusHasItsMessageAndTrailers) {
  start();
  GrpcClientCall call(channel, kEcho);
  call.write("before");
  call.write("fail");
  EXPECT_EQ(call.read(), "before") << "what was sent before still arrives";
  EXPECT_EQ(call.read(), std::nullopt);
  const grpc::Status status = call.finish();
  EXPECT_EQ(status.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(status.error_message(), "no such thing");
  EXPECT_EQ(call.trailer("where"), "nowhere");
}

TEST_F(Grpc, AHandlerMayRefuse) {
  start();
  const auto answer = grpc_ask(channel, "/test.Echo/Other", "x");
  EXPECT_EQ(answer.status.error_code(), grpc::UNAUTHENTICATED);
  EXPECT_EQ(answer.status.error_message(), "who are you?");
  EXPECT_EQ(grpc_ask(channel, "/test.Echo/None", "x").status.error_code(), grpc::UNIMPLEMENTED);
  EXPECT_EQ(grpc_ask(channel, "/none/Echo", "x").status.error_code(), grpc::UNIMPLEMENTED);
}

TEST_F(Grpc, ACallHasTheIdThatItsClientGaveItOrANewOne) {
  start();
  const auto id_of = [&](const std::string& path, const test::Headers& metadata) {
    GrpcClientCall call(channel, path, metadata);
    call.writes_done();
    while (call.read()) continue;
    call.finish();
    return call.header("x-request-id");
  };
  EXPECT_EQ(id_of(kEcho, {{"x-request-id", "trace-7"}}), "trace-7");
  EXPECT_TRUE(events.wait_for("id trace-7"));
  EXPECT_TRUE(id_of(kEcho, {{"x-request-id", "no id"}}).starts_with("req_"));
  const std::string refused = id_of("/test.Echo/Other", {});
  EXPECT_TRUE(refused.starts_with("req_")) << "also what is refused";
  EXPECT_TRUE(events.wait_for("id " + refused));
}

TEST_F(Grpc, ACancelReachesTheSink) {
  start();
  GrpcClientCall call(channel, kEcho);
  call.write("x");
  call.read();
  call.cancel();
  EXPECT_TRUE(events.wait_for("cancelled"));
  EXPECT_EQ(call.finish().error_code(), grpc::CANCELLED);
  EXPECT_EQ(metric("parley_grpc_calls_cancelled_total"), 1U);
}

TEST_F(Grpc, ADeadlineReachesTheSink) {
  start();
  GrpcClientCall call(channel, kEcho, {}, std::chrono::milliseconds(200));
  call.write("wait");
  EXPECT_EQ(call.read(), std::nullopt);
  EXPECT_EQ(call.finish().error_code(), grpc::DEADLINE_EXCEEDED);
  EXPECT_TRUE(events.wait_for("cancelled"));
}

TEST_F(Grpc, ACallOutlivesItsStreamHarmlessly) {
  start();
  std::shared_ptr<GrpcCall> held;
  {
    GrpcClientCall call(channel, kEcho);
    call.write("x");
    call.read();
    held = last_call();
  }
  EXPECT_TRUE(events.wait_for("cancelled"));
  EXPECT_EQ(held->send("late"), SendResult::closed);
  server.reset();
  held->finish({});
  held->abort();
  held->resume();
  EXPECT_EQ(held->queued_bytes(), 0U);
}

TEST_F(Grpc, ATooLargeMessageEndsItsCallOnly) {
  options.message_bytes_max = 1000;
  start();
  const auto answer = grpc_ask(channel, kEcho, std::string(1001, 'x'));
  EXPECT_EQ(answer.status.error_code(), grpc::RESOURCE_EXHAUSTED);
  EXPECT_EQ(grpc_ask(channel, kEcho, std::string(1000, 'x')).message.size(), 1000U);
}

TEST_F(Grpc, TooManyCallsAreToldWhenToComeAgain) {
  options.calls_max = 1;
  start();
  {
    GrpcClientCall first(channel, kEcho);
    first.write("x");
    first.read();
    GrpcClientCall second(channel, kEcho);
    EXPECT_EQ(second.read(), std::nullopt);
    EXPECT_EQ(second.finish().error_code(), grpc::RESOURCE_EXHAUSTED);
    EXPECT_EQ(second.trailer("retry-after"), "1");
    EXPECT_EQ(metric("parley_grpc_calls_refused_total"), 1U);
  }
  until([&] { return server->calls() == 0; });
  EXPECT_TRUE(grpc_ask(channel, kEcho, "x").status.ok()) << "the place is free again";
}

TEST_F(Grpc, ConnectionsAreCountedUntilTheyEnd) {
  options.connections_max = 2;
  start();
  {
    test::Socket one(server->port());
    test::Socket two(server->port());
    until([&] { return server->connections() == 2; });
    test::Socket three(server->port());
    EXPECT_EQ(three.receive(1), "") << "closed at once";
    EXPECT_EQ(metric("parley_grpc_connections_refused_total"), 1U);
  }
  until([&] { return server->connections() == 0; });
  EXPECT_TRUE(grpc_ask(channel, kEcho, "x").status.ok());
  EXPECT_EQ(server->connections(), 1U);
  channel.reset();
  until([&] { return server->connections() == 0; });
}

TEST_F(Grpc, OneAddressHasItsShareOnly) {
  options.connections_per_address_max = 1;
  start();
  {
    test::Socket one(server->port());
    until([&] { return server->connections() == 1; });
    EXPECT_EQ(test::Socket(server->port()).receive(1), "");
    EXPECT_EQ(metric("parley_grpc_connections_crowded_total"), 1U);
  }
  until([&] { return server->connections() == 0; });
  EXPECT_TRUE(grpc_ask(channel, kEcho, "x").status.ok());
}

TEST_F(Grpc, SilentConnectionsAreCut) {
  options.handshake_timeout = Millis{100};
  start();
  test::Socket silent(server->port());
  silent.receive_all();  // what there is, until it ends
  until([&] { return server->connections() == 0; });
}

TEST_F(Grpc, NothingIsReadWhileTheSinkWaits) {
  start();
  GrpcClientCall call(channel, kEcho);
  call.write("wait");
  ASSERT_TRUE(events.wait_for("waits"));
  call.write("after");
  last_call()->resume();
  EXPECT_EQ(call.read(), "after");
  const std::vector<std::string> all = events.all();
  const auto resumed = std::ranges::find(all, "resumed");
  const auto message = std::ranges::find(all, "message 1");
  EXPECT_LT(resumed, message);
}

TEST_F(Grpc, AnybodyCanWakeTheSink) {
  start();
  GrpcClientCall call(channel, kEcho);
  call.write("x");
  call.read();
  const exec::Waker waker = last_call()->waker();
  {
    const std::lock_guard lock(mutex);
    last->is_wake_told = true;
  }
  waker.wake();
  EXPECT_TRUE(events.wait_for("woken"));
  call.cancel();
  ASSERT_TRUE(events.wait_for("cancelled"));
  until([&] { return server->calls() == 0; });
  waker.wake();  // harmless
}

TEST_F(Grpc, APeerThatDoesNotReadHoldsTheSenderBack) {
  options.queue_bytes_soft = 100'000;
  start();
  GrpcClientCall call(channel, kEcho);
  call.write("flood");
  ASSERT_TRUE(events.wait_for("held back"));
  EXPECT_LE(last_call()->queued_bytes(), 110'000U);
  std::size_t read = 0;
  while (call.read()) ++read;
  EXPECT_TRUE(events.wait_for("writable"));
  EXPECT_TRUE(call.finish().ok());
  EXPECT_EQ(call.trailer("sent"), std::to_string(read));
}

TEST_F(Grpc, ASenderThatDoesNotHoldBackIsAborted) {
  options.queue_bytes_hard = 4U << 20U;
  start();
  GrpcClientCall call(channel, kEcho);
  call.write("drown");
  EXPECT_TRUE(events.wait_for("drowned"));
  EXPECT_TRUE(events.wait_for("cancelled"));
  while (call.read()) {
  }
  EXPECT_EQ(call.finish().error_code(), grpc::CANCELLED);
  EXPECT_EQ(metric("parley_grpc_slow_peers_total"), 1U);
}

TEST_F(Grpc, StoppingEndsCallsAndClosesThePort) {
  start();
  GrpcClientCall call(channel, kEcho);
  call.write("x");
  call.read();
  const std::uint16_t port = server->port();
  server->stop(Millis{0});
  const std::vector<std::string> all = events.all();
  EXPECT_EQ(std::ranges::count(all, "cancelled"), 1) << "before stop has returned";
  EXPECT_EQ(call.read(), std::nullopt);
  EXPECT_FALSE(call.finish().ok());
  EXPECT_FALSE(test::Socket(port).is_connected());
}

TEST_F(Grpc, SaysWhyAPortCannotBeHad) {
  start();
  options.port = server->port();
  auto second = GrpcServer::start(options, {}, metrics);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, ErrorCode::already_exists);
  EXPECT_EQ(second.error().message, "port " + std::to_string(options.port) + " is taken");
  options.host = "no such host";
  EXPECT_EQ(GrpcServer::start(options, {}, metrics).error().code, ErrorCode::invalid_argument);
}

// --- health, reflection
// -----------------------------------------------------------------------------

namespace health = ::grpc::health::v1;

std::string question(const std::string& service) {
  health::HealthCheckRequest request;
  request.set_service(service);
  return request.SerializeAsString();
}

int state(const std::string& bytes) {
  health::HealthCheckResponse response;
  return response.ParseFromString(bytes) ? response.status() : -1;
}

TEST_F(Grpc, HealthIsWhatItIsToldToBe) {
  start();
  const std::string path = "/grpc.health.v1.Health/Check";
  for (const std::string service : {"", "test.Echo"}) {
    server->set_serving(false);
    EXPECT_EQ(state(grpc_ask(channel, path, question(service)).message),
              health::HealthCheckResponse::NOT_SERVING);
    server->set_serving(true);
    EXPECT_EQ(state(grpc_ask(channel, path, question(service)).message),
              health::HealthCheckResponse::SERVING);
  }
  const auto unknown = grpc_ask(channel, path, question("test.Nothing"));
  EXPECT_EQ(unknown.status.error_code(), grpc::NOT_FOUND);
  EXPECT_EQ(grpc_ask(channel, path, "\xFF\xFF").status.error_code(), grpc::INVALID_ARGUMENT);
  GrpcClientCall silent(channel, path);
  silent.writes_done();
  EXPECT_EQ(silent.read(), std::nullopt);
  EXPECT_EQ(silent.finish().error_code(), grpc::INVALID_ARGUMENT);
}

TEST_F(Grpc, HealthIsWatched) {
  start();
  GrpcClientCall watch(channel, "/grpc.health.v1.Health/Watch");
  watch.write(question("test.Echo"));
  watch.writes_done();
  EXPECT_EQ(state(watch.read().value_or("")), health::HealthCheckResponse::NOT_SERVING);
  server->set_serving(true);
  EXPECT_EQ(state(watch.read().value_or("")), health::HealthCheckResponse::SERVING);
  server->set_serving(true);  // nothing changes, nothing is told
  server->set_serving(false);
  EXPECT_EQ(state(watch.read().value_or("")), health::HealthCheckResponse::NOT_SERVING);
  GrpcClientCall unknown(channel, "/grpc.health.v1.Health/Watch");
  unknown.write(question("test.Nothing"));
  EXPECT_EQ(state(unknown.read().value_or("")), health::HealthCheckResponse::SERVICE_UNKNOWN);
  unknown.cancel();
  // Longer than a test may take: watching does not hold up the end.
  server->stop(std::chrono::minutes(10));
  EXPECT_EQ(watch.read(), std::nullopt);
  EXPECT_EQ(watch.finish().error_code(), grpc::UNAVAILABLE);
}

TEST_F(Grpc, ReflectionKnowsTheServices) {
  start();
  // Fields of ServerReflectionRequest: 7 list_services, 4 file_containing_symbol.
  GrpcClientCall call(channel, "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo");
  call.write(std::string("\x3A\x00", 2));
  const std::string services = call.read().value_or("");
  EXPECT_NE(services.find("test.Echo"), std::string::npos);
  EXPECT_NE(services.find("grpc.health.v1.Health"), std::string::npos);
  call.write("\x22\x15grpc.health.v1.Health");
  const std::string file = call.read().value_or("");
  EXPECT_NE(file.find("HealthCheckRequest"), std::string::npos);
  call.writes_done();
  EXPECT_EQ(call.read(), std::nullopt);
  EXPECT_TRUE(call.finish().ok());
}

// --- TLS
// --------------------------------------------------------------------------------------------

class GrpcTls : public Grpc {
 protected:
  GrpcTls() {
    std::string name = (std::filesystem::temp_directory_path() / "parley-grpc-XXXXXX").string();
    folder = mkdtemp(name.data());
    files = test::make_certificate(folder, "server");
    options.tls_certificate = files.certificate;
    options.tls_key = files.key;
  }
  ~GrpcTls() override { std::filesystem::remove_all(folder); }
  static std::shared_ptr<grpc::ChannelCredentials> trusting(const std::string& certificate) {
    std::ifstream file(certificate);
    return grpc::SslCredentials({std::string(std::istreambuf_iterator<char>(file), {}), "", ""});
  }

  std::filesystem::path folder;
  test::CertificateFiles files;
};

TEST_F(GrpcTls, CarriesCalls) {
  start();
  const auto trusted = grpc_channel(server->port(), trusting(files.certificate));
  EXPECT_EQ(grpc_ask(trusted, kEcho, "secret").message, "secret");
  EXPECT_EQ(grpc_ask(channel, kEcho, "plain").status.error_code(), grpc::UNAVAILABLE);
  const test::CertificateFiles other = test::make_certificate(folder, "other");
  const auto stranger = grpc_channel(server->port(), trusting(other.certificate));
  EXPECT_EQ(grpc_ask(stranger, kEcho, "secret").status.error_code(), grpc::UNAVAILABLE);
}

TEST_F(GrpcTls, SaysWhatIsWrongWithTheFiles) {
  options.tls_key = test::make_certificate(folder, "other").key;
  const auto started = GrpcServer::start(options, {}, metrics);
  ASSERT_FALSE(started);
  EXPECT_EQ(started.error().message, "the key '" + options.tls_key +
                                         "' does not belong to the certificate '" +
                                         files.certificate + "'");
}

}  // namespace
}  // namespace parley::transport
