// SPDX-License-Identifier: Apache-2.0
//
// The remote voice against an endpoint that behaves well, and against each way of behaving badly.
#include "backend/remote/remote_tts_host.h"

#include <future>

#include <gtest/gtest.h>

#include "backend/remote/endpoint_error.h"
#include "backend/remote/remote_speech.h"
#include "exec/thread_executor.h"
#include "tests/backend/listener.h"
#include "tests/support/scripted_endpoint.h"

namespace parley::backend {
namespace {

using model::TtsCall;
using testing_support::Peer;
using testing_support::ScriptedEndpoint;

constexpr std::string_view kHead =
    "HTTP/1.1 200 OK\r\nContent-Type: audio/pcm\r\nTransfer-Encoding: chunked\r\n\r\n";

/// `count` samples of the ramp from `first` on, as the endpoint sends them.
std::string ramp(int first, int count) {
  std::string bytes;
  for (int i = first; i < first + count; ++i) {
    bytes += static_cast<char>(i & 0xFF);
    bytes += static_cast<char>(i >> 8 & 0xFF);
  }
  return bytes;
}

void speak(Peer& peer, int samples) {
  peer.send(kHead);
  peer.send_chunk(ramp(0, samples));
  peer.send("0\r\n\r\n");
}

std::string answer(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) +
         " No\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

class RemoteTts : public testing::Test {
 protected:
  void connect(std::uint16_t port, RemoteTtsOptions options = {}) {
    options.url = "http://127.0.0.1:" + std::to_string(port) + "/v1/";
    options.model = "test";
    auto opened = RemoteTtsHost::open(std::move(options), metrics);
    ASSERT_TRUE(opened) << opened.error().message;
    host = std::move(*opened);
  }
  static std::shared_ptr<TtsCall> make(const std::string& text, bool stream = true) {
    auto call = std::make_shared<TtsCall>();
    call->text = text;
    call->stream = stream;
    return call;
  }
  void submit(const std::shared_ptr<TtsCall>& call) {
    call->begin(listener.waker(), Instant::never());
    ASSERT_TRUE(host->submit(call));
  }
  /// All samples, in 16-bit steps.
  std::vector<int> finish(TtsCall& call) {
    std::vector<int> samples;
    const auto take = [&](const media::BufferRef& part) {
      for (const float sample : part.floats()) samples.push_back(static_cast<int>(sample * 32768));
    };
    listener.wait([&] {
      const bool is_done = call.done();
      while (const auto part = call.parts.try_pop()) take(*part);
      return is_done;
    });
    if (!call.audio.empty()) take(call.audio);
    return samples;
  }
  std::vector<int> run(const std::shared_ptr<TtsCall>& call) {
    submit(call);
    return finish(*call);
  }
  /// Runs a call that must fail.
  Error failure() {
    const auto call = make("Hi.");
    run(call);
    EXPECT_FALSE(call->status);
    return call->status ? Error{} : call->status.error();
  }

  Metrics metrics;
  exec::ThreadExecutor thread{"test-session"};
  Listener listener{thread};
  std::unique_ptr<RemoteTtsHost> host;
};

std::vector<int> steps(int count) {
  std::vector<int> all;
  for (int i = 0; i < count; ++i) all.push_back(static_cast<std::int16_t>(i));
  return all;
}

TEST_F(RemoteTts, AsksForSamplesAndPassesThemOn) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    const std::string request = peer.read_request();
    EXPECT_TRUE(request.starts_with("POST /v1/audio/speech HTTP/1.1\r\n")) << request;
    EXPECT_NE(request.find("Authorization: Bearer secret\r\n"), std::string::npos);
    EXPECT_NE(request.find(R"("input":"Hello.")"), std::string::npos);
    EXPECT_NE(request.find(R"("voice":"nova")"), std::string::npos);
    speak(peer, 10'000);
    peer.wait_until_closed();
  });
  connect(endpoint.port(), {.voice = "nova", .api_key = "secret"});
  for (const bool stream : {true, false}) {
    const auto call = make("Hello.", stream);
    EXPECT_EQ(run(call), steps(10'000));
    EXPECT_TRUE(call->status);
    EXPECT_EQ(call->samples_made, 10'000);
    EXPECT_EQ(call->audio.empty(), stream);
    host.reset();
    connect(endpoint.port(), {.voice = "nova", .api_key = "secret"});
  }
  EXPECT_EQ(host->rate(), 24'000);
}

TEST_F(RemoteTts, PassesPartsOnBeforeTheAnswerIsWhole) {
  std::promise<void> was_heard;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    peer.send(kHead);
    peer.send_chunk(ramp(0, 3'000));
    was_heard.get_future().get();
    peer.send_chunk(ramp(3'000, 3'000));
    peer.send("0\r\n\r\n");
  });
  connect(endpoint.port());
  const auto call = make("Hello.");
  submit(call);
  listener.wait([&] { return call->parts.size() > 0; });
  EXPECT_FALSE(call->done());
  was_heard.set_value();
  EXPECT_EQ(finish(*call), steps(6'000));
}

TEST_F(RemoteTts, SamplesMayBeCutAnywhere) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.send(kHead);
    const std::string bytes = ramp(0, 2'000);
    for (std::size_t at = 0; at < bytes.size(); at += 333) peer.send_chunk(bytes.substr(at, 333));
    peer.send("0\r\n\r\n");
  });
  connect(endpoint.port());
  EXPECT_EQ(run(make("Hello.")), steps(2'000));
}

TEST_F(RemoteTts, PassesAVoiceOnUnlessItIsOurs) {
  std::mutex mutex;
  std::string asked;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    for (std::string request; !(request = peer.read_request()).empty();) {
      {
        const std::lock_guard lock(mutex);
        asked = request;
      }
      speak(peer, 10);
    }
  });
  connect(endpoint.port(), {.voice = "theirs", .our_voice = "ours"});
  for (const auto& [name, sent] : {std::pair("", "theirs"), {"ours", "theirs"}, {"nova", "nova"}}) {
    const auto call = make("Hi.");
    call->voice = name;
    run(call);
    const std::lock_guard lock(mutex);
    EXPECT_NE(asked.find("\"voice\":\"" + std::string(sent) + "\""), std::string::npos) << asked;
  }
}

TEST_F(RemoteTts, NothingToSayAsksNobody) {
  connect(1);
  const auto call = make(" [[həlˈoʊ]] ");
  EXPECT_TRUE(run(call).empty());
  EXPECT_TRUE(call->status);
}

TEST_F(RemoteTts, AsksOnceMoreWhenNothingHadCome) {
  std::atomic<int> requests{0};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    while (!peer.read_request().empty()) {
      if (requests++ == 0) {
        peer.send(answer(503, "warming up"));
      } else {
        speak(peer, 100);
      }
    }
  });
  connect(endpoint.port());
  EXPECT_EQ(run(make("Hello.")), steps(100));
  EXPECT_EQ(requests, 2);
}

TEST_F(RemoteTts, AsksOnlyOnceMore) {
  std::atomic<int> requests{0};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    while (!peer.read_request().empty()) {
      ++requests;
      peer.send(answer(503, R"({"error":{"message":"overloaded"}})"));
    }
  });
  connect(endpoint.port());
  const Error error = failure();
  EXPECT_EQ(error.code, ErrorCode::unavailable);
  EXPECT_EQ(error.message, "the voice's endpoint answered HTTP 503: overloaded");
  EXPECT_EQ(requests, 2);
  EXPECT_EQ(metrics.counter("parley_tts_remote_failed_total", "").value(), 1U);
}

TEST_F(RemoteTts, DoesNotAskAgainWhatWasRefused) {
  std::atomic<int> requests{0};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    while (!peer.read_request().empty()) {
      ++requests;
      peer.send(answer(400, R"({"error":{"message":"no such voice"}})"));
    }
  });
  connect(endpoint.port());
  const Error error = failure();
  EXPECT_EQ(error.code, ErrorCode::invalid_argument);
  EXPECT_EQ(error.message, "the voice's endpoint answered HTTP 400: no such voice");
  EXPECT_EQ(requests, 1);
}

TEST_F(RemoteTts, SaysThatNobodyListens) {
  std::uint16_t port = 0;
  {
    port = ScriptedEndpoint([](Peer&) {}).port();
  }
  connect(port);
  EXPECT_EQ(failure().code, ErrorCode::unavailable);
}

TEST_F(RemoteTts, AnAnswerThatBreaksOffIsAFailureThoughItsBeginningStays) {
  std::atomic<int> requests{0};
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    ++requests;
    peer.send(kHead);
    peer.send_chunk(ramp(0, 3'000));
  });
  connect(endpoint.port());
  const auto call = make("Hello.");
  EXPECT_EQ(run(call), steps(3'000));
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::unavailable);
  EXPECT_EQ(requests, 1) << "what was heard is not said again";
  const auto whole = make("Hello.", false);
  EXPECT_TRUE(run(whole).empty());
  EXPECT_FALSE(whole->status);
}

TEST_F(RemoteTts, RefusesAFileAndAnotherRate) {
  ScriptedEndpoint wav([](Peer& peer) {
    peer.read_request();
    peer.send(kHead);
    peer.send_chunk("RIFF....WAVE");
    peer.wait_until_closed();
  });
  connect(wav.port());
  EXPECT_EQ(failure().message,
            "the voice's endpoint does not know the response_format pcm: it sends a file");
  host.reset();
  ScriptedEndpoint slow([](Peer& peer) {
    peer.read_request();
    peer.send("HTTP/1.1 200 OK\r\nContent-Type: audio/L16; rate=16000\r\n\r\n");
    peer.wait_until_closed();
  });
  connect(slow.port());
  EXPECT_EQ(failure().message,
            "the voice's endpoint sends audio of 16000 Hz where 24000 Hz is expected");
  host.reset();
}

TEST_F(RemoteTts, RefusesSoundWithoutAnEnd) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.send(kHead);
    for (int i = 0; i < 30; ++i) peer.send_chunk(ramp(0, 24'000));
    peer.wait_until_closed();
  });
  connect(endpoint.port(), {.seconds_max = 2});
  EXPECT_EQ(failure().code, ErrorCode::resource_exhausted);
}

TEST_F(RemoteTts, DoesNotWaitForEver) {
  for (const bool has_begun : {false, true}) {
    ScriptedEndpoint endpoint([has_begun](Peer& peer) {
      peer.read_request();
      peer.send(kHead);
      if (has_begun) peer.send_chunk(ramp(0, 100));
      peer.wait_until_closed();
    });
    connect(endpoint.port(), {.first_audio_timeout = Millis(30), .next_audio_timeout = Millis(30)});
    const Error error = failure();
    EXPECT_EQ(error.code, ErrorCode::deadline_exceeded);
    EXPECT_NE(error.message.find(has_begun ? "no further audio" : "no audio"), std::string::npos);
    host.reset();
  }
}

TEST_F(RemoteTts, ClosesTheSocketOfACancelledCall) {
  std::promise<void> closed;
  ScriptedEndpoint endpoint([&](Peer& peer) {
    peer.read_request();
    if (peer.number() > 0) return speak(peer, 100);
    peer.send(kHead);
    peer.send_chunk(ramp(0, 3'000));
    peer.wait_until_closed();
    closed.set_value();
  });
  connect(endpoint.port());
  const auto call = make("Hello.");
  submit(call);
  listener.wait([&] { return call->parts.size() > 0; });
  call->cancel();
  finish(*call);
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::cancelled);
  closed.get_future().get();
  EXPECT_EQ(run(make("Hello.")), steps(100)) << "others are not disturbed";
  EXPECT_EQ(metrics.counter("parley_tts_remote_cancelled_total", "").value(), 1U);
}

TEST_F(RemoteTts, ManyRunAtOnceButNotTooMany) {
  std::promise<void> go;
  const std::shared_future<void> gone = go.get_future().share();
  ScriptedEndpoint endpoint([gone](Peer& peer) {
    peer.read_request();
    gone.get();
    speak(peer, 500);
  });
  connect(endpoint.port(), {.running_max = 8});
  std::vector<std::shared_ptr<TtsCall>> calls;
  for (int i = 0; i < 8; ++i) {
    calls.push_back(make("Hello."));
    submit(calls.back());
  }
  const auto one_more = make("Hello.");
  one_more->begin(listener.waker(), Instant::never());
  EXPECT_FALSE(host->submit(one_more));
  EXPECT_EQ(metrics.counter("parley_tts_remote_refused_total", "").value(), 1U);
  go.set_value();
  for (const auto& call : calls) EXPECT_EQ(finish(*call), steps(500));
}

TEST_F(RemoteTts, EndsWhatStillRunsWhenItGoesAway) {
  ScriptedEndpoint endpoint([](Peer& peer) {
    peer.read_request();
    peer.wait_until_closed();
  });
  connect(endpoint.port());
  const auto call = make("Hello.");
  submit(call);
  host.reset();
  finish(*call);
  ASSERT_FALSE(call->status);
  EXPECT_EQ(call->status.error().code, ErrorCode::unavailable);
}

TEST_F(RemoteTts, ChecksItsOptions) {
  const auto no_url = RemoteTtsHost::open({.url = "nonsense", .model = "m"}, metrics);
  ASSERT_FALSE(no_url);
  EXPECT_NE(no_url.error().message.find("tts.url"), std::string::npos);
  const auto no_model = RemoteTtsHost::open({.url = "http://127.0.0.1:1/v1"}, metrics);
  ASSERT_FALSE(no_model);
  EXPECT_NE(no_model.error().message.find("tts.model"), std::string::npos);
}

TEST(EndpointError, SaysWhatAStatusMeans) {
  EXPECT_EQ(endpoint_error("it", 401, "").code, ErrorCode::permission_denied);
  EXPECT_EQ(endpoint_error("it", 404, "").code, ErrorCode::not_found);
  EXPECT_EQ(endpoint_error("it", 429, "").code, ErrorCode::resource_exhausted);
  EXPECT_EQ(endpoint_error("it", 422, "").code, ErrorCode::invalid_argument);
  EXPECT_EQ(endpoint_error("it", 302, "").code, ErrorCode::unavailable);
  EXPECT_EQ(endpoint_error("it", 500, "").message, "it answered HTTP 500");
}

}  // namespace
}  // namespace parley::backend
