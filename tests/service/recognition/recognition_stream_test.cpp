// SPDX-License-Identifier: Apache-2.0
#include "service/recognition/recognition_stream.h"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "exec/manual_executor.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "service/recognition/recognition_service.h"
#include "tests/support/audio.h"

namespace parley::service {
namespace {

using media::MediaTime;

/// Remembers what it is told, in order.
class RecordingSink final : public RecognitionSink {
 public:
  void on_speech_started(std::uint64_t utterance, MediaTime /*begin*/) override {
    told += "started" + std::to_string(utterance) + " ";
  }
  void on_partial(const RecognizedText& partial) override {
    EXPECT_LE(partial.stable_bytes, partial.text.size());
    partials.push_back(partial);
  }
  void on_final(const RecognizedText& final) override {
    finals.push_back(final);
    told += "final" + std::to_string(final.utterance) + " ";
  }
  void on_trouble(const Error& error) override { told += "trouble:" + error.message + " "; }
  void on_flushed(std::uint64_t id, const RecognitionTotals& so_far) override {
    told += "flushed" + std::to_string(id) + " ";
    totals = so_far;
  }
  void on_room() override { ++rooms; }
  void on_end(const Status& status, const RecognitionTotals& at_end) override {
    EXPECT_FALSE(is_over) << "twice";
    is_over = true;
    if (!status) failure = status.error();
    totals = at_end;
    told += "end";
  }

  std::vector<RecognizedText> partials;
  std::vector<RecognizedText> finals;
  std::string told;
  int rooms = 0;
  bool is_over = false;
  std::optional<Error> failure;
  RecognitionTotals totals;
};

class RecognitionStreamTest : public ::testing::Test {
 protected:
  RecognitionStreamTest()
      : vad_(vad_model_, {.name = "vad"}, executors_, runtime_.clock, metrics_),
        asr_(asr_model_, {.name = "asr"}, executors_, runtime_.clock, metrics_),
        service_(context(), {.streams_max = 2}) {}

  RecognitionContext context() {
    return {.clock = runtime_.clock,
            .timers = runtime_.timers,
            .executor = runtime_.executor,
            .buffers = buffers_,
            .metrics = metrics_,
            .vad = vad_,
            .asr = asr_};
  }
  static RecognitionRequest request() {
    RecognitionRequest request;
    request.id = "req_1";
    request.face = "test";
    return request;
  }
  std::unique_ptr<RecognitionStream> open(RecognitionRequest request) {
    codec_ = request.codec;
    rate_ = request.rate;
    auto stream = service_.open(std::move(request), sink_);
    EXPECT_TRUE(stream) << stream.error().message;
    return stream ? std::move(*stream) : nullptr;
  }
  std::unique_ptr<RecognitionStream> open() { return open(request()); }
  media::BufferRef bytes_of(const std::vector<float>& samples) {
    media::BufferRef bytes = buffers_.take(samples.size() * codec::bytes_per_sample(codec_));
    codec::encode(codec_, samples, bytes.writable());
    return bytes;
  }
  /// In frames of 60 ms, as they come from a microphone.
  void send(RecognitionStream& stream, const std::vector<float>& samples) {
    const auto frame = static_cast<std::size_t>(rate_ * 60 / 1000);
    for (std::size_t at = 0; at < samples.size(); at += frame) {
      const std::size_t end = std::min(at + frame, samples.size());
      EXPECT_EQ(stream.append(bytes_of({samples.begin() + static_cast<std::ptrdiff_t>(at),
                                        samples.begin() + static_cast<std::ptrdiff_t>(end)})),
                AppendResult::taken);
      runtime_.run_until_idle();
    }
  }
  void speak(RecognitionStream& stream, int ms) {
    send(stream,
         test::noise(static_cast<std::size_t>(rate_) * static_cast<std::size_t>(ms) / 1000, 1));
  }
  void be_silent(RecognitionStream& stream, int ms) {
    send(stream,
         test::silence(static_cast<std::size_t>(rate_) * static_cast<std::size_t>(ms) / 1000));
  }

  exec::ManualRuntime runtime_;
  media::BufferPool buffers_;
  Metrics metrics_;
  model::FakeVadModel vad_model_;
  model::FakeAsrModel asr_model_;
  std::array<exec::Executor*, 1> executors_{&runtime_.executor};
  model::VadModelHost vad_;
  model::AsrModelHost asr_;
  RecognitionService service_;
  std::shared_ptr<RecordingSink> sink_ = std::make_shared<RecordingSink>();
  media::Codec codec_ = media::Codec::pcm16;
  int rate_ = 16'000;
};

TEST_F(RecognitionStreamTest, TellsPartialsWhileSomebodySpeaksAndAFinalWhenHeIsDone) {
  auto stream = open();
  be_silent(*stream, 480);
  speak(*stream, 1920);
  EXPECT_GE(sink_->partials.size(), 1920U / 300U);
  EXPECT_TRUE(sink_->finals.empty());
  be_silent(*stream, 960);
  ASSERT_EQ(sink_->finals.size(), 1U);
  const RecognizedText& final = sink_->finals[0];
  EXPECT_EQ(final.utterance, 1U);
  EXPECT_EQ(final.text, "heard 2.4 seconds");  // with the padding before and the tail behind
  EXPECT_NEAR(static_cast<double>(final.begin.ms()), 480, 32);
  EXPECT_NEAR(static_cast<double>(final.end.ms()), 2400, 32);
  ASSERT_EQ(final.words.size(), 3U);
  EXPECT_GE(final.words.front().begin.ms(), 180);
  EXPECT_LE(final.words.back().end.ms(), 2700);
  stream->finish();
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "started1 final1 end");
  EXPECT_EQ(sink_->totals.audio.ms(), 3360);
  EXPECT_EQ(sink_->totals.utterances, 1U);
}

TEST_F(RecognitionStreamTest, WhatIsStableOfAPartialStaysInTheNext) {
  auto stream = open();
  speak(*stream, 4000);
  std::string stable;
  for (const RecognizedText& partial : sink_->partials) {
    const std::string now = partial.text.substr(0, partial.stable_bytes);
    EXPECT_TRUE(now.starts_with(stable)) << now << " after " << stable;
    stable = now;
  }
  EXPECT_FALSE(stable.empty());
}

TEST_F(RecognitionStreamTest, AFlushEndsWhatIsOpenAndTimesGoOn) {
  auto stream = open();
  speak(*stream, 600);
  stream->flush(7);
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "started1 final1 flushed7 ");
  EXPECT_LE(sink_->finals[0].end.ms(), 600);
  EXPECT_EQ(sink_->totals.audio.ms(), 600);
  be_silent(*stream, 1200);
  speak(*stream, 600);
  be_silent(*stream, 1200);
  ASSERT_EQ(sink_->finals.size(), 2U);
  EXPECT_NEAR(static_cast<double>(sink_->finals[1].begin.ms()), 1800, 40) << "as the client counts";
  EXPECT_NEAR(static_cast<double>(sink_->finals[1].end.ms()), 2400, 40);
}

TEST_F(RecognitionStreamTest, AFlushOfNothingIsAnsweredAtOnce) {
  auto stream = open();
  stream->flush(1);
  be_silent(*stream, 100);
  stream->flush(2);
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "flushed1 flushed2 ");
}

TEST_F(RecognitionStreamTest, WhoFinishesWhileHeSpeaksLosesNothing) {
  auto stream = open();
  speak(*stream, 500);
  be_silent(*stream, 900);
  speak(*stream, 500);
  stream->finish();
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "started1 final1 started2 final2 end");
  EXPECT_FALSE(sink_->failure);
}

TEST_F(RecognitionStreamTest, OtherRatesAndCodecsAreHeardAlike) {
  for (const auto& [codec, rate] :
       std::vector<std::pair<media::Codec, int>>{{media::Codec::pcmu, 8'000},
                                                 {media::Codec::pcma, 8'000},
                                                 {media::Codec::pcm16, 48'000}}) {
    sink_ = std::make_shared<RecordingSink>();
    RecognitionRequest wanted = request();
    wanted.codec = codec;
    wanted.rate = rate;
    auto stream = open(wanted);
    be_silent(*stream, 480);
    speak(*stream, 1000);
    stream->finish();
    runtime_.run_until_idle();
    ASSERT_EQ(sink_->finals.size(), 1U) << rate;
    EXPECT_NEAR(static_cast<double>(sink_->finals[0].begin.ms()), 480, 40) << rate;
    EXPECT_NEAR(static_cast<double>(sink_->finals[0].end.ms()), 1480, 40) << rate;
  }
}

TEST_F(RecognitionStreamTest, ASampleMayBeCutBetweenTwoAppends) {
  auto stream = open();
  const media::BufferRef bytes = bytes_of(test::noise(16'000, 1));
  for (std::size_t at = 0; at < bytes.size(); at += 999) {
    EXPECT_EQ(stream->append(bytes.slice(at, std::min<std::size_t>(999, bytes.size() - at))),
              AppendResult::taken);
    runtime_.run_until_idle();
  }
  stream->finish();
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->totals.audio.ms(), 1000);
  EXPECT_EQ(sink_->told, "started1 final1 end");
}

TEST_F(RecognitionStreamTest, ARecordingThatComesAtOnceIsTakenAsItIsHeard) {
  auto stream = open();
  std::vector<float> samples;
  for (int i = 0; i < 30; ++i) {
    const std::vector<float> speech = test::noise(16'000, 1);
    const std::vector<float> pause = test::silence(16'000);
    samples.insert(samples.end(), speech.begin(), speech.end());
    samples.insert(samples.end(), pause.begin(), pause.end());
  }
  const media::BufferRef bytes = bytes_of(samples);
  bool was_full = false;
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t size = std::min<std::size_t>(64U << 10U, bytes.size() - at);
    if (stream->append(bytes.slice(at, size)) == AppendResult::taken) {
      at += size;
      continue;
    }
    was_full = true;
    const int rooms = sink_->rooms;
    runtime_.run_until_idle();
    ASSERT_GT(sink_->rooms, rooms);
  }
  stream->finish();
  runtime_.run_until_idle();
  EXPECT_TRUE(was_full);
  EXPECT_EQ(sink_->finals.size(), 30U);
  EXPECT_FALSE(sink_->failure);
}

TEST_F(RecognitionStreamTest, ACancelIsTheEnd) {
  auto stream = open();
  speak(*stream, 600);
  stream->cancel();
  runtime_.run_until_idle();
  ASSERT_TRUE(sink_->failure);
  EXPECT_EQ(sink_->failure->code, ErrorCode::cancelled);
  EXPECT_EQ(stream->append(bytes_of({0.0F})), AppendResult::closed);
}

TEST_F(RecognitionStreamTest, TheServiceSaysWhatIsWrong) {
  const auto error = [&](auto change) {
    RecognitionRequest wanted = request();
    change(wanted);
    return service_.open(wanted, sink_).error().message;
  };
  EXPECT_EQ(error([](auto& r) { r.rate = 11'025; }),
            "rate: 11025 is not 8000, 16000, 22050, 24000, 32000, 44100 or 48000");
  EXPECT_EQ(error([](auto& r) { r.silence = Millis(10); }), "silence_ms: 10 is not 100 to 10000");
  auto one = open();
  auto two = open();
  const auto three = service_.open(request(), sink_);
  ASSERT_FALSE(three);
  EXPECT_EQ(three.error().code, ErrorCode::resource_exhausted);
  one.reset();
  EXPECT_TRUE(service_.open(request(), sink_));
}

TEST_F(RecognitionStreamTest, ADrainTellsWhatHasComeAndEnds) {
  auto stream = open();
  speak(*stream, 600);
  service_.drain();
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "started1 final1 end");
  ASSERT_TRUE(sink_->failure);
  EXPECT_EQ(sink_->failure->code, ErrorCode::unavailable);
  EXPECT_EQ(service_.open(request(), sink_).error().code, ErrorCode::unavailable);
}

TEST_F(RecognitionStreamTest, ADrainHearsASentenceToItsEnd) {
  auto stream = open();
  speak(*stream, 600);
  service_.drain(std::chrono::seconds(10));
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "started1 ") << "he has not finished";
  speak(*stream, 900);
  while (!sink_->is_over) be_silent(*stream, 60);
  EXPECT_EQ(sink_->told, "started1 final1 end");
  EXPECT_EQ(sink_->finals[0].text, "heard 1.7 seconds") << "all of it, and the tail behind";
  EXPECT_EQ(sink_->failure->code, ErrorCode::unavailable);
}

TEST_F(RecognitionStreamTest, ADrainEndsWhoSaysNothingAtOnce) {
  auto stream = open();
  speak(*stream, 600);
  be_silent(*stream, 1200);
  service_.drain(std::chrono::seconds(10));
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "started1 final1 end");
}

TEST_F(RecognitionStreamTest, ADrainDoesNotWaitForWhoSendsNothingMore) {
  auto stream = open();
  speak(*stream, 600);
  service_.drain(std::chrono::seconds(60));
  runtime_.run_for(Millis(900));
  EXPECT_EQ(sink_->told, "started1 ");
  runtime_.run_for(Millis(200));
  EXPECT_EQ(sink_->told, "started1 final1 end");
}

TEST_F(RecognitionStreamTest, ADrainsPatienceHasAnEnd) {
  auto stream = open();
  speak(*stream, 600);
  service_.drain(Millis(5000));
  for (int i = 0; i < 6; ++i) {
    speak(*stream, 600);
    runtime_.run_for(Millis(600));
  }
  EXPECT_EQ(sink_->told, "started1 ");
  runtime_.run_for(Millis(1500));
  EXPECT_EQ(sink_->told, "started1 final1 end") << "with the words so far";
  EXPECT_EQ(stream->append(bytes_of({0.0F})), AppendResult::closed);
}

TEST_F(RecognitionStreamTest, ADrainHearsAllThatHasCome) {
  auto stream = open();
  std::vector<float> samples;
  for (int i = 0; i < 3; ++i) {
    const std::vector<float> speech = test::noise(16'000, 1);
    samples.insert(samples.end(), speech.begin(), speech.end());
    samples.resize(samples.size() + 16'000, 0.0F);
  }
  ASSERT_EQ(stream->append(bytes_of(samples)), AppendResult::taken);
  service_.drain(std::chrono::seconds(10));
  runtime_.run_until_idle();
  EXPECT_EQ(sink_->told, "started1 final1 started2 final2 started3 final3 end");
}

TEST_F(RecognitionStreamTest, ItCountsWhatComesAndHowItEnds) {
  {
    auto stream = open();
    speak(*stream, 600);
    stream->finish();
    runtime_.run_until_idle();
    auto left = open();
  }
  const std::string text = metrics_.render();
  for (const char* line : {R"(parley_asr_streams_total{code="ok",face="test"} 1)",
                           R"(parley_asr_streams_total{code="cancelled",face="test"} 1)",
                           R"(parley_asr_audio_milliseconds_total{face="test"} 600)",
                           R"(parley_asr_final_seconds_count{face="test"} 1)",
                           R"(parley_asr_streams{face="test"} 0)"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

}  // namespace
}  // namespace parley::service
