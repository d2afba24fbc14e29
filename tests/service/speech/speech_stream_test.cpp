// SPDX-License-Identifier: Apache-2.0
#include "service/speech/speech_stream.h"

#include <array>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "model/fakes/fake_tts.h"
#include "model/model_host.h"
#include "service/speech/speech_core.h"
#include "service/speech/speech_metrics.h"
#include "service/speech/speech_pipeline.h"
#include "service/speech/speech_service.h"

namespace parley::service {
namespace {

using media::MediaTime;

/// Remembers what it is told, in order.
class RecordingSink final : public SpeechSink {
 public:
  void on_chunk(const SpeechChunk& chunk) override {
    chunks.push_back(chunk);
    told += "chunk ";
  }
  SpeechFlow on_audio(SpeechAudio audio) override {
    if (at_audio) at_audio();
    EXPECT_EQ(audio.begin, heard) << "no gap";
    EXPECT_FALSE(ended) << "after the end";
    EXPECT_LT(audio.chunk, chunks.size()) << "its chunk was told before";
    heard += MediaTime::from_samples(static_cast<std::int64_t>(audio.samples.floats().size()),
                                     audio.rate);
    samples += audio.samples.floats().size();
    told += "audio ";
    return waits ? SpeechFlow::wait : SpeechFlow::more;
  }
  void on_flushed(std::uint64_t id) override { told += "flushed" + std::to_string(id) + " "; }
  void on_room() override { ++rooms; }
  void on_end(const Status& status, const SpeechTotals& totals_at_end) override {
    EXPECT_FALSE(ended) << "twice";
    ended = status ? std::optional<ErrorCode>() : status.error().code;
    if (status) done = true;
    message = status ? "" : status.error().message;
    totals = totals_at_end;
    told += "end";
  }

  bool waits = false;
  std::function<void()> at_audio;
  std::vector<SpeechChunk> chunks;
  std::string told;
  MediaTime heard;
  std::size_t samples = 0;
  int rooms = 0;
  bool done = false;
  std::optional<ErrorCode> ended;
  std::string message;
  SpeechTotals totals;
};

class SpeechStreamTest : public ::testing::Test {
 protected:
  SpeechStreamTest()
      : host_(model_, model::HostOptions{.name = "tts"}, executors_, runtime_.clock, metrics_),
        service_({.clock = runtime_.clock,
                  .timers = runtime_.timers,
                  .executor = runtime_.executor,
                  .buffers = buffers_,
                  .metrics = metrics_,
                  .tts = host_},
                 {.streams_max = 2}) {}

  SpeechRequest request() {
    SpeechRequest request;
    request.id = "req_1";
    request.face = "test";
    return request;
  }
  std::unique_ptr<SpeechStream> open(SpeechRequest request) {
    auto stream = service_.open(std::move(request), sink_);
    EXPECT_TRUE(stream) << stream.error().message;
    return stream ? std::move(*stream) : nullptr;
  }
  std::unique_ptr<SpeechStream> open() { return open(request()); }
  static void say(SpeechStream& stream, std::string text) {
    EXPECT_EQ(stream.append(std::move(text)), AppendResult::taken);
  }

  exec::ManualRuntime runtime_;
  media::BufferPool buffers_;
  Metrics metrics_;
  model::FakeTtsModel model_;
  std::array<exec::Executor*, 1> executors_{&runtime_.executor};
  model::TtsModelHost host_;
  SpeechService service_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
};

TEST_F(SpeechStreamTest, SpeaksWhileTheTextIsStillComing) {
  auto stream = open();
  say(*stream, "Good morning, ");
  say(*stream, "how are");
  runtime_.run_until_idle();
  EXPECT_GT(sink_->heard.ms(), 0) << "the first clause is spoken";
  EXPECT_FALSE(sink_->done);
  say(*stream, " you today? ");
  stream->finish();
  runtime_.run_until_idle();
  ASSERT_TRUE(sink_->done) << sink_->message;
  std::string written;
  for (const SpeechChunk& chunk : sink_->chunks) written += chunk.written;
  EXPECT_NE(written.find("Good morning,"), std::string::npos);
  EXPECT_NE(written.find("today?"), std::string::npos);
  EXPECT_EQ(sink_->totals.characters, 33U);
  EXPECT_EQ(sink_->totals.audio, sink_->heard);
  EXPECT_TRUE(sink_->told.starts_with("chunk audio"));
}

/// Has every part of a clause as soon as it is asked, as a phrase cache has.
class ReadyHost final : public model::TtsHost {
 public:
  static constexpr int kParts = 8;
  bool submit(std::shared_ptr<model::TtsCall> call) noexcept override {
    constexpr std::size_t kSamples = 2205;
    call->samples_expected = static_cast<std::int64_t>(kSamples) * kParts;
    for (int i = 0; i < kParts; ++i) {
      EXPECT_TRUE(call->parts.try_push(buffers_.copy_of(std::vector<float>(kSamples, 0.1F))));
    }
    call->status = {};
    call->finish();
    return true;
  }
  [[nodiscard]] int rate() const noexcept override { return 22'050; }
  [[nodiscard]] Nanos backlog() const noexcept override { return {}; }

 private:
  media::BufferPool buffers_;
};

TEST_F(SpeechStreamTest, TheFirstSoundOfWhatIsReadyDoesNotWaitForTheRest) {
  ReadyHost ready;
  SpeechService service({.clock = runtime_.clock,
                         .timers = runtime_.timers,
                         .executor = runtime_.executor,
                         .buffers = buffers_,
                         .metrics = metrics_,
                         .tts = ready},
                        {});
  std::vector<std::uint64_t> converted;  // parts, at each audio
  sink_->at_audio = [&] { converted.push_back(buffers_.stats().taken); };
  SpeechRequest at24 = request();
  at24.rate = 24'000;
  auto stream = service.open(at24, sink_);
  ASSERT_TRUE(stream);
  say(**stream, "Good morning.");
  (*stream)->finish();
  runtime_.run_until_idle();
  ASSERT_TRUE(sink_->done) << sink_->message;
  EXPECT_EQ(sink_->heard.ms(), 100 * ReadyHost::kParts);
  ASSERT_FALSE(converted.empty());
  EXPECT_EQ(converted.front(), 1U);
}

TEST_F(SpeechStreamTest, GivesTheRateThatWasAskedForToTheLastSample) {
  SpeechRequest at8 = request();
  at8.rate = 8'000;
  auto stream = open(at8);
  say(*stream, "Ten characters each, or so.");
  stream->finish();
  runtime_.run_until_idle();
  ASSERT_TRUE(sink_->done);
  std::size_t characters = 0;
  for (const SpeechChunk& chunk : sink_->chunks) characters += chunk.spoken->text.size();
  const auto expected =
      static_cast<double>(characters * model::FakeTtsModel::kMsPerCharacter) * 8.0;
  EXPECT_NEAR(static_cast<double>(sink_->samples), expected, 8.0);
}

TEST_F(SpeechStreamTest, AFlushIsAnsweredWhenItsTextHasBeenSpoken) {
  auto stream = open();
  say(*stream, "No full stop here");
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "") << "more may follow";
  stream->flush(7);
  runtime_.run_until_idle();
  EXPECT_TRUE(sink_->told.ends_with("audio flushed7 ")) << sink_->told;
  say(*stream, "And on it goes.");
  stream->flush(8);
  stream->finish();
  runtime_.run_until_idle();
  EXPECT_TRUE(sink_->told.ends_with("flushed8 end")) << sink_->told;
  EXPECT_EQ(sink_->chunks.back().begin + MediaTime::from_ms(15 * 60), sink_->totals.audio);
}

TEST_F(SpeechStreamTest, IsNotFurtherAheadOfPlayingThanAllowed) {
  SpeechRequest paced = request();
  paced.lead = Millis(2000);
  auto stream = open(paced);
  for (int i = 0; i < 10; ++i) say(*stream, "A sentence of some forty characters, it is. ");
  stream->finish();
  for (int second = 0; second < 5; ++second) {
    runtime_.run_until_idle();
    EXPECT_GE(sink_->heard.ms(), second * 1000 + 1500);
    EXPECT_LE(sink_->heard.ms(), second * 1000 + 2000 + model::FakeTtsModel::kPartMs);
    runtime_.run_for(Millis(1000));
  }
  EXPECT_FALSE(sink_->done);
  runtime_.run_for(Millis(60'000));
  EXPECT_TRUE(sink_->done);
}

TEST_F(SpeechStreamTest, ASinkThatWaitsStopsSynthesisAndIsGivenUp) {
  SpeechRequest slow = request();
  slow.reader_timeout = Millis(5000);
  auto stream = open(slow);
  for (int i = 0; i < 200; ++i) say(*stream, "A sentence of some forty characters, it is. ");
  stream->finish();
  sink_->waits = true;
  runtime_.run_for(Millis(4000));
  EXPECT_EQ(sink_->told, "chunk audio ") << "one, and no more";
  stream->resume();
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "chunk audio audio ");
  runtime_.run_for(Millis(4900));
  EXPECT_FALSE(sink_->ended);
  runtime_.run_for(Millis(200));
  ASSERT_TRUE(sink_->ended);
  EXPECT_EQ(*sink_->ended, ErrorCode::deadline_exceeded);
  EXPECT_EQ(metrics_.counter("parley_tts_slow_readers_total", "", {{"face", "test"}}).value(), 1U);
  EXPECT_EQ(host_.backlog(), Nanos::zero()) << "nothing is synthesised for nobody";
}

TEST_F(SpeechStreamTest, ACancelIsTheEnd) {
  auto stream = open();
  say(*stream, "This is never heard to its end. Or is it? It is not.");
  stream->finish();
  stream->cancel();
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "end");
  EXPECT_EQ(sink_->ended, ErrorCode::cancelled);
  EXPECT_EQ(stream->append("More."), AppendResult::closed);
}

TEST_F(SpeechStreamTest, DroppingTheStreamTellsNobody) {
  auto stream = open();
  say(*stream, "This is never heard to its end. Or is it? It is not.");
  stream.reset();
  runtime_.run_for(Millis(1000));
  EXPECT_EQ(sink_->told, "");
  EXPECT_EQ(
      metrics_.counter("parley_tts_requests_total", "", {{"face", "test"}, {"code", "cancelled"}})
          .value(),
      1U);
  EXPECT_EQ(service_.streams(), 0U);
  EXPECT_EQ(sink_.use_count(), 1);
}

TEST_F(SpeechStreamTest, TextBeyondTheLimitIsRefusedUntilThereIsRoom) {
  SpeechRequest paced = request();
  paced.lead = Millis(1000);
  auto stream = open(paced);
  const std::string piece(SpeechStream::kAppendBytesMax, 'a');
  std::size_t taken = 0;
  while (stream->append(piece) == AppendResult::taken) ++taken;
  EXPECT_EQ(taken, SpeechStream::kTextWaitingBytesMax / SpeechStream::kAppendBytesMax);
  EXPECT_EQ(sink_->rooms, 0);
  for (int minute = 0; minute < 60 && sink_->rooms == 0; ++minute) runtime_.run_for(Millis(60'000));
  EXPECT_EQ(sink_->rooms, 1);
  EXPECT_EQ(stream->append(piece), AppendResult::taken);
}

TEST_F(SpeechStreamTest, ManyShortTextsLeaveRoomForTheirEnd) {
  auto stream = open();
  while (stream->append("a ") == AppendResult::taken) {
  }
  stream->finish();
  runtime_.run_until_idle();
  EXPECT_TRUE(sink_->done) << sink_->message;
  EXPECT_EQ(sink_->rooms, 1);
}

TEST_F(SpeechStreamTest, FlushesWithoutMeasureEndIt) {
  auto stream = open();
  for (std::uint64_t id = 0; id < 2000; ++id) stream->flush(id);
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "end");
  EXPECT_EQ(sink_->ended, ErrorCode::resource_exhausted);
}

TEST_F(SpeechStreamTest, TextThatIsNotUtf8EndsItWithAnErrorThatNamesIt) {
  auto stream = open();
  say(*stream, "Good so far. \xC3(");
  stream->finish();
  runtime_.run_until_idle();
  ASSERT_TRUE(sink_->ended);
  EXPECT_EQ(*sink_->ended, ErrorCode::invalid_argument);
  EXPECT_TRUE(sink_->message.find("text") != std::string::npos) << sink_->message;
}

TEST_F(SpeechStreamTest, WhatCannotBeIsRefusedByName) {
  SpeechRequest fast = request();
  fast.speed = 9.0F;
  auto refused = service_.open(fast, sink_);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
  EXPECT_TRUE(refused.error().message.starts_with("speed: ")) << refused.error().message;
  SpeechRequest odd = request();
  odd.rate = 1;
  EXPECT_FALSE(service_.open(odd, sink_));
  EXPECT_EQ(service_.streams(), 0U);
}

TEST_F(SpeechStreamTest, StreamsHaveALimitAndADrainEndsAdmission) {
  auto first = open();
  auto second = open();
  auto third = service_.open(request(), sink_);
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, ErrorCode::resource_exhausted);
  EXPECT_GE(service_.retry_seconds(), 1);
  second.reset();
  auto again = open();
  EXPECT_NE(again, nullptr);
  service_.drain();
  again.reset();
  EXPECT_EQ(service_.open(request(), sink_).error().code, ErrorCode::unavailable);
}

TEST_F(SpeechStreamTest, WhatEndedIsCounted) {
  SpeechMetrics metrics(metrics_, "test");
  metrics.ended({}, Millis(100), Millis(2500));
  metrics.ended(Error{ErrorCode::cancelled, "x"}, Millis(100), Millis(0));
  const std::string text = metrics_.render();
  EXPECT_NE(text.find(R"(parley_tts_requests_total{code="ok",face="test"} 1)"), std::string::npos)
      << text;
  EXPECT_NE(text.find(R"(parley_tts_audio_milliseconds_total{face="test"} 2500)"),
            std::string::npos);
}

TEST_F(SpeechStreamTest, ThePipelineHasTheVoicesOwnRateUnlessAsked) {
  operators::SpeechSettings settings;
  SpeechRequest own = request();
  own.rate = 0;
  auto made = make_speech_pipeline({.clock = runtime_.clock,
                                    .timers = runtime_.timers,
                                    .executor = runtime_.executor,
                                    .buffers = buffers_,
                                    .metrics = metrics_,
                                    .tts = host_},
                                   own, settings, {});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_TRUE(made->text->has_room());
  EXPECT_TRUE(made->audio->empty());
  made->pipeline->close();
}

/// A voice that has too much to do for everybody who minds.
class BusyHost final : public model::TtsHost {
 public:
  bool submit(std::shared_ptr<model::TtsCall> call) noexcept override {
    if (call->backlog_max >= backlog()) return false;
    call->status = Error{ErrorCode::resource_exhausted, "too much waits to be spoken"};
    call->finish();
    return true;
  }
  [[nodiscard]] int rate() const noexcept override { return 22'050; }
  [[nodiscard]] Nanos backlog() const noexcept override { return Millis(4500); }
};

TEST_F(SpeechStreamTest, WhoWouldWaitTooLongIsToldWhenToComeAgain) {
  BusyHost busy;
  SpeechService service({.clock = runtime_.clock,
                         .timers = runtime_.timers,
                         .executor = runtime_.executor,
                         .buffers = buffers_,
                         .metrics = metrics_,
                         .tts = busy},
                        {});
  auto refused = service.open(request(), sink_);
  ASSERT_TRUE(refused);
  say(**refused, "Hello.");
  (*refused)->finish();
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "end") << "before any audio";
  EXPECT_EQ(sink_->ended, ErrorCode::resource_exhausted);
  EXPECT_EQ(sink_->message, "too much waits to be spoken: try again in 5 s");
  EXPECT_EQ(sink_->totals.retry_seconds, 5);
  EXPECT_EQ(service.retry_seconds(), 5);
  EXPECT_EQ(metrics_.counter("parley_tts_refused_total", "", {{"face", "test"}}).value(), 1U);
  EXPECT_EQ(metrics_.render().find("code=\"resource_exhausted\""), std::string::npos)
      << "who is told to come again has not failed";

  SpeechRequest bulk = request();
  bulk.qos = model::TtsQos::bulk;
  sink_ = std::make_shared<RecordingSink>();
  auto patient = service.open(bulk, sink_);
  ASSERT_TRUE(patient);
  say(**patient, "Hello.");
  (*patient)->finish();
  runtime_.run_for(Millis(1000));
  EXPECT_FALSE(sink_->ended) << "nobody listens to it now, so it waits";
}

}  // namespace
}  // namespace parley::service
