// SPDX-License-Identifier: Apache-2.0
//
// The remote recogniser against endpoints that behave well, and against each way of behaving badly.
#include "backend/remote/remote_asr_host.h"

#include <atomic>
#include <future>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/remote/posted_hearing.h"
#include "backend/remote/remote_hearing.h"
#include "backend/remote/socket_hearing.h"
#include "exec/thread_executor.h"
#include "tests/backend/listener.h"
#include "tests/support/scripted_endpoint.h"
#include "tests/support/scripted_socket.h"

namespace parley::backend {
namespace {

using model::AsrCall;
using testing::HasSubstr;
using testing::Not;
using testing_support::Peer;
using testing_support::ScriptedEndpoint;
using testing_support::ScriptedSocket;

constexpr const char* kWords =
    R"({"text":"Hello, world.","language":"english","words":[{"word":"Hello","start":0.1,"end":0.4},)"
    R"({"word":"world","start":0.5,"end":0.9}],"segments":[{"text":"Hello, world.","avg_logprob":-0.25}]})";

std::string answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Some\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class RemoteAsr : public testing::Test {
 protected:
  void open(RemoteAsrOptions options) {
    auto opened = RemoteAsrHost::open(std::move(options), clock, metrics);
    ASSERT_TRUE(opened) << opened.error().message;
    host = std::move(*opened);
  }
  void connect(std::uint16_t port, RemoteAsrOptions options = {}) {
    options.url = "http://127.0.0.1:" + std::to_string(port) + "/v1/";
    open(std::move(options));
  }
  void connect_socket(std::uint16_t port, RemoteAsrProtocol protocol,
                      RemoteAsrOptions options = {}) {
    options.protocol = protocol;
    options.url = "ws://127.0.0.1:" + std::to_string(port) + "/v1/asr/stream";
    open(std::move(options));
  }
  static std::shared_ptr<AsrCall> make(std::size_t samples = 16'000) {
    auto call = std::make_shared<AsrCall>();
    call->audio.assign(samples, 0.25F);
    return call;
  }
  void submit(const std::shared_ptr<AsrCall>& call) {
    call->begin(listener.waker(), Instant::never());
    ASSERT_TRUE(host->submit(call));
  }
  void wait(const AsrCall& call) {
    listener.wait([&] { return call.done(); });
  }
  std::shared_ptr<AsrCall> run(const std::shared_ptr<AsrCall>& call = make()) {
    submit(call);
    wait(*call);
    return call;
  }
  /// Runs a call that must fail.
  Error failure() {
    const auto call = run();
    EXPECT_FALSE(call->status);
    EXPECT_TRUE(call->text.empty());
    return call->status ? Error{} : call->status.error();
  }
  /// The endpoint's answers, one after the other; the last again and again.
  Error failure_after(const std::vector<std::string>& answers, int requests_expected) {
    std::atomic<std::size_t> requests{0};
    ScriptedEndpoint endpoint([&](Peer& peer) {
      while (!peer.read_request().empty()) {
        const std::size_t number = requests++;
        peer.send(answers[std::min(number, answers.size() - 1)]);
      }
    });
    connect(endpoint.port());
    const Error error = failure();
    EXPECT_EQ(requests, static_cast<std::size_t>(requests_expected));
    host.reset();
    return error;
  }

  SteadyClock clock;
  Metrics metrics;
  exec::ThreadExecutor thread{"test-session"};
  Listener listener{thread};
  std::unique_ptr<RemoteAsrHost> host;
};

TEST_F(RemoteAsr, PostsAWavFileAndReadsTheWords) {
  std::promise<std::string> asked;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    asked.set_value(peer.read_request());
    peer.send(answer(200, kWords));
    peer.wait_until_closed();
  });
  connect(endpoint.port(), {.model = "large", .api_key = "secret", .hot_words = {"Parley"}});
  const auto call = make();
  call->language = "en";
  call->hints = std::make_shared<model::AsrHints>(
      model::AsrHints{.hot_words = {"Svea"}, .prompt = "A call.", .temperature = 0.5});
  run(call);
  ASSERT_TRUE(call->status) << call->status.error().message;
  EXPECT_EQ(call->text, "Hello, world.");
  EXPECT_EQ(call->detected_language, "en");
  ASSERT_EQ(call->words.size(), 2U);
  EXPECT_EQ(call->words[0].text, "Hello,") << "as the text spells it";
  EXPECT_EQ(call->words[1].begin.ms(), 500);
  ASSERT_EQ(call->tokens.size(), 1U);
  EXPECT_DOUBLE_EQ(call->tokens[0].logprob, -0.25);

  const std::string request = asked.get_future().get();
  EXPECT_TRUE(request.starts_with("POST /v1/audio/transcriptions HTTP/1.1\r\n")) << request;
  EXPECT_THAT(request, HasSubstr("Authorization: Bearer secret\r\n"));
  for (const auto& [name, value] : {std::pair("model", "large"),
                                    {"response_format", "verbose_json"},
                                    {"timestamp_granularities[]", "word"},
                                    {"language", "en"},
                                    {"prompt", "A call. Parley, Svea"},
                                    {"temperature", "0.5"},
                                    {"keywords[]", "Svea"}}) {
    EXPECT_THAT(request, HasSubstr("name=\"" + std::string(name) + "\"\r\n\r\n" + value + "\r\n"));
  }
  const std::size_t file = request.find("RIFF");
  ASSERT_NE(file, std::string::npos);
  EXPECT_EQ(request.substr(file + 44, 4), std::string("\0\x20\0\x20", 4)) << "0.25, little-endian";
}

TEST_F(RemoteAsr, TranslatesElsewhere) {
  std::promise<std::string> asked;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    asked.set_value(peer.read_request());
    peer.send(answer(200, R"({"text":" Good day. "})"));
    peer.wait_until_closed();
  });
  connect(endpoint.port());
  const auto call = make();
  call->translate = true;
  EXPECT_EQ(run(call)->text, "Good day.");
  const std::string request = asked.get_future().get();
  EXPECT_TRUE(request.starts_with("POST /v1/audio/translations HTTP/1.1\r\n")) << request;
  EXPECT_THAT(request, Not(HasSubstr("timestamp_granularities")));
}

TEST_F(RemoteAsr, AsksPlainlyFromThenOnWhereMoreIsRefused) {
  std::atomic<int> requests{0};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      ++requests;  // before the answer: who reads it may count at once
      const bool is_plain = request.find("verbose_json") == std::string::npos;
      peer.send(is_plain ? answer(200, R"({"text":"Hello."})")
                         : answer(400, R"({"error":{"message":"response_format"}})"));
    }
  });
  connect(endpoint.port());
  EXPECT_EQ(run()->text, "Hello.");
  EXPECT_EQ(run()->text, "Hello.");
  EXPECT_EQ(requests, 3);
}

TEST_F(RemoteAsr, NothingToHearAsksNobody) {
  connect(1);
  const auto call = run(make(0));
  EXPECT_TRUE(call->status);
  EXPECT_EQ(call->text, "");
}

TEST_F(RemoteAsr, AsksOnceMoreWhatWasLost) {
  std::atomic<int> requests{0};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    while (!peer.read_request().empty()) {
      if (requests++ == 0) return peer.hang_up();
      peer.send(answer(200, kWords));
    }
  });
  connect(endpoint.port());
  EXPECT_EQ(run()->text, "Hello, world.");
  EXPECT_EQ(requests, 2);
}

TEST_F(RemoteAsr, SaysWhatTheEndpointSays) {
  const Error busy = failure_after({answer(503, R"({"error":{"message":"overloaded"}})")}, 2);
  EXPECT_EQ(busy.code, ErrorCode::unavailable);
  EXPECT_EQ(busy.message, "the recogniser's endpoint answered HTTP 503: overloaded");
  const Error key = failure_after({answer(401, R"({"error":{"message":"no such key"}})")}, 1);
  EXPECT_EQ(key.code, ErrorCode::permission_denied);
  EXPECT_EQ(key.message, "the recogniser's endpoint answered HTTP 401: no such key");
  const Error many = failure_after({answer(429, R"({"error":{"message":"slow down"}})")}, 1);
  EXPECT_EQ(many.code, ErrorCode::resource_exhausted);
  const Error wrong = failure_after({answer(400, R"({"detail":"no such model"})")}, 2);
  EXPECT_EQ(wrong.code, ErrorCode::invalid_argument);
  EXPECT_THAT(wrong.message, HasSubstr("no such model"));
  EXPECT_EQ(metrics.counter("parley_model_failed_total", "", {{"model", "asr"}}).value(), 4U);
}

TEST_F(RemoteAsr, RefusesAnAnswerThatIsNone) {
  for (const char* body : {"", "<html>", "[]", "{\"words\":[]}", "{\"text\":7}", "{\"text\":\"a"}) {
    const Error error = failure_after({answer(200, body)}, 1);
    EXPECT_EQ(error.code, ErrorCode::data_corrupt) << body;
    EXPECT_THAT(error.message, HasSubstr("the recogniser's endpoint sent"));
  }
}

TEST_F(RemoteAsr, AnAnswerThatBreaksOffIsAskedForOnceMore) {
  std::atomic<int> requests{0};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    while (!peer.read_request().empty()) {
      const bool is_whole = ++requests == 2;
      peer.send(is_whole ? answer(200, kWords) : answer(200, kWords).substr(0, 80));
      if (!is_whole) return peer.hang_up();
    }
  });
  connect(endpoint.port());
  EXPECT_EQ(run()->text, "Hello, world.");
  EXPECT_EQ(requests, 2);
  const auto again = run();
  ASSERT_FALSE(again->status);
  EXPECT_EQ(again->status.error().code, ErrorCode::unavailable);
  EXPECT_EQ(requests, 4);
}

TEST_F(RemoteAsr, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    port = ScriptedEndpoint([](Peer&) {}).port();
  }
  connect(port);
  const Error error = failure();
  EXPECT_EQ(error.code, ErrorCode::unavailable);
  EXPECT_THAT(error.message, HasSubstr("127.0.0.1:" + std::to_string(port)));
}

TEST_F(RemoteAsr, DoesNotWaitForEver) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.wait_until_closed();
  });
  connect(endpoint.port(), {.answer_timeout = Millis(30)});
  const Error error = failure();
  EXPECT_EQ(error.code, ErrorCode::deadline_exceeded);
  EXPECT_THAT(error.message, HasSubstr("no words within the time limit"));
}

TEST_F(RemoteAsr, ClosesTheSocketOfACancelledCall) {
  std::promise<void> asked;
  std::promise<void> closed;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    if (peer.number() > 0) return peer.send(answer(200, kWords));
    asked.set_value();
    peer.wait_until_closed();
    closed.set_value();
  });
  connect(endpoint.port());
  const auto call = make();
  submit(call);
  asked.get_future().get();
  call->cancel();
  wait(*call);
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::cancelled);
  closed.get_future().get();
  EXPECT_EQ(run()->text, "Hello, world.") << "others are not disturbed";
  EXPECT_EQ(metrics.counter("parley_model_cancelled_total", "", {{"model", "asr"}}).value(), 1U);
}

TEST_F(RemoteAsr, ManyRunAtOnceButNotTooMany) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  ScriptedEndpoint endpoint([gone](Peer& peer) {
    peer.read_request();
    gone.get();
    peer.send(answer(200, kWords));
  });
  connect(endpoint.port(), {.running_max = 4});
  EXPECT_EQ(host->load().busy, 0.0);
  std::vector<std::shared_ptr<AsrCall>> calls;
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(host->load().wait, Nanos::zero()) << "there is a place";
    calls.push_back(make());
    submit(calls.back());
    EXPECT_EQ(host->load().busy, 0.25 * (i + 1));
  }
  EXPECT_GT(host->load().wait, Nanos::zero()) << "so long the first has run";
  const auto one_more = make();
  one_more->begin(listener.waker(), Instant::never());
  EXPECT_FALSE(host->submit(one_more));
  EXPECT_EQ(metrics.counter("parley_model_refused_total", "", {{"model", "asr"}}).value(), 1U);
  go.set_value();
  for (const auto& call : calls) {
    wait(*call);
    EXPECT_EQ(call->text, "Hello, world.");
  }
  EXPECT_EQ(host->load().busy, 0.0);
  EXPECT_EQ(host->load().wait, Nanos::zero());
}

TEST_F(RemoteAsr, EndsWhatStillRunsWhenItGoesAway) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.wait_until_closed();
  });
  for (const bool is_socket : {false, true}) {
    if (is_socket) {
      connect_socket(endpoint.port(), RemoteAsrProtocol::vosk);
    } else {
      connect(endpoint.port());
    }
    const auto call = make();
    submit(call);
    host.reset();
    wait(*call);
    ASSERT_FALSE(call->status);
    EXPECT_EQ(call->status.error().code, ErrorCode::unavailable);
  }
}

TEST_F(RemoteAsr, RefusesMoreAudioThanItTakes) {
  connect(1);
  const auto call = run(make(RemoteAsrHost::kSamplesMax + 1));
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::invalid_argument);
}

TEST_F(RemoteAsr, PartialsAreRareAndMustBeWanted) {
  connect(1);
  EXPECT_EQ(host->optional_interval(Millis(240)), Millis(0));
  EXPECT_TRUE(host->takes_early_calls());
  connect(1, {.partial_interval = Millis(1'000), .takes_early_calls = false});
  EXPECT_EQ(host->optional_interval(Millis(240)), Millis(1'000));
  EXPECT_EQ(host->optional_interval(Millis(2'000)), Millis(2'000));
  EXPECT_EQ(host->optional_interval(Millis(0)), Millis(0));
  EXPECT_FALSE(host->takes_early_calls());
}

TEST_F(RemoteAsr, ChecksItsOptions) {
  const auto no_url = RemoteAsrHost::open({.url = "nonsense"}, clock, metrics);
  ASSERT_FALSE(no_url);
  EXPECT_THAT(no_url.error().message, HasSubstr("asr.url"));
  const auto no_model =
      RemoteAsrHost::open({.url = "http://127.0.0.1:1/v1", .model = ""}, clock, metrics);
  ASSERT_FALSE(no_model);
  EXPECT_THAT(no_model.error().message, HasSubstr("asr.remote_model"));
}

TEST(RemoteAsrProtocol, GoesByTheAddress) {
  const auto protocol = [](std::string_view name, std::string_view url) {
    const auto found = remote_asr_protocol(name, url);
    return found ? std::to_string(static_cast<int>(*found)) : found.error().message;
  };
  EXPECT_EQ(protocol("auto", "http://h/v1"), "0");
  EXPECT_EQ(protocol("auto", "wss://h/v1/asr/stream?key=a"), "1");
  EXPECT_EQ(protocol("auto", "ws://h:2700"), "2");
  EXPECT_EQ(protocol("raw", "ws://h:2700"), "1");
  EXPECT_THAT(protocol("openai", "ws://h"), HasSubstr("asr.protocol"));
  EXPECT_THAT(protocol("vosk", "http://h"), HasSubstr("ws://"));
  EXPECT_EQ(http_url_of("wss://h/a"), "https://h/a");
  EXPECT_EQ(http_url_of("http://h/a"), "http://h/a");
}

// --- behind a WebSocket --------------------------------------------------------------------------

/// Reads to the end of the utterance; how many samples it has.
std::size_t hear(ScriptedSocket& socket, std::string_view end) {
  std::size_t bytes = 0;
  while (const auto frame = socket.read()) {
    if (frame->is_text && frame->bytes == end) break;
    if (!frame->is_text) bytes += frame->bytes.size();
  }
  return bytes / 2;
}

constexpr std::string_view kRawEnd = R"({"type":"end"})";
constexpr std::string_view kVoskEnd = R"({"eof" : 1})";

TEST_F(RemoteAsr, SpeaksOurOwnSocket) {
  std::promise<std::string> asked;
  std::promise<std::size_t> heard;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    ScriptedSocket socket(peer);
    ASSERT_TRUE(socket.open());
    asked.set_value(socket.request());
    heard.set_value(hear(socket, kRawEnd));
    socket.send_text(R"({"type":"speech_started","utterance":1,"start_ms":0})");
    socket.send_text(R"({"type":"final","text":"Hello, world.","language":"en","confidence":0.5,)"
                     R"("words":[{"word":"Hello,","start_ms":100,"end_ms":400},)"
                     R"({"word":"world.","start_ms":500,"end_ms":900}]})");
    socket.send_text(R"({"type":"final","text":"","words":[]})");
    socket.send_text(R"({"type":"final","text":"Again.","confidence":0.5,)"
                     R"("words":[{"word":"Again.","start_ms":950,"end_ms":990}]})");
    socket.send_text(R"({"type":"done","audio_ms":1000})");
    peer.wait_until_closed();
  });
  connect_socket(endpoint.port(), RemoteAsrProtocol::raw,
                 {.api_key = "secret", .hot_words = {"Svea L", "x"}});
  const auto call = make();
  call->language = "en";
  run(call);
  ASSERT_TRUE(call->status) << call->status.error().message;
  EXPECT_EQ(call->text, "Hello, world. Again.");
  EXPECT_EQ(call->detected_language, "en");
  ASSERT_EQ(call->words.size(), 3U);
  EXPECT_EQ(call->words[2].begin.ms(), 950);
  ASSERT_EQ(call->tokens.size(), 1U);
  EXPECT_NEAR(call->tokens[0].logprob, std::log(0.5), 1e-9);
  EXPECT_EQ(heard.get_future().get(), 16'000U);
  const std::string request = asked.get_future().get();
  EXPECT_TRUE(
      request.starts_with("GET /v1/asr/stream?encoding=pcm_s16le&rate=16000&partials=false"
                          "&silence_ms=10000&language=en&hot_words=Svea%20L,x HTTP/1.1"))
      << request;
  EXPECT_THAT(request, HasSubstr("Authorization: Bearer secret\r\n"));
}

TEST_F(RemoteAsr, SpeaksVosks) {
  std::promise<std::string> config;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    ScriptedSocket socket(peer);
    ASSERT_TRUE(socket.open());
    config.set_value(socket.read()->bytes);
    int pieces = 0;
    while (const auto frame = socket.read()) {
      if (frame->is_text) break;
      socket.send_text(
          pieces++ == 1
              ? R"({"result":[{"conf":1.0,"end":0.4,"start":0.1,"word":"hello"}],"text":"hello"})"
              : R"({"partial":""})");
    }
    EXPECT_EQ(pieces, 4);
    socket.send_text(
        R"({"result":[{"conf":0.25,"end":0.9,"start":0.5,"word":"again"}],"text":"again"})");
    socket.close(1000, "");
  });
  connect_socket(endpoint.port(), RemoteAsrProtocol::vosk);
  const auto call = make();
  call->hints = std::make_shared<model::AsrHints>(model::AsrHints{.hot_words = {"Parley"}});
  ::testing::internal::CaptureStderr();
  run(call);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), HasSubstr("leans towards no hot words"));
  ASSERT_TRUE(call->status) << call->status.error().message;
  EXPECT_EQ(call->text, "hello again");
  ASSERT_EQ(call->words.size(), 2U);
  EXPECT_EQ(call->words[1].begin.ms(), 500);
  EXPECT_THAT(config.get_future().get(), HasSubstr("\"sample_rate\" : 16000"));
}

TEST_F(RemoteAsr, ASocketThatClosesTooSoonIsTriedOnceMore) {
  std::atomic<int> tries{0};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    ScriptedSocket socket(peer);
    ASSERT_TRUE(socket.open());
    if (tries++ == 0) {
      return socket.close(1001, "shutting down");
    }
    hear(socket, kRawEnd);
    socket.send_text(R"({"type":"final","text":"Hello."})");
    socket.send_text(R"({"type":"done"})");
    peer.wait_until_closed();
  });
  connect_socket(endpoint.port(), RemoteAsrProtocol::raw);
  EXPECT_EQ(run()->text, "Hello.");
  EXPECT_EQ(tries, 2);
}

TEST_F(RemoteAsr, ASocketsRefusalsAreToldAsTheyAre) {
  const auto refused = [&](RemoteAsrProtocol protocol,
                           const std::function<void(Peer&, ScriptedSocket&)>& script) {
    ScriptedEndpoint endpoint([&](Peer& peer) {
      ScriptedSocket socket(peer);
      script(peer, socket);
    });
    connect_socket(endpoint.port(), protocol);
    const Error error = failure();
    host.reset();
    return error;
  };
  const Error key = refused(RemoteAsrProtocol::raw, [](Peer& peer, ScriptedSocket&) {
    peer.read_request();
    peer.send(answer(401, R"({"error":{"message":"no such key"}})"));
    peer.wait_until_closed();
  });
  EXPECT_EQ(key.code, ErrorCode::permission_denied);
  EXPECT_EQ(key.message, "the recogniser answered HTTP 401: no such key");
  const Error language = refused(RemoteAsrProtocol::raw, [](Peer&, ScriptedSocket& socket) {
    ASSERT_TRUE(socket.open());
    hear(socket, kRawEnd);
    socket.send_text(R"({"type":"error","code":400,"message":"no such language"})");
    while (socket.read()) continue;
  });
  EXPECT_EQ(language.code, ErrorCode::invalid_argument);
  EXPECT_EQ(language.message, "the recogniser says: no such language");
  const Error later = refused(RemoteAsrProtocol::vosk, [](Peer&, ScriptedSocket& socket) {
    ASSERT_TRUE(socket.open());
    hear(socket, kVoskEnd);
    socket.close(1013, "busy");
  });
  EXPECT_EQ(later.code, ErrorCode::resource_exhausted);
  EXPECT_THAT(later.message, HasSubstr("(1013: busy)"));
  const Error noise = refused(RemoteAsrProtocol::vosk, [](Peer&, ScriptedSocket& socket) {
    ASSERT_TRUE(socket.open());
    socket.send_text("[]");
    while (socket.read()) continue;
  });
  EXPECT_EQ(noise.code, ErrorCode::data_corrupt);
  const Error other = refused(RemoteAsrProtocol::raw, [](Peer& peer, ScriptedSocket&) {
    peer.read_request();
    peer.send("nonsense\r\n\r\n");
    peer.wait_until_closed();
  });
  EXPECT_EQ(other.code, ErrorCode::data_corrupt);
}

TEST_F(RemoteAsr, ASocketsSilenceEndsAndACancelClosesIt) {
  std::promise<void> heard;
  std::promise<void> closed;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    ScriptedSocket socket(peer);
    ASSERT_TRUE(socket.open());
    hear(socket, kRawEnd);
    if (peer.number() == 0) return peer.wait_until_closed();
    heard.set_value();
    peer.wait_until_closed();
    closed.set_value();
  });
  connect_socket(endpoint.port(), RemoteAsrProtocol::raw, {.answer_timeout = Millis(100)});
  EXPECT_EQ(failure().code, ErrorCode::deadline_exceeded);
  connect_socket(endpoint.port(), RemoteAsrProtocol::raw);
  const auto call = make();
  submit(call);
  heard.get_future().get();
  call->cancel();
  wait(*call);
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::cancelled);
  closed.get_future().get();
}

TEST_F(RemoteAsr, ASocketDoesNotTranslate) {
  connect_socket(1, RemoteAsrProtocol::raw);
  const auto call = make();
  call->translate = true;
  run(call);
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::invalid_argument);
}

}  // namespace
}  // namespace parley::backend
