// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/ort_session.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "backend/onnx/ort_providers.h"
#include "backend/onnx/ort_value.h"
#include "backend/onnx/terminate_on_cancel.h"

namespace parley::backend {
namespace {

using testing::HasSubstr;

std::string write_file(const std::string& name, const std::string& bytes) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(InferenceSession, NamesAFileThatIsNotThere) {
  const auto session = InferenceSession::load("/nowhere/model.onnx", {}, {});
  ASSERT_FALSE(session);
  EXPECT_EQ(session.error().code, ErrorCode::not_found);
  EXPECT_THAT(session.error().message, HasSubstr("/nowhere/model.onnx"));
  EXPECT_EQ(InferenceSession::load(testing::TempDir(), {}, {}).error().code, ErrorCode::not_found);
}

TEST(InferenceSession, ChoosesAmongTheProvidersOfThisBuild) {
  const std::vector<std::string> available = available_providers();
  EXPECT_EQ(available.front(), "cpu");
  const std::string path = write_file("any.onnx", "not looked at");
  for (const std::string provider : {"cuda", "tensorrt", "npu"}) {
    if (std::find(available.begin(), available.end(), provider) != available.end()) continue;
    const auto session = InferenceSession::load(path, {}, {}, {.provider = provider});
    ASSERT_FALSE(session);
    EXPECT_EQ(session.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(session.error().message,
                HasSubstr(path + ": provider '" + provider +
                          "' is not in this build of ONNX Runtime; available: cpu"));
    EXPECT_THAT(session.error().message, HasSubstr("put an ONNX Runtime that has it"));
  }
}

TEST(InferenceSession, RefusesFilesThatAreNoModels) {
  const std::string noise(10'000, '\x5A');
  for (const char* name : {"noise.onnx", "noise.ort"}) {
    for (const std::string& bytes : {std::string(), std::string("hello"), noise}) {
      const std::string path = write_file(name, bytes);
      const auto session = InferenceSession::load(path, {"input"}, {});
      ASSERT_FALSE(session) << path;
      EXPECT_EQ(session.error().code, ErrorCode::data_corrupt) << session.error().message;
      EXPECT_THAT(session.error().message, HasSubstr(path));
    }
  }
}

TEST(OrtValue, LooksAtTheCallersValues) {
  std::vector<float> values{1, 2, 3, 4, 5, 6};
  const std::int64_t shape[] = {2, 3};
  const auto value = tensor(values, shape);
  ASSERT_TRUE(value) << value.error().message;
  EXPECT_THAT(shape_of(**value).value_or({}), testing::ElementsAre(2, 3));
  values[5] = 7;
  const auto seen = floats(**value);
  ASSERT_TRUE(seen);
  EXPECT_EQ(seen->size(), 6U);
  EXPECT_EQ(seen->back(), 7);
}

TEST(OrtValue, RefusesAShapeThatIsLargerThanTheValues) {
  std::vector<float> values{1, 2, 3};
  const std::int64_t shape[] = {2, 3};
  EXPECT_FALSE(tensor(values, shape));
}

TEST(TerminateOnCancel, LeavesNoHookBehind) {
  model::Call call;
  call.begin({}, Instant::never());
  {
    const TerminateOnCancel terminate(call);
  }
  call.cancel();  // a dangling hook would be caught by the address sanitizer
  EXPECT_TRUE(call.cancelled());
}

}  // namespace
}  // namespace parley::backend
