// SPDX-License-Identifier: Apache-2.0
//
// Streams of recognition with a model that hears while somebody speaks, alone and in front of one
// that makes the finals.
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "exec/manual_executor.h"
#include "model/fakes/fake_asr.h"
#include "model/fakes/fake_streaming_asr.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "service/recognition/recognition_service.h"
#include "tests/support/audio.h"

namespace parley::service {
namespace {

class Sink final : public RecognitionSink {
 public:
  void on_partial(const RecognizedText& partial) override {
    const std::string now = partial.text.substr(0, partial.stable_bytes);
    EXPECT_TRUE(now.starts_with(stable)) << now << " after " << stable;
    stable = now;
    partials.push_back(partial.text);
  }
  void on_final(const RecognizedText& final) override {
    finals.push_back(final);
    stable.clear();
  }
  void on_trouble(const Error& error) override { troubles.push_back(error.message); }
  void on_end(const Status& status, const RecognitionTotals& /*totals*/) override {
    EXPECT_TRUE(status) << status.error().message;
    is_over = true;
  }
  std::string stable;
  std::vector<std::string> partials;
  std::vector<RecognizedText> finals;
  std::vector<std::string> troubles;
  bool is_over = false;
};

/// Like the stand-in, of one language.
class OneLanguage final : public model::StreamingAsrModel {
 public:
  void hear(std::span<model::AsrStreamCall* const> batch) noexcept override { fake_.hear(batch); }
  [[nodiscard]] std::string language() const override { return "zh"; }

 private:
  model::FakeStreamingAsrModel fake_;
};

class StreamedRecognition : public ::testing::Test {
 protected:
  StreamedRecognition()
      : vad_(vad_model_, {.name = "vad"}, executors_, runtime_.clock, metrics_),
        asr_(asr_model_, {.name = "asr"}, executors_, runtime_.clock, metrics_) {}

  /// Half a second of silence, `ms` of speech, and silence; as it is spoken.
  void hear(model::StreamingAsrModel& model, bool streams_finals, RecognitionRequest request,
            int ms = 2'400) {
    model::StreamingAsrModelHost streaming(model, {.name = "asr_stream"}, executors_,
                                           runtime_.clock, metrics_);
    RecognitionService service({.clock = runtime_.clock,
                                .timers = runtime_.timers,
                                .executor = runtime_.executor,
                                .buffers = buffers_,
                                .metrics = metrics_,
                                .vad = vad_,
                                .asr = asr_,
                                .streaming = &streaming,
                                .streams_finals = streams_finals},
                               {});
    request.id = "req_1";
    request.face = "test";
    auto stream = service.open(std::move(request), sink_);
    ASSERT_TRUE(stream) << stream.error().message;
    send(**stream, test::silence(8'000));
    send(**stream, test::noise(static_cast<std::size_t>(ms) * 16U, 1));
    send(**stream, test::silence(16'000));
    (*stream)->finish();
    runtime_.run_until_idle();
    EXPECT_TRUE(sink_->is_over);
  }
  void send(RecognitionStream& stream, const std::vector<float>& samples) {
    constexpr std::size_t kFrame = 960;
    for (std::size_t at = 0; at < samples.size(); at += kFrame) {
      const auto begin = samples.begin() + static_cast<std::ptrdiff_t>(at);
      const std::vector<float> frame(
          begin, begin + static_cast<std::ptrdiff_t>(std::min(kFrame, samples.size() - at)));
      media::BufferRef bytes = buffers_.take(frame.size() * 2);
      codec::encode(media::Codec::pcm16, frame, bytes.writable());
      EXPECT_EQ(stream.append(std::move(bytes)), AppendResult::taken);
      runtime_.run_until_idle();
    }
  }

  exec::ManualRuntime runtime_;
  media::BufferPool buffers_;
  Metrics metrics_;
  model::FakeVadModel vad_model_;
  model::FakeAsrModel asr_model_;
  model::FakeStreamingAsrModel streaming_;
  std::array<exec::Executor*, 1> executors_{&runtime_.executor};
  model::VadModelHost vad_;
  model::AsrModelHost asr_;
  std::shared_ptr<Sink> sink_ = std::make_shared<Sink>();
};

using Texts = std::vector<std::string>;

TEST_F(StreamedRecognition, OneModelMakesPartialsAndFinals) {
  hear(streaming_, true, {});
  EXPECT_EQ(sink_->partials.front(), "one");
  EXPECT_EQ(sink_->partials.back(), "one two three four five six");
  ASSERT_EQ(sink_->finals.size(), 1U);
  EXPECT_EQ(sink_->finals[0].text, "one two three four five six");
  ASSERT_EQ(sink_->finals[0].words.size(), 6U);
  EXPECT_EQ(sink_->finals[0].tokens.size(), 6U) << "how sure it was";
  EXPECT_NEAR(static_cast<double>(sink_->finals[0].words[0].begin.ms()), 200.0, 64.0)
      << "from the stream's first sample";
  EXPECT_TRUE(sink_->troubles.empty());
}

TEST_F(StreamedRecognition, WithTwoPassesTheOtherModelMakesTheFinals) {
  hear(streaming_, false, {});
  EXPECT_EQ(sink_->partials.front(), "one");
  ASSERT_EQ(sink_->finals.size(), 1U);
  EXPECT_TRUE(sink_->finals[0].text.starts_with("heard ")) << sink_->finals[0].text;
}

TEST_F(StreamedRecognition, ARecordingIsHeardByTheModelOfFinalsOnly) {
  RecognitionRequest request;
  request.is_live = false;
  request.partial_interval = Millis::zero();
  hear(streaming_, true, request);
  EXPECT_EQ(sink_->partials, Texts{});
  ASSERT_EQ(sink_->finals.size(), 1U);
  EXPECT_TRUE(sink_->finals[0].text.starts_with("heard "));
}

TEST_F(StreamedRecognition, NobodyHearsAnotherLanguageThanHisOwn) {
  OneLanguage chinese;
  RecognitionRequest request;
  request.language = "fr";
  hear(chinese, false, request);
  ASSERT_FALSE(sink_->partials.empty());
  EXPECT_TRUE(sink_->partials.front().starts_with("heard "));
}

TEST_F(StreamedRecognition, WhatIsTranslatedIsTheOtherModels) {
  RecognitionRequest request;
  request.translate = true;
  hear(streaming_, true, request);
  EXPECT_EQ(sink_->partials.front(), "one");
  ASSERT_EQ(sink_->finals.size(), 1U);
  EXPECT_TRUE(sink_->finals[0].text.starts_with("heard "));
}

TEST_F(StreamedRecognition, SeveralUtterancesFollowEachOther) {
  model::FakeStreamingAsrModel two({"first", "second", "third"});
  hear(two, true, {}, 600);
  sink_->is_over = false;
  hear(two, true, {}, 600);
  ASSERT_EQ(sink_->finals.size(), 2U);
  EXPECT_EQ(sink_->finals[0].text, "first");
  EXPECT_EQ(sink_->finals[1].text, "second");
}

}  // namespace
}  // namespace parley::service
