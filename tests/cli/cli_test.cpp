// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run_command.h"

namespace parley::cli {
namespace {

using Outcome = test::CommandOutcome;
using test::run_command;
using ::testing::HasSubstr;

TEST(Cli, HelpNamesTheCommands) {
  const Outcome outcome = run_command({"--help"});
  EXPECT_EQ(outcome.status, kDone);
  EXPECT_THAT(outcome.out, HasSubstr("serve"));
}

TEST(Cli, TellsItsVersion) { EXPECT_THAT(run_command({"--version"}).out, HasSubstr("parley 0.")); }

TEST(Cli, WrongUsageSaysWhatIsMeant) {
  EXPECT_EQ(run_command({}).status, kWrongUsage);
  const Outcome mistyped = run_command({"srve"});
  EXPECT_EQ(mistyped.status, kWrongUsage);
  EXPECT_THAT(mistyped.err, HasSubstr("'serve'"));
  EXPECT_EQ(run_command({"serve", "--prot", "1"}).status, kWrongUsage);
}

TEST(Cli, ServeNamesWhatItCannotDo) {
  const Outcome bad_port = run_command({"serve", "--port", "http"});
  EXPECT_EQ(bad_port.status, kFailed);
  EXPECT_THAT(bad_port.err, HasSubstr("--port: server.port = 'http': expected a whole number"));
  const Outcome open = run_command({"serve", "--host", "0.0.0.0", "--port", "0"});
  EXPECT_EQ(open.status, kFailed);
  EXPECT_THAT(open.err, HasSubstr("server.api_keys"));
  EXPECT_EQ(open.out, "");
}

TEST(Cli, ConfigPrintsWhatIsInForceWithoutSecrets) {
  const Outcome outcome =
      run_command({"config", "--set", "server.port=7", "--set", "llm.api_key=hunter2"});
  EXPECT_EQ(outcome.status, kDone);
  EXPECT_THAT(outcome.out, HasSubstr("server.port: 7\n"));
  EXPECT_THAT(outcome.out, HasSubstr("llm.api_key: (set)\n"));
  EXPECT_THAT(run_command({"config", "--markdown"}).out, HasSubstr("# Configuration"));
}

}  // namespace
}  // namespace parley::cli
