// SPDX-License-Identifier: Apache-2.0
#include "service/recognition/file_recognition.h"

#include <algorithm>
#include <array>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "model/asr_model.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "tests/support/audio.h"

namespace parley::service {
namespace {

using media::MediaTime;

/// Samples in memory; fails after them, where it is told to.
class Samples final : public codec::AudioSource {
 public:
  Samples(std::vector<float> samples, std::optional<Error> failure)
      : samples_(std::move(samples)), failure_(std::move(failure)) {}
  Result<std::size_t> read(std::span<float> block) override {
    const std::size_t count = std::min(block.size(), samples_.size() - at_);
    if (count == 0 && failure_) return *failure_;
    std::copy_n(samples_.begin() + static_cast<std::ptrdiff_t>(at_), count, block.begin());
    at_ += count;
    return count;
  }
  [[nodiscard]] int rate() const override { return model::kAsrRate; }
  [[nodiscard]] std::optional<double> stated_seconds() const override {
    return static_cast<double>(samples_.size()) / model::kAsrRate;
  }

 private:
  const std::vector<float> samples_;
  const std::optional<Error> failure_;
  std::size_t at_ = 0;
};

/// Keeps the deadlines of its calls, and how it was asked.
class AskedAsr final : public model::AsrModel {
 public:
  void transcribe(model::AsrCall& call) noexcept override {
    deadlines.push_back(call.deadline());
    translated = call.translate;
    language = call.language;
    if (trouble) {
      call.status = Error{ErrorCode::internal, "broken"};
      return;
    }
    call.text = std::to_string(call.audio.size() / model::kAsrRate) + " s";
    call.status = {};
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override {
    return 30U * static_cast<std::size_t>(model::kAsrRate);
  }
  std::vector<Instant> deadlines;
  std::string language;
  bool translated = false;
  bool trouble = false;
};

class KeepingSink final : public FileSink {
 public:
  void on_final(const RecognizedText& final) override { finals.push_back(final); }
  void on_end(const Status& ended, MediaTime decoded) override {
    EXPECT_FALSE(status) << "twice";
    status = ended;
    audio = decoded;
  }
  std::vector<RecognizedText> finals;
  std::optional<Status> status;
  MediaTime audio;
};

class FileRecognitionTest : public ::testing::Test {
 protected:
  FileRecognitionTest()
      : vad_(vad_model_, {.name = "vad"}, executors_, runtime_.clock, metrics_),
        asr_(asr_model_, {.name = "asr"}, executors_, runtime_.clock, metrics_),
        service_({.clock = runtime_.clock,
                  .timers = runtime_.timers,
                  .executor = runtime_.executor,
                  .buffers = buffers_,
                  .metrics = metrics_,
                  .vad = vad_,
                  .asr = asr_},
                 {.streams_max = 1}) {}

  static void add(std::vector<float>& to, const std::vector<float>& more) {
    to.insert(to.end(), more.begin(), more.end());
  }
  static std::vector<float> speech(double seconds) {
    return test::noise(static_cast<std::size_t>(seconds * model::kAsrRate), 1);
  }
  static std::vector<float> silence(double seconds) {
    return test::silence(static_cast<std::size_t>(seconds * model::kAsrRate));
  }
  FileOrder order(std::vector<float> samples) {
    return {.prepare = [this]() -> Result<RecognitionRequest> { return request_; },
            .open = [this, samples = std::move(
                               samples)]() -> Result<std::unique_ptr<codec::AudioSource>> {
              ++opened_;
              return std::unique_ptr<codec::AudioSource>(new Samples(samples, failure_));
            },
            .pay = [this](Millis audio) -> Status {
              paid_ += audio;
              if (paid_ > payable_) return Error{ErrorCode::resource_exhausted, "poor"};
              return {};
            }};
  }
  std::shared_ptr<FileRecognition> start(std::vector<float> samples) {
    return FileRecognition::start(service_, runtime_.executor, order(std::move(samples)), sink_);
  }

  exec::ManualRuntime runtime_;
  media::BufferPool buffers_;
  Metrics metrics_;
  model::FakeVadModel vad_model_;
  AskedAsr asr_model_;
  std::array<exec::Executor*, 1> executors_{&runtime_.executor};
  model::VadModelHost vad_;
  model::AsrModelHost asr_;
  RecognitionService service_;
  RecognitionRequest request_{.id = "req_1", .face = "file", .silence = Millis(1000)};
  std::shared_ptr<KeepingSink> sink_ = std::make_shared<KeepingSink>();
  std::optional<Error> failure_;
  int opened_ = 0;
  Millis paid_{0};
  Millis payable_{1'000'000'000};
};

TEST_F(FileRecognitionTest, ALongRecordingIsCutAtPausesAndHeardWhole) {
  std::vector<float> samples;
  for (int i = 0; i < 12; ++i) {
    add(samples, speech(5.2));
    add(samples, silence(1.6));
  }
  const std::weak_ptr<FileRecognition> hearing = start(samples);
  runtime_.run_until_idle();
  ASSERT_TRUE(sink_->status);
  EXPECT_TRUE(*sink_->status);
  ASSERT_EQ(sink_->finals.size(), 12U);
  for (std::size_t i = 0; i < 12; ++i) {
    EXPECT_EQ(sink_->finals[i].text, "5 s");
    EXPECT_NEAR(static_cast<double>(sink_->finals[i].begin.ms()), 6800.0 * static_cast<double>(i),
                64);
  }
  EXPECT_EQ(sink_->audio.ms(), 12 * 6800);
  EXPECT_EQ(paid_, Millis(12 * 6800));
  EXPECT_EQ(asr_model_.deadlines.size(), 12U) << "each once";
  EXPECT_EQ(asr_model_.deadlines.front(), runtime_.clock.now() + kRecordingPatience)
      << "who speaks now comes first";
  EXPECT_EQ(service_.streams(), 0U);
  EXPECT_TRUE(hearing.expired());
}

TEST_F(FileRecognitionTest, AsksAsItWasTold) {
  request_.language = "fr";
  request_.translate = true;
  start(speech(1.0));
  runtime_.run_until_idle();
  ASSERT_EQ(sink_->finals.size(), 1U);
  EXPECT_TRUE(asr_model_.translated);
  EXPECT_EQ(asr_model_.language, "fr");
}

TEST_F(FileRecognitionTest, NobodySpeaksNoWords) {
  start(silence(20.0));
  runtime_.run_until_idle();
  ASSERT_TRUE(sink_->status);
  EXPECT_TRUE(*sink_->status);
  EXPECT_TRUE(sink_->finals.empty());
  EXPECT_EQ(sink_->audio.ms(), 20'000);
}

TEST_F(FileRecognitionTest, ARecordingThatBreaksOffIsAnError) {
  failure_ = Error{ErrorCode::data_corrupt, "file: damaged"};
  start(speech(3.0));
  runtime_.run_until_idle();
  ASSERT_TRUE(sink_->status);
  EXPECT_EQ(sink_->status->error().code, ErrorCode::data_corrupt);
  EXPECT_EQ(service_.streams(), 0U);
}

TEST_F(FileRecognitionTest, APartThatIsNotRecognisedIsAnErrorOfAll) {
  asr_model_.trouble = true;
  std::vector<float> samples = speech(2.0);
  add(samples, silence(2.0));
  add(samples, speech(2.0));
  start(samples);
  runtime_.run_until_idle();
  ASSERT_TRUE(sink_->status);
  EXPECT_NE(sink_->status->error().message.find("broken"), std::string::npos);
  EXPECT_TRUE(sink_->finals.empty());
}

TEST_F(FileRecognitionTest, WhoHasGoneIsToldNothing) {
  const auto hearing = start(speech(600.0));
  for (int i = 0; i < 20; ++i) runtime_.executor.run_one();
  EXPECT_EQ(service_.streams(), 1U);
  hearing->cancel();
  runtime_.run_until_idle();
  EXPECT_FALSE(sink_->status);
  EXPECT_EQ(service_.streams(), 0U);
}

TEST_F(FileRecognitionTest, TheLimitsOfAKeyHoldBeforeAnythingIsHeard) {
  payable_ = Millis(1000);
  start(speech(2.0));
  runtime_.run_until_idle();
  ASSERT_TRUE(sink_->status);
  EXPECT_EQ(sink_->status->error().message, "poor");
  EXPECT_TRUE(asr_model_.deadlines.empty());
}

TEST_F(FileRecognitionTest, WithoutAPlaceNothingIsOpened) {
  const auto first = start(speech(60.0));
  runtime_.executor.run_one();
  const auto sink = std::make_shared<KeepingSink>();
  FileRecognition::start(service_, runtime_.executor, order(speech(1.0)), sink);
  runtime_.run_until_idle();
  ASSERT_TRUE(sink->status);
  EXPECT_EQ(sink->status->error().code, ErrorCode::resource_exhausted);
  EXPECT_EQ(opened_, 1);
  ASSERT_TRUE(sink_->status);
  EXPECT_TRUE(*sink_->status);
}

TEST_F(FileRecognitionTest, ADrainLetsWhatIsDecodedInTimeEnd) {
  const auto hearing = start(speech(60.0));
  for (int i = 0; i < 50; ++i) runtime_.executor.run_one();
  service_.drain(std::chrono::seconds(10));
  runtime_.run_until_idle();
  ASSERT_TRUE(sink_->status);
  EXPECT_TRUE(*sink_->status);
  const auto sink = std::make_shared<KeepingSink>();
  FileRecognition::start(service_, runtime_.executor, order(speech(1.0)), sink);
  runtime_.run_until_idle();
  ASSERT_TRUE(sink->status);
  EXPECT_EQ(sink->status->error().code, ErrorCode::unavailable);
}

}  // namespace
}  // namespace parley::service
