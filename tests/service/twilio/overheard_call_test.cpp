// SPDX-License-Identifier: Apache-2.0
//
// Calls that are only listened to, without a socket: messages in, records out, fake models, one
// thread, virtual time.
#include "service/twilio/overheard_call.h"

#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "exec/manual_executor.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "service/twilio/call_core.h"
#include "service/twilio/overheard_calls.h"
#include "tests/support/audio.h"
#include "tests/support/small_allowance.h"

namespace parley::service {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

MATCHER_P2(IsNear, wanted, by, "") { return std::abs(arg - wanted) <= by; }

/// Records as lines: "opened", "inbound: Hello. 0-1200", "closed".
class LineObserver final : public SessionObserver {
 public:
  void observe(std::shared_ptr<const SessionRecord> record) noexcept override {
    records.push_back(record);
    if (std::holds_alternative<SessionOpened>(record->what)) lines.emplace_back("opened");
    if (std::holds_alternative<SessionClosed>(record->what)) lines.emplace_back("closed");
    if (const auto* said = std::get_if<CallerSaid>(&record->what)) {
      lines.push_back(said->track + ": " + said->transcript);
    }
  }
  std::vector<std::shared_ptr<const SessionRecord>> records;
  std::vector<std::string> lines;
};

class Link final : public OverheardLink {
 public:
  void resume() override { ++resumed; }
  void close(std::uint16_t code, std::string reason) override {
    close_code = code;
    close_reason = std::move(reason);
  }
  int resumed = 0;
  std::optional<std::uint16_t> close_code;
  std::string close_reason;
};

class OverheardCallTest : public ::testing::Test {
 protected:
  OverheardCallTest()
      : asr_model_({"Hello.", "Who is there?"}),
        recognition({.clock = runtime.clock,
                     .timers = runtime.timers,
                     .executor = runtime.executor,
                     .buffers = buffers,
                     .metrics = metrics,
                     .vad = vad_,
                     .asr = asr_},
                    {.streams_max = 3}),
        calls(std::make_unique<OverheardCalls>(recognition, observer, OverheardOptions{})) {}

  void connect(OverheardRequest request = {}) {
    request.guard = guard;
    guard_seen = guard;
    guard.reset();
    call = calls->open(std::move(request), link);
    runtime.run_until_idle();
  }
  void open(std::vector<std::pair<std::string, std::string>> parameters = {}) {
    connect();
    push(protocol::CallStart{.stream = "MZ1", .call = "CA1", .parameters = std::move(parameters)});
    runtime.run_until_idle();
  }
  void push(protocol::CallMessage message) {
    EXPECT_EQ(call->push(std::move(message)), PushResult::accepted);
  }
  void send(const std::vector<float>& samples, bool is_inbound) {
    for (std::size_t at = 0; at + 160 <= samples.size(); at += 160) {
      std::string bytes(160, '\0');
      codec::encode(media::Codec::pcmu, std::span(samples).subspan(at, 160),
                    std::as_writable_bytes(std::span(bytes)));
      if (!link->close_code) {
        push(protocol::CallSound{.bytes = std::move(bytes), .is_inbound = is_inbound});
      }
      runtime.run_for(20ms);
    }
  }
  void speak(Millis length, bool is_inbound = true) {
    send(test::sine(static_cast<std::size_t>(length.count()) * 8U, 220.0, 8'000, 0.3), is_inbound);
  }
  void be_silent(Millis length, bool is_inbound = true) {
    send(test::silence(static_cast<std::size_t>(length.count()) * 8U), is_inbound);
  }
  [[nodiscard]] const CallerSaid& said(std::size_t record) const {
    return std::get<CallerSaid>(observer.records.at(record)->what);
  }
  /// The call has ended, and nothing is left of it.
  [[nodiscard]] bool is_gone() {
    call.reset();
    return guard_seen.expired() && recognition.streams() == 0;
  }

  exec::ManualRuntime runtime;
  Metrics metrics;
  media::BufferPool buffers;
  LineObserver observer;
  std::shared_ptr<Link> link = std::make_shared<Link>();
  std::shared_ptr<int> guard = std::make_shared<int>(1);
  std::weak_ptr<int> guard_seen;

 private:
  model::FakeVadModel vad_model_;
  model::FakeAsrModel asr_model_;
  std::array<exec::Executor*, 1> executors_{&runtime.executor};
  model::VadModelHost vad_{vad_model_, {.name = "vad"}, executors_, runtime.clock, metrics};
  model::AsrModelHost asr_{asr_model_, {.name = "asr"}, executors_, runtime.clock, metrics};

 protected:
  RecognitionService recognition;
  std::unique_ptr<OverheardCalls> calls;
  std::shared_ptr<OverheardCall> call;
};

TEST_F(OverheardCallTest, ObserversGetTheWordsOfBothSides) {
  open({{"language", "en"}});
  be_silent(500ms);
  speak(1200ms);
  be_silent(900ms);
  speak(1000ms, false);
  be_silent(900ms, false);
  EXPECT_THAT(observer.lines, ElementsAre("opened", "inbound: Hello.", "outbound: Who is there?"));
  EXPECT_THAT(said(1).begin_ms, IsNear(500, 64));
  EXPECT_THAT(said(1).end_ms, IsNear(1700, 64));
  EXPECT_THAT(said(2).begin_ms, IsNear(0, 64));
  EXPECT_EQ(said(1).language, "en");
  const SessionRecord& record = *observer.records[1];
  EXPECT_EQ(record.session->call, "CA1");
  EXPECT_EQ(record.session->id, call->id());
  EXPECT_TRUE(call->id().starts_with("sess_"));
  EXPECT_GT(record.session_ms, 1700);
  push(protocol::CallStop{});
  runtime.run_until_idle();
  EXPECT_EQ(observer.lines.back(), "closed");
  EXPECT_NEAR(std::get<SessionClosed>(observer.records.back()->what).seconds, 4.5, 0.1);
  EXPECT_EQ(link->close_code, 1000);
  EXPECT_TRUE(is_gone());
}

TEST_F(OverheardCallTest, WhoHangsUpInTheMiddleOfASentenceIsHeardToItsEnd) {
  for (const bool has_stop : {true, false}) {
    observer.lines.clear();
    link->close_code.reset();
    if (!guard) guard = std::make_shared<int>(1);
    open();
    speak(1200ms);
    if (has_stop) push(protocol::CallStop{});
    call->hang_up();
    call.reset();  // as its socket does
    runtime.run_for(1s);
    EXPECT_EQ(observer.lines.size(), 3U);
    EXPECT_EQ(observer.lines.back(), "closed");
    EXPECT_TRUE(is_gone());
  }
}

TEST_F(OverheardCallTest, BeforeItsStartNothingIsHeardAndItIsNotWaitedForLong) {
  connect();
  push(protocol::CallSound{.bytes = std::string(160, '\xFF')});
  runtime.run_for(kCallStartPatience - 1ms);
  EXPECT_FALSE(link->close_code);
  runtime.run_for(2ms);
  EXPECT_EQ(link->close_code, 1008);
  EXPECT_THAT(observer.lines, IsEmpty());
  EXPECT_TRUE(is_gone());
}

TEST_F(OverheardCallTest, KeysAndMarksAreNobodysWords) {
  open();
  push(protocol::CallDigit{'5'});
  push(protocol::CallMark{"heard-1"});
  push(protocol::CallStart{.stream = "MZ2", .call = "CA2"});
  runtime.run_for(3s);
  EXPECT_THAT(observer.lines, ElementsAre("opened"));
  EXPECT_FALSE(link->close_code);
}

TEST_F(OverheardCallTest, WhatItCannotHaveEndsIt) {
  open({{"language", std::string(36, 'x')}});
  EXPECT_EQ(link->close_code, 1008);
  EXPECT_THAT(link->close_reason, testing::HasSubstr("language"));
  EXPECT_TRUE(is_gone());
}

TEST_F(OverheardCallTest, WithoutAPlaceForOneOfItsTracksItEnds) {
  open();
  speak(600ms);
  std::vector<std::unique_ptr<RecognitionStream>> others;
  class Nobody final : public RecognitionSink {
    void on_final(const RecognizedText& /*final*/) override {}
    void on_end(const Status& /*status*/, const RecognitionTotals& /*totals*/) override {}
  };
  for (int i = 0; i < 2; ++i) {
    others.push_back(*recognition.open(RecognitionRequest{.id = "r", .face = "other"},
                                       std::make_shared<Nobody>()));
  }
  push(protocol::CallSound{.bytes = std::string(160, '\xFF'), .is_inbound = false});
  runtime.run_for(1s);
  EXPECT_EQ(link->close_code, 1013);
  EXPECT_THAT(observer.lines, ElementsAre("opened", "inbound: Hello.", "closed"));
}

TEST_F(OverheardCallTest, AKeysLimitsAreItsCalls) {
  connect({.allowance = std::make_shared<test::SmallAllowance>(1500ms)});
  push(protocol::CallStart{.stream = "MZ1", .call = "CA1"});
  speak(1500ms);
  static_cast<void>(call->push(protocol::CallSound{.bytes = std::string(160, 'x')}));
  runtime.run_for(1s);
  EXPECT_EQ(link->close_reason, "Enough was said.");
  EXPECT_THAT(observer.lines, Contains("inbound: Hello.")) << "what came before";
  EXPECT_TRUE(is_gone());
}

TEST_F(OverheardCallTest, AConnectionThatIsTooFastWaits) {
  open();
  std::size_t taken = 0;
  while (call->push(protocol::CallSound{.bytes = std::string(160, '\xFF')}) ==
         PushResult::accepted) {
    ++taken;
  }
  EXPECT_EQ(taken, kCallMessagesWaitingMax);
  runtime.run_for(1s);
  EXPECT_EQ(link->resumed, 1);
}

TEST_F(OverheardCallTest, ADrainWaitsForTheEndOfASentence) {
  open();
  speak(600ms);
  recognition.drain(10s);
  calls->drain();
  speak(600ms);
  EXPECT_FALSE(link->close_code);
  be_silent(600ms);
  runtime.run_for(3s);
  EXPECT_EQ(link->close_code, 1001);
  EXPECT_THAT(observer.lines, ElementsAre("opened", "inbound: Hello.", "closed"));
  EXPECT_TRUE(is_gone());
}

TEST_F(OverheardCallTest, ADrainEndsWhoSaidNothing) {
  open();
  calls->drain();
  runtime.run_until_idle();
  EXPECT_EQ(link->close_code, 1001);
  link->close_code.reset();
  guard = std::make_shared<int>(1);
  connect();  // too late
  EXPECT_EQ(link->close_code, 1001);
}

TEST_F(OverheardCallTest, NothingIsToldOnceNobodyKeepsCalls) {
  open();
  speak(1200ms);
  calls.reset();
  EXPECT_EQ(call->push(protocol::CallStop{}), PushResult::closed);
  call->hang_up();
  runtime.run_for(3s);
  EXPECT_THAT(observer.lines, ElementsAre("opened"));
  EXPECT_TRUE(is_gone());
}

}  // namespace
}  // namespace parley::service
