// SPDX-License-Identifier: Apache-2.0
#include "graph/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/options.h"
#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using std::chrono_literals::operator""ms;
using test::Relay;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Options {
  float threshold = 0.5F;
  Millis silence_min{300};
  int channels = 1;
  bool is_strict = false;
  std::string voice = "joe";
};

OptionTable<Options> table() {
  return OptionTable<Options>()
      .number("threshold", &Options::threshold, 0.0F, 1.0F)
      .millis("silence_min_ms", &Options::silence_min, 0ms, 5000ms)
      .whole("channels", &Options::channels, 1, 8)
      .flag("is_strict", &Options::is_strict)
      .text("voice", &Options::voice);
}

std::string message(const OptionMap& map) {
  const Result<Options> options = table().read(map);
  if (options) return "read";
  EXPECT_EQ(options.error().code, ErrorCode::invalid_argument);
  return options.error().message;
}

TEST(OptionTable, KeepsDefaultsAndSetsWhatIsGiven) {
  const Result<Options> options = table().read({{"threshold", std::int64_t{1}},
                                                {"silence_min_ms", std::int64_t{200}},
                                                {"is_strict", true},
                                                {"voice", std::string("amy")}});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->threshold, 1.0F);
  EXPECT_EQ(options->silence_min, 200ms);
  EXPECT_EQ(options->channels, 1);
  EXPECT_TRUE(options->is_strict);
  EXPECT_EQ(options->voice, "amy");
}

TEST(OptionTable, NamesTheOptionTheValueAndTheRange) {
  EXPECT_THAT(message({{"threshold", 1.5}}),
              AllOf(HasSubstr("'threshold' is '1.5'"), HasSubstr("from 0 to 1")));
  EXPECT_THAT(message({{"threshold", std::string("high")}}), HasSubstr("a number from 0 to 1"));
  EXPECT_THAT(message({{"channels", 2.5}}), HasSubstr("a whole number from 1 to 8"));
  EXPECT_THAT(message({{"silence_min_ms", std::int64_t{5001}}}), HasSubstr("from 0 to 5000"));
  EXPECT_THAT(message({{"is_strict", std::int64_t{1}}}), HasSubstr("true or false"));
  EXPECT_THAT(message({{"voice", true}}), AllOf(HasSubstr("'true'"), HasSubstr("a text")));
}

TEST(OptionTable, NamesTheNearestOption) {
  EXPECT_THAT(message({{"treshold", 0.5}}),
              AllOf(HasSubstr("no option 'treshold'"), HasSubstr("did you mean 'threshold'?")));
}

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    registry.add("relay", table(), [this](const Options& options) {
      seen = options;
      return std::make_unique<Relay>();
    });
    registry.add("broken", table(), [](const Options&) -> Result<std::unique_ptr<Operator>> {
      return Error{.code = ErrorCode::not_found, .message = "no such model"};
    });
  }
  Registry registry;
  Options seen;
};

TEST_F(RegistryTest, MakesAnOperatorFromItsOptions) {
  const auto made = registry.make("relay", {{"channels", std::int64_t{4}}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)->inputs().size(), 1U);
  EXPECT_EQ(seen.channels, 4);
  EXPECT_THAT(registry.kinds(), ElementsAre("broken", "relay"));
}

TEST_F(RegistryTest, SaysWhatIsWrong) {
  EXPECT_THAT(registry.make("relais").error().message,
              AllOf(HasSubstr("no kind of operator 'relais'"), HasSubstr("'relay'")));
  EXPECT_THAT(registry.make("relay", {{"channels", true}}).error().message,
              HasSubstr("relay: option 'channels'"));
  const auto broken = registry.make("broken");
  EXPECT_EQ(broken.error().code, ErrorCode::not_found);
  EXPECT_EQ(broken.error().message, "broken: no such model");
}

}  // namespace
}  // namespace parley::graph
