// SPDX-License-Identifier: Apache-2.0
//
// Which detector `vad.model` means, and what is said when its files are not there.
#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/config.h"
#include "server/models.h"

namespace parley::server {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;

TEST(LoadVad, EnergyNeedsNoFile) {
  Config config;
  config.models.path = "/nowhere";
  config.vad.model = "energy";
  const auto vad = load_vad(config);
  ASSERT_TRUE(vad) << vad.error().message;
  model::VadCall call;
  const std::array<model::VadCall*, 1> batch{&call};
  (*vad)->infer(batch);
  EXPECT_LT(call.probability, 0.1F);
}

TEST(LoadVad, SileroSaysWhereItLooked) {
  Config config;
  config.models.path = "/nowhere";
  const auto vad = load_vad(config);
  ASSERT_FALSE(vad);
  EXPECT_EQ(vad.error().code, ErrorCode::not_found);
  EXPECT_THAT(vad.error().message, HasSubstr("/nowhere/models/silero-vad/"));
  EXPECT_THAT(vad.error().message, HasSubstr("tools/deps"));
}

TEST(LoadVad, FsmnSaysWhatToBringAndWhere) {
  Config config;
  config.models.path = "/nowhere";
  config.vad.model = "fsmn";
  EXPECT_EQ(fsmn_vad_folder(config), "/nowhere/models/fsmn-vad");
  config.vad.path = "/elsewhere";
  EXPECT_EQ(fsmn_vad_folder(config), "/elsewhere");
  const auto vad = load_vad(config);
  ASSERT_FALSE(vad);
  EXPECT_THAT(vad.error().message, AnyOf(AllOf(HasSubstr("/elsewhere/"), HasSubstr("vad.path")),
                                         HasSubstr("this build has no FSMN-VAD")));
}

TEST(LoadVad, FakesComeFirst) {
  Config config;
  config.models.fake = true;
  config.vad.model = "fsmn";
  config.vad.path = "/nowhere";
  EXPECT_TRUE(load_vad(config));
}

}  // namespace
}  // namespace parley::server
