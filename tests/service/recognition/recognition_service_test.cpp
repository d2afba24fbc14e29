// SPDX-License-Identifier: Apache-2.0
//
// Many streams on one recogniser, in virtual time: whose words come when, what is left out, and who
// is not let in.
#include "service/recognition/recognition_service.h"

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "codec/audio_codec.h"
#include "exec/manual_executor.h"
#include "model/fakes/fake_vad.h"
#include "model/model_host.h"
#include "tests/support/audio.h"

namespace parley::service {
namespace {

constexpr int kFrameMs = 60;
constexpr std::size_t kFrame = 16 * kFrameMs;

/// Takes so much of the virtual clock for a second of audio; everything else takes none.
class TimedAsr final : public model::AsrModel {
 public:
  explicit TimedAsr(ManualClock& clock) : clock_(clock) {}
  void transcribe(model::AsrCall& call) noexcept override {
    const double audio = static_cast<double>(call.audio.size()) / model::kAsrRate;
    clock_.advance(Millis(20) + Millis(static_cast<int>(audio * 1000.0 * cost)));
    call.text = "word word word";
    call.words.clear();
    call.status = {};
  }
  [[nodiscard]] std::size_t samples_max() const noexcept override { return 30U * 16'000U; }

  double cost = 0.03;  // Moonshine's

 private:
  ManualClock& clock_;
};

struct Heard final : RecognitionSink {
  explicit Heard(const Clock& with) : clock(with), begun(with.now()) {}
  void on_partial(const RecognizedText& partial) override { partials.push_back(partial.end.ms()); }
  void on_final(const RecognizedText& final) override {
    ++finals;
    // The utterance was over kSilence after its speech, and that was sent as it was spoken.
    late = std::max(late, clock.now() - (begun + final.end.nanos() + Millis(500)));
  }
  void on_end(const Status&, const RecognitionTotals&) override {}

  const Clock& clock;
  const Instant begun;
  std::vector<std::int64_t> partials;  // ms of the stream, as it was told
  std::size_t finals = 0;
  Nanos late{};
};

/// One who says `speech_ms`, is silent for as long as it takes, and says it again.
struct Talker {
  std::unique_ptr<RecognitionStream> stream;
  std::shared_ptr<Heard> heard;
  std::size_t frames = 0;  // sent
};

class RecognitionServiceTest : public ::testing::Test {
 protected:
  void make(RecognitionOptions options = {}) {
    service_ =
        std::make_unique<RecognitionService>(RecognitionContext{.clock = runtime_.clock,
                                                                .timers = runtime_.timers,
                                                                .executor = runtime_.executor,
                                                                .buffers = buffers_,
                                                                .metrics = metrics_,
                                                                .vad = vad_,
                                                                .asr = asr_},
                                             options);
    std::vector<float> cycle = test::noise(kFrame * kSpeechFrames, 1);
    cycle.resize(kFrame * kCycleFrames, 0.0F);
    bytes_ = buffers_.take(cycle.size() * 2);
    codec::encode(media::Codec::pcm16, cycle, bytes_.writable());
  }
  bool talk(std::uint64_t client) {
    Talker talker;
    talker.heard = std::make_shared<Heard>(runtime_.clock);
    auto opened = service_->open({.id = "req", .face = "test", .client = client}, talker.heard);
    if (!opened) {
      refusal_ = opened.error();
      return false;
    }
    talker.stream = std::move(*opened);
    talkers_.push_back(std::move(talker));
    return true;
  }
  /// Everybody talks, each frame at its time, whatever the recogniser does meanwhile.
  void run_until(std::int64_t end_ms) {
    const Instant end{Millis(end_ms)};
    while (runtime_.clock.now() < end) {
      const Instant due = send_due();
      runtime_.timers.fire_due();
      // The recogniser has a thread of its own: others are served between two utterances.
      if (runtime_.executor.run_one() || asr_thread_.run_one()) continue;
      runtime_.clock.advance_to(std::min({due, runtime_.timers.next(), end}));
    }
  }
  /// When the next frame is due.
  Instant send_due() {
    Instant next = Instant::never();
    for (Talker& talker : talkers_) {
      const auto due_of = [&] {
        return talker.heard->begun + Millis(kFrameMs) * static_cast<int>(talker.frames + 1);
      };
      for (; due_of() <= runtime_.clock.now(); ++talker.frames) {
        const std::size_t at = talker.frames % kCycleFrames * kFrame * 2;
        EXPECT_EQ(talker.stream->append(bytes_.slice(at, kFrame * 2)), AppendResult::taken);
      }
      next = std::min(next, due_of());
    }
    return next;
  }
  [[nodiscard]] std::uint64_t left_out() {
    return metrics_.counter("parley_asr_partials_left_out_total", "", {{"face", "test"}}).value();
  }

  static constexpr std::size_t kSpeechFrames = 50;  // 3 s
  static constexpr std::size_t kCycleFrames = 75;   // and 1.5 s of silence

  exec::ManualRuntime runtime_;
  media::BufferPool buffers_;
  Metrics metrics_;
  model::FakeVadModel vad_model_;
  TimedAsr asr_model_{runtime_.clock};
  exec::ManualExecutor asr_thread_;
  model::VadModelHost vad_{
      vad_model_, {.name = "vad"}, runtime_.executor, runtime_.clock, metrics_};
  std::array<exec::Executor*, 1> asr_executors_{&asr_thread_};
  model::AsrModelHost asr_{asr_model_, {.name = "asr"}, asr_executors_, runtime_.clock, metrics_};
  std::unique_ptr<RecognitionService> service_;
  media::BufferRef bytes_;
  std::vector<Talker> talkers_;
  Error refusal_;
};

TEST_F(RecognitionServiceTest, WithSlackAPartialComesEvery300MsOfSpeech) {
  make();
  ASSERT_TRUE(talk(1));
  run_until(20'000);
  const Heard& heard = *talkers_[0].heard;
  EXPECT_EQ(heard.finals, 4U);
  EXPECT_EQ(left_out(), 0U);
  std::int64_t worst = 0;
  for (std::size_t i = 1; i < heard.partials.size(); ++i) {
    const std::int64_t gap = heard.partials[i] - heard.partials[i - 1];
    const bool is_same_utterance = heard.partials[i] / (kCycleFrames * kFrameMs) ==
                                   heard.partials[i - 1] / (kCycleFrames * kFrameMs);
    if (is_same_utterance) worst = std::max(worst, gap);
  }
  EXPECT_GE(heard.partials.size(), 4U * 3000U / 300U);
  EXPECT_LE(worst, 300);
}

TEST_F(RecognitionServiceTest, UnderLoadPartialsThinOutAndFinalsDoNot) {
  make({.busy_max = 1.0});
  constexpr std::size_t kTalkers = 20;  // their finals take half of the time
  for (std::size_t i = 0; i < kTalkers; ++i) ASSERT_TRUE(talk(i + 1));
  run_until(30'000);
  std::size_t partials = 0;
  for (const Talker& talker : talkers_) {
    EXPECT_EQ(talker.heard->finals, 6U) << "each has its words";
    EXPECT_GT(talker.heard->partials.size(), 0U) << "nobody's partials dry up";
    partials += talker.heard->partials.size();
  }
  EXPECT_LT(partials, kTalkers * 6 * 3000 / 300 / 2) << "there is no time for more";
  EXPECT_GT(left_out(), kTalkers * 6) << "and that is counted";
}

TEST_F(RecognitionServiceTest, WhoBringsManyStreamsDelaysHisOwn) {
  asr_model_.cost = 0.1;  // 20 streams need 170 % of the time
  make({.backlog_max = std::chrono::seconds(60), .busy_max = 1.0});
  for (int i = 0; i < 19; ++i) ASSERT_TRUE(talk(1));
  ASSERT_TRUE(talk(2));
  run_until(60'000);
  EXPECT_LT(talkers_.back().heard->late, Millis(900));
  EXPECT_GT(talkers_.front().heard->late, Millis(3000)) << "his own wait for each other";
}

TEST_F(RecognitionServiceTest, WhoWouldBeOneTooManyIsToldWhenToComeAgain) {
  make();
  int admitted = 0;
  for (; admitted < 200 && talk(static_cast<std::uint64_t>(admitted)); ++admitted) {
    run_until(runtime_.clock.now().since_zero / Millis(1) + 2000);
  }
  // A sentence in 4.5 s takes 0.12 s, and sometimes twice: 85 % of the time is about 30 of them.
  EXPECT_GT(admitted, 15);
  EXPECT_LT(admitted, 45);
  EXPECT_EQ(refusal_.code, ErrorCode::resource_exhausted);
  EXPECT_NE(refusal_.message.find("try again in"), std::string::npos) << refusal_.message;
  const auto refused = service_->refusal("test");
  ASSERT_TRUE(refused);
  EXPECT_GE(refused->retry_seconds, kRecognitionRetrySeconds);
  EXPECT_LE(refused->retry_seconds, kRecognitionRetrySecondsMax);
  EXPECT_EQ(metrics_.counter("parley_asr_refused_total", "", {{"face", "test"}}).value(), 2U);
  Nanos late{};
  for (const Talker& talker : talkers_) late = std::max(late, talker.heard->late);
  EXPECT_LT(late, std::chrono::seconds(1)) << "who was let in has his words soon";
  talkers_.resize(talkers_.size() / 2);
  run_until(runtime_.clock.now().since_zero / Millis(1) + 20'000);
  EXPECT_FALSE(service_->refusal()) << "half have gone";
}

TEST_F(RecognitionServiceTest, AQueueThatIsLongRefusesBeforeTheShareOfTimeTells) {
  asr_model_.cost = 0.3;
  make();
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(talk(1));
  run_until(4'500);
  EXPECT_FALSE(talk(2));
  EXPECT_NE(refusal_.message.find("ms late"), std::string::npos) << refusal_.message;
}

}  // namespace
}  // namespace parley::service
