// SPDX-License-Identifier: Apache-2.0
#include "cli/plugin_command.h"

#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run_command.h"

namespace parley::cli {
namespace {

using Outcome = test::CommandOutcome;
using testing::HasSubstr;
using testing::StartsWith;

std::string plugin(const std::string& name) {
  return std::string(PARLEY_TEST_PLUGINS) + "/" + name + ".so";
}

Outcome check(const std::string& path, std::vector<std::string> sets = {}) {
  std::ostringstream out;
  std::ostringstream err;
  const int status = check_plugin_file({.path = path, .sets = std::move(sets)}, out, err);
  return {status, out.str(), err.str()};
}

TEST(PluginCommand, SaysWhatItTried) {
  const Outcome outcome = check(plugin("sample"), {"sample_gain.gain_db=6"});
  EXPECT_EQ(outcome.status, kDone);
  EXPECT_THAT(outcome.out, StartsWith("plugin sample 1.0.0\nok    is loaded\n"
                                      "ok    sample_gain is made and destroyed, many times\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\nok    sample_loudness waits for room\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\n17 checks, nothing wrong\n"));
}

TEST(PluginCommand, SaysWhatIsWrong) {
  const Outcome outcome = check(plugin("faulty"), {"faulty.fault=nonsense"});
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_THAT(outcome.out, HasSubstr("WRONG faulty works: process returned 77, which is no "
                                     "parley_progress\n"));
  EXPECT_THAT(outcome.out, HasSubstr(" of 9 checks found something wrong\n"));
}

TEST(PluginCommand, SaysWhyItIsNotLoaded) {
  const Outcome outcome = check(plugin("absent"));
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_EQ(outcome.out, "WRONG is loaded: plugin '" + plugin("absent") +
                             "': there is no such file\n1 of 1 checks found something wrong\n");
}

TEST(PluginCommand, WantsOptionsInOneForm) {
  for (const char* wrong : {"gain_db=6", "sample_gain.gain_db", ".gain=1", "sample_gain.=1"}) {
    const Outcome outcome = check(plugin("sample"), {wrong});
    EXPECT_EQ(outcome.status, kWrongUsage);
    EXPECT_EQ(outcome.err,
              std::string("parley plugin check: --set ") + wrong + ": give KIND.OPTION=VALUE\n");
  }
}

TEST(PluginCommand, IsACommand) {
  const Outcome outcome =
      test::run_command({"plugin", "check", plugin("delay"), "--timeout", "60"});
  EXPECT_EQ(outcome.status, kDone);
  EXPECT_THAT(outcome.out, HasSubstr("ok    delay_frames works\n"));
}

}  // namespace
}  // namespace parley::cli
