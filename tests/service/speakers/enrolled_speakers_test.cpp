// SPDX-License-Identifier: Apache-2.0
#include "service/speakers/enrolled_speakers.h"

#include <gtest/gtest.h>

#include "exec/manual_executor.h"
#include "store/memory/memory_speakers.h"

namespace parley::service {
namespace {

class EnrolledSpeakersTest : public ::testing::Test {
 protected:
  EnrolledSpeakersTest() {
    auto vault = store::SpeakerVault::open(std::make_unique<store::MemorySpeakers>(),
                                           {.hex = std::string(64, 'a'), .file = {}});
    EXPECT_TRUE(vault);
    store_ = std::make_unique<store::SpeakerStore>(
        *std::move(vault),
        store::SpeakerStore::Surroundings{runtime_.executor, runtime_.clock, metrics_});
    known_ = std::make_unique<EnrolledSpeakers>(*store_, "m", 0.75F);
  }
  void enrol(const std::string& name, const std::string& model, std::vector<float> embedding) {
    store_->enrol({"o", name}, {model, std::move(embedding)},
                  [](const Result<store::Speaker>& speaker) { EXPECT_TRUE(speaker); });
  }
  [[nodiscard]] std::string who(std::vector<float> embedding) const {
    return known_->name_of("o", embedding);
  }

  exec::ManualRuntime runtime_;
  Metrics metrics_;
  std::unique_ptr<store::SpeakerStore> store_;
  std::unique_ptr<EnrolledSpeakers> known_;
};

TEST_F(EnrolledSpeakersTest, AreKnownOnceTheStoreHasBeenRead) {
  enrol("anna", "m", {1.0F, 0.0F});
  enrol("other model", "n", {0.0F, 1.0F});
  known_->refresh("o");
  EXPECT_TRUE(known_->may_know_any("o")) << "nobody knows yet";
  EXPECT_EQ(who({1.0F, 0.0F}), "");
  runtime_.run_until_idle();
  EXPECT_EQ(who({1.0F, 0.0F}), "anna");
  EXPECT_EQ(who({0.6F, 0.8F}), "") << "not alike enough";
  EXPECT_EQ(known_->name_of("somebody else", std::vector{1.0F, 0.0F}), "");
}

TEST_F(EnrolledSpeakersTest, WhereNobodyIsEnrolledNobodyIsLookedFor) {
  known_->refresh("o");
  runtime_.run_until_idle();
  EXPECT_FALSE(known_->may_know_any("o"));
  EXPECT_TRUE(known_->may_know_any("p"));
}

TEST_F(EnrolledSpeakersTest, AChangeIsSeenThoughAReadingWasUnderWay) {
  known_->refresh("o");
  enrol("anna", "m", {1.0F});
  known_->refresh("o");  // one is under way: not asked again
  known_->reread("o");
  runtime_.run_until_idle();
  EXPECT_EQ(who({1.0F}), "anna");
}

TEST_F(EnrolledSpeakersTest, MayGoWhileAReadingIsUnderWay) {
  known_->refresh("o");
  known_.reset();
  runtime_.run_until_idle();
}

}  // namespace
}  // namespace parley::service
