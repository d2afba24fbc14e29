// SPDX-License-Identifier: Apache-2.0
//
// The host of a speaker model; what all hosts do alike, tests/model/model_host_test.cpp tests.
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "model/fakes/fake_speaker.h"
#include "model/model_host.h"
#include "tests/model/support.h"

namespace parley::model {
namespace {

TEST(SpeakerModelHost, EmbedsOneUtteranceAtATimeAndRefusesWhatIsTooMuch) {
  exec::ManualRuntime runtime;
  Metrics metrics;
  Sleeper session{runtime.executor};
  FakeSpeakerModel model;
  const std::array<exec::Executor*, 1> executors{&runtime.executor};
  SpeakerModelHost host(model, {.name = "speaker", .queue_max = 2}, executors, runtime.clock,
                        metrics);
  EXPECT_EQ(host.dimension(), FakeSpeakerModel::kDimension);
  EXPECT_EQ(host.name(), "fake");
  EXPECT_EQ(host.samples_max(), model.samples_max());

  std::vector<std::shared_ptr<SpeakerCall>> calls;
  for (int i = 0; i < 3; ++i) {
    calls.push_back(std::make_shared<SpeakerCall>());
    calls.back()->audio.assign(1'000, i == 0 ? 0.0F : 0.5F);
    calls.back()->begin(session.waker(), Instant::never());
    EXPECT_EQ(host.submit(calls.back()), i < 2);
  }
  runtime.executor.run_until_idle();
  EXPECT_TRUE(calls[0]->done() && calls[1]->done());
  EXPECT_FALSE(calls[0]->status) << "silence";
  EXPECT_TRUE(calls[1]->status);
  EXPECT_EQ(calls[1]->embedding.size(), host.dimension());
  EXPECT_THAT(metrics.render(),
              testing::HasSubstr("parley_model_batch_calls_count{model=\"speaker\"} 2"));
}

}  // namespace
}  // namespace parley::model
