// SPDX-License-Identifier: Apache-2.0
#include "store/speaker_store.h"

#include <gmock/gmock.h>

#include "exec/manual_executor.h"
#include "store/memory/memory_speakers.h"

namespace parley::test {
namespace {

using store::MemorySpeakers;
using store::Speaker;
using store::SpeakerList;
using store::SpeakerStore;
using store::SpeakerVault;
using ::testing::HasSubstr;

class Speakers : public ::testing::Test {
 protected:
  std::unique_ptr<SpeakerStore> open(std::size_t calls_max) {
    auto vault = SpeakerVault::open(std::make_unique<MemorySpeakers>(),
                                    {.hex = std::string(64, 'a'), .file = {}});
    EXPECT_TRUE(vault);
    return std::make_unique<SpeakerStore>(
        *std::move(vault), SpeakerStore::Surroundings{runtime.executor, runtime.clock, metrics},
        calls_max);
  }
  exec::ManualRuntime runtime;
  Metrics metrics;
};

TEST_F(Speakers, AnswerInOrder) {
  const auto store = open(store::kSpeakerCallsMax);
  std::string said;
  store->enrol({"o", "alice"}, {"m", {1.0F}}, [&](const Result<Speaker>& alice) {
    said += alice ? "enrolled at " + std::to_string(alice->created) : alice.error().message;
  });
  store->list("o", [&](const Result<SpeakerList>& speakers) {
    said += ", " + std::to_string(speakers->size());
  });
  store->remove({"o", "alice"}, [&](const Status& status) { said += status ? ", gone" : "?"; });
  store->remove({"o", "alice"}, [&](const Status& status) {
    said += ", " + std::string(to_string(status.error().code));
  });
  EXPECT_EQ(said, "");
  runtime.executor.run_until_idle();
  EXPECT_EQ(said,
            "enrolled at " + std::to_string(runtime.clock.unix_seconds()) + ", 1, gone, not_found");
  EXPECT_THAT(metrics.render(), HasSubstr("parley_speakers_failures_total 0"));
}

TEST_F(Speakers, RefuseWhatIsTooMuchAndFinishWhatWaits) {
  auto store = open(1);
  int answered = 0;
  store->list("o", [&](const Result<SpeakerList>& speakers) { answered += speakers ? 1 : 100; });
  ErrorCode code{};
  store->list("o", [&](const Result<SpeakerList>& speakers) { code = speakers.error().code; });
  EXPECT_EQ(code, ErrorCode::resource_exhausted);
  EXPECT_THAT(metrics.render(), HasSubstr("parley_speakers_refused_total 1"));
  EXPECT_EQ(answered, 0);
  store.reset();
  EXPECT_EQ(answered, 1);
}

}  // namespace
}  // namespace parley::test
