// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/piper_graphs.h"

#include <filesystem>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/backend/onnx/model_fixture.h"

namespace parley::backend {
namespace {

using testing::HasSubstr;

const std::string kFolder = model_path("en_US-joe-medium");

TEST(PiperGraphs, KnowWhatAWindowNeeds) {
  PARLEY_NEED_FILE(kFolder + "/generator.onnx");
  const auto graphs = PiperGraphs::load(kFolder, false);
  ASSERT_TRUE(graphs) << graphs.error().message;
  EXPECT_EQ(graphs->frame_samples(), 256U);
  EXPECT_EQ(graphs->flow_margin(), 32U) << "four times four convolutions of five";
  EXPECT_EQ(graphs->margin(), 12U);
}

TEST(PiperGraphs, RefuseWhatIsNotTheirs) {
  EXPECT_EQ(PiperGraphs::load("/nowhere", false).error().code, ErrorCode::not_found);
  PARLEY_NEED_FILE(kFolder + "/generator.onnx");
  const auto several = PiperGraphs::load(kFolder, true);
  ASSERT_FALSE(several);
  EXPECT_THAT(several.error().message, HasSubstr("number of speakers"));

  // A flow in the generator's place.
  const std::string folder = testing::TempDir() + "/graphs";
  std::filesystem::create_directories(folder);
  for (const char* name : {"encoder.onnx", "flow.onnx"}) {
    std::filesystem::copy(kFolder + "/" + name, folder + "/" + name,
                          std::filesystem::copy_options::overwrite_existing);
  }
  std::filesystem::copy(kFolder + "/flow.onnx", folder + "/generator.onnx",
                        std::filesystem::copy_options::overwrite_existing);
  const auto swapped = PiperGraphs::load(folder, false);
  ASSERT_FALSE(swapped);
  EXPECT_EQ(swapped.error().code, ErrorCode::data_corrupt);
  EXPECT_THAT(swapped.error().message, HasSubstr("generator.onnx"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace parley::backend
