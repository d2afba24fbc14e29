// SPDX-License-Identifier: Apache-2.0
//
// Every kind in the box says what it is, and can be made without anything outside.
#include "operators/register_all.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/port.h"
#include "tests/operators/box_fixture.h"

namespace parley::operators {
namespace {

using graph::OptionMap;
using graph::Registry;
using ::testing::HasSubstr;
using ::testing::IsSupersetOf;

class RegisterAllTest : public test::BoxFixture {};

TEST_F(RegisterAllTest, KnowsTheBox) {
  EXPECT_THAT(registry.kinds(),
              IsSupersetOf({"asr",       "clause",       "decode",      "denoise", "echo_cancel",
                            "file_sink", "file_source",  "filter_bank", "gain",    "gate",
                            "llm",       "log_mel",      "merge",       "mfcc",    "microphone",
                            "mixer",     "multi_stream", "onnx",        "partial", "playout",
                            "print",     "resample",     "say",         "select",  "translate",
                            "speaker",   "switch",       "tee",         "tts",     "turn",
                            "vad",       "windows"}));
}

TEST_F(RegisterAllTest, EveryKindDescribesItself) {
  for (const std::string& kind : registry.kinds()) {
    const graph::KindDescription& description = *registry.describe(kind);
    EXPECT_FALSE(description.summary.empty()) << kind;
    EXPECT_NE(description.summary.back(), '.') << kind;
    for (const graph::OptionDescription& option : description.options) {
      EXPECT_FALSE(option.help.empty()) << kind << "." << option.name;
    }
  }
}

TEST_F(RegisterAllTest, EveryKindIsMadeFromItsDefaults) {
  for (const std::string& kind : registry.kinds()) {
    OptionMap options;
    for (const graph::OptionDescription& option : registry.describe(kind)->options) {
      if (!option.required) continue;
      const bool is_number = option.range.find("number") != std::string::npos;
      if (is_number) {
        options[option.name] = std::int64_t{7};
      } else {
        options[option.name] = std::string("x");
      }
    }
    const auto made = registry.make(kind, options);
    ASSERT_TRUE(made) << made.error().message;
    EXPECT_FALSE((*made)->inputs().empty() && (*made)->outputs().empty()) << kind;
  }
}

TEST_F(RegisterAllTest, AnOperatorWithoutItsModelIsRefused) {
  Registry bare;
  register_all_operators(bare, {.buffers = buffers});
  const OptionMap required{
      {"model", std::string("x")}, {"inputs", std::string("x")}, {"outputs", std::string("x")}};
  for (const std::string kind : {"vad", "asr", "partial", "llm", "translate", "tts", "print",
                                 "microphone", "speaker", "onnx"}) {
    const auto made = bare.make(kind, kind == "onnx" ? required : OptionMap{});
    ASSERT_FALSE(made) << kind;
    EXPECT_THAT(made.error().message, HasSubstr("this program has none"));
    EXPECT_EQ(made.error().code, ErrorCode::failed_precondition);
  }
}

}  // namespace
}  // namespace parley::operators
