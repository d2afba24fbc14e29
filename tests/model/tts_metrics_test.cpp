// SPDX-License-Identifier: Apache-2.0
#include "model/tts_metrics.h"

#include <array>
#include <memory>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "model/model_host.h"

namespace parley::model {
namespace {

using testing::HasSubstr;

constexpr int kRate = 1000;  // a sample is a millisecond

TEST(TtsMetrics, CompareRunTimeWithAudio) {
  Metrics metrics;
  TtsMetrics of_voice(metrics, kRate);
  of_voice.waited(Millis(40));
  of_voice.spoke(Millis(250), 2500);
  of_voice.spoke(Millis(10), 0);  // cancelled before its audio
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("parley_tts_queue_wait_seconds_bucket{le=\"0.05\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("parley_tts_synthesis_seconds_bucket{le=\"0.3\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("parley_tts_real_time_factor_bucket{le=\"0.1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("parley_tts_real_time_factor_count 1\n"));
}

/// Two steps of 100 ms each, which make 1 s of audio each.
class TwoSteps final : public TtsModel {
 public:
  explicit TwoSteps(ManualClock& clock) : clock_(clock) {}
  bool synthesize(TtsCall& call) noexcept override {
    clock_.advance(Millis(100));
    const bool is_first = call.state == nullptr;
    call.samples_made = is_first ? 1000 : 2000;
    call.state = is_first ? std::make_unique<TtsState>() : nullptr;
    call.status = {};
    return is_first;
  }
  [[nodiscard]] int rate() const noexcept override { return kRate; }

 private:
  ManualClock& clock_;
};

TEST(TtsMetrics, OfAHostCountEachCallOnce) {
  ManualClock clock;
  exec::ManualExecutor executor;
  Metrics metrics;
  TwoSteps voice(clock);
  TtsModelHost host(voice, {.name = "tts"}, std::array<exec::Executor*, 1>{&executor}, clock,
                    metrics);
  const auto call = std::make_shared<TtsCall>();
  call->text = "Good morning.";
  call->begin({}, clock.now());
  ASSERT_TRUE(host.submit(call));
  clock.advance(Millis(30));
  executor.run_until_idle();
  ASSERT_TRUE(call->done());
  const std::string text = metrics.render();
  EXPECT_THAT(text, HasSubstr("parley_tts_queue_wait_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("parley_tts_queue_wait_seconds_sum 0.03\n"));
  EXPECT_THAT(text, HasSubstr("parley_tts_synthesis_seconds_sum 0.2\n"));
  EXPECT_THAT(text, HasSubstr("parley_tts_real_time_factor_sum 0.1\n"));
}

}  // namespace
}  // namespace parley::model
