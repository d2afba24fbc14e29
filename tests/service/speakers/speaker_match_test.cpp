// SPDX-License-Identifier: Apache-2.0
#include "service/speakers/speaker_match.h"

#include <vector>

#include <gtest/gtest.h>

namespace parley::service {
namespace {

store::Speaker speaker(std::string name, std::vector<float> embedding, std::string model = "m") {
  return {.name = std::move(name), .voice = {std::move(model), std::move(embedding)}};
}

const std::vector<store::Speaker> kSpeakers{
    speaker("alice", {1.0F, 0.0F, 0.0F}),
    speaker("bob", {0.0F, 1.0F, 0.0F}),
    speaker("carol", {0.0F, 0.0F, 1.0F}, "other"),
    speaker("dave", {0.0F, 1.0F}),
};

TEST(SpeakerMatch, NamesTheMostSimilar) {
  const auto who = identify(kSpeakers, {"m", {0.28F, 0.96F, 0.0F}}, 0.9F);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->name, "bob");
  EXPECT_FLOAT_EQ(who->score, 0.96F);
  EXPECT_TRUE(who->is_match);
}

TEST(SpeakerMatch, SaysWhenTheMostSimilarIsNotSimilarEnough) {
  const auto who = identify(kSpeakers, {"m", {0.8F, 0.0F, 0.6F}}, 0.9F);
  ASSERT_TRUE(who);
  EXPECT_EQ(who->name, "alice");
  EXPECT_FALSE(who->is_match);
}

TEST(SpeakerMatch, LeavesOutWhoWasEnrolledWithAnotherModel) {
  const auto who = identify(kSpeakers, {"other", {1.0F, 0.0F, 0.0F}});
  ASSERT_TRUE(who);
  EXPECT_EQ(who->name, "carol");
  EXPECT_FALSE(identify(kSpeakers, {"third", {1.0F, 0.0F, 0.0F}}));
  EXPECT_FALSE(identify({}, {"m", {1.0F, 0.0F, 0.0F}}));
}

TEST(SpeakerMatch, VerifiesOne) {
  const store::VoicePrint voice{"m", {0.0F, 1.0F, 0.0F}};
  EXPECT_TRUE(verify(kSpeakers, "bob", voice)->is_match);
  const auto alice = verify(kSpeakers, "alice", voice);
  ASSERT_TRUE(alice);
  EXPECT_FALSE(alice->is_match);
  EXPECT_FLOAT_EQ(alice->score, 0.0F);
  EXPECT_EQ(verify(kSpeakers, "eve", voice).error().code, ErrorCode::not_found);
  EXPECT_EQ(verify(kSpeakers, "carol", voice).error().code, ErrorCode::failed_precondition);
  EXPECT_EQ(verify(kSpeakers, "dave", voice).error().code, ErrorCode::failed_precondition);
}

}  // namespace
}  // namespace parley::service
