// SPDX-License-Identifier: Apache-2.0
#include "graph/registry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/option_value.h"
#include "graph/options.h"
#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using std::chrono_literals::operator""ms;
using test::Relay;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

enum class WhenFull : std::uint8_t { block, drop };

struct Options {
  float threshold = 0.5F;
  Millis silence_min{300};
  int channels = 1;
  bool is_strict = false;
  std::string voice = "joe";
  WhenFull when_full = WhenFull::block;
  std::vector<std::string> names = {"a", "b"};
  std::size_t bytes = 7;
};

OptionTable<Options> table() {
  return OptionTable<Options>()
      .number("threshold", &Options::threshold, 0.0F, 1.0F)
      .millis("silence_min_ms", &Options::silence_min, 0ms, 5000ms)
      .whole("channels", &Options::channels, 1, 8)
      .flag("is_strict", &Options::is_strict)
      .text("voice", &Options::voice, "Who speaks")
      .choice("when_full", &Options::when_full,
              {{"block", WhenFull::block}, {"drop", WhenFull::drop}})
      .list("names", &Options::names)
      .whole("bytes", &Options::bytes, 0, 1'000'000'000'000);
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
                                                {"voice", std::string("amy")},
                                                {"when_full", std::string("drop")},
                                                {"names", std::string(" x ,y")},
                                                {"bytes", std::int64_t{5'000'000'000}}});
  ASSERT_TRUE(options) << options.error().message;
  EXPECT_EQ(options->threshold, 1.0F);
  EXPECT_EQ(options->silence_min, 200ms);
  EXPECT_EQ(options->channels, 1);
  EXPECT_TRUE(options->is_strict);
  EXPECT_EQ(options->voice, "amy");
  EXPECT_EQ(options->when_full, WhenFull::drop);
  EXPECT_THAT(options->names, ElementsAre("x", "y"));
  EXPECT_EQ(options->bytes, 5'000'000'000U);
}

TEST(OptionTable, NamesTheOptionTheValueAndTheRange) {
  EXPECT_THAT(message({{"threshold", 1.5}}),
              AllOf(HasSubstr("'threshold' is '1.5'"), HasSubstr("from 0 to 1")));
  EXPECT_THAT(message({{"threshold", std::string("high")}}), HasSubstr("a number from 0 to 1"));
  EXPECT_THAT(message({{"channels", 2.5}}), HasSubstr("a whole number from 1 to 8"));
  EXPECT_THAT(message({{"silence_min_ms", std::int64_t{5001}}}), HasSubstr("from 0 to 5000"));
  EXPECT_THAT(message({{"is_strict", std::int64_t{1}}}), HasSubstr("true or false"));
  EXPECT_THAT(message({{"voice", true}}),
              HasSubstr("'true'; give a text, in quotes if it looks like a number"));
  EXPECT_EQ(message({{"when_full", std::string("wait")}}),
            "option 'when_full' is 'wait'; give block or drop");
  EXPECT_THAT(message({{"names", std::string("a,,b")}}),
              HasSubstr("give a list without empty places"));
}

TEST(OptionTable, NamesTheNearestOption) {
  EXPECT_THAT(message({{"treshold", 0.5}}),
              AllOf(HasSubstr("no option 'treshold'"), HasSubstr("did you mean 'threshold'?")));
  EXPECT_THAT(
      message({{"colour_of_hair", true}}),
      HasSubstr("no option 'colour_of_hair'; there is: threshold, silence_min_ms, channels"));
}

TEST(OptionTable, AsksForWhatIsRequired) {
  const auto strict =
      OptionTable<Options>().text("voice", &Options::voice, "Who speaks").required();
  EXPECT_EQ(strict.read({}).error().message, "option 'voice' is missing; give text (Who speaks)");
  EXPECT_TRUE(strict.read({{"voice", std::string("amy")}}));
  EXPECT_TRUE(strict.descriptions()[0].required);
}

TEST(OptionTable, DescribesEachOption) {
  const std::vector<OptionDescription> all = table().descriptions();
  ASSERT_EQ(all.size(), 8U);
  EXPECT_EQ(all[0].name, "threshold");
  EXPECT_EQ(all[0].range, "a number from 0 to 1");
  EXPECT_EQ(all[0].preset, "0.5");
  EXPECT_EQ(all[1].range, "a whole number from 0 to 5000");
  EXPECT_EQ(all[1].preset, "300");
  EXPECT_EQ(all[3].preset, "false");
  EXPECT_EQ(all[4].preset, "joe");
  EXPECT_EQ(all[4].help, "Who speaks");
  EXPECT_EQ(all[5].range, "block or drop");
  EXPECT_EQ(all[5].preset, "block");
  EXPECT_EQ(all[6].preset, "a, b");
}

class RegistryTest : public ::testing::Test {
 protected:
  RegistryTest() {
    registry.add("relay", "Passes events on", table(), [this](const Options& options) {
      seen = options;
      return std::make_unique<Relay>();
    });
    registry.add("broken", "Fails", table(), [](const Options&) -> Result<std::unique_ptr<Relay>> {
      return Error{.code = ErrorCode::not_found, .message = "no such model"};
    });
    registry.add("plain", "Has no options", OptionTable<NoOptions>(),
                 [](NoOptions) { return std::make_unique<Relay>(); });
  }
  Registry registry;
  Options seen;
};

TEST_F(RegistryTest, MakesAnOperatorFromItsOptions) {
  const auto made = registry.make("relay", {{"channels", std::int64_t{4}}});
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ((*made)->inputs().size(), 1U);
  EXPECT_EQ(seen.channels, 4);
  EXPECT_THAT(registry.kinds(), ElementsAre("broken", "plain", "relay"));
  EXPECT_TRUE(registry.make("plain"));
}

TEST_F(RegistryTest, DescribesAKind) {
  ASSERT_NE(registry.describe("relay"), nullptr);
  EXPECT_EQ(registry.describe("relay")->summary, "Passes events on");
  EXPECT_EQ(registry.describe("relay")->options.size(), 8U);
  EXPECT_EQ(registry.describe("relais"), nullptr);
  EXPECT_TRUE(registry.has("plain"));
}

TEST_F(RegistryTest, ChecksOneOption) {
  EXPECT_TRUE(registry.check_option("relay", "channels", std::int64_t{2}));
  EXPECT_THAT(registry.check_option("relay", "channels", std::int64_t{9}).error().message,
              HasSubstr("relay: option 'channels' is '9'"));
  EXPECT_THAT(registry.check_option("relay", "chanels", std::int64_t{2}).error().message,
              HasSubstr("did you mean 'channels'"));
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
