// SPDX-License-Identifier: Apache-2.0
#include "cli/cli.h"

#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::cli {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

Outcome run_with(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), "parley");
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.status = run(static_cast<int>(arguments.size()), arguments.data());
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.err = ::testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(Cli, HelpNamesTheCommands) {
  const Outcome outcome = run_with({"--help"});
  EXPECT_EQ(outcome.status, kDone);
  EXPECT_THAT(outcome.out, HasSubstr("serve"));
}

TEST(Cli, TellsItsVersion) { EXPECT_THAT(run_with({"--version"}).out, HasSubstr("parley 0.")); }

TEST(Cli, WrongUsageSaysWhatIsMeant) {
  EXPECT_EQ(run_with({}).status, kWrongUsage);
  const Outcome mistyped = run_with({"srve"});
  EXPECT_EQ(mistyped.status, kWrongUsage);
  EXPECT_THAT(mistyped.err, HasSubstr("'serve'"));
  EXPECT_EQ(run_with({"serve", "--prot", "1"}).status, kWrongUsage);
}

TEST(Cli, ServeNamesWhatItCannotDo) {
  const Outcome bad_port = run_with({"serve", "--port", "http"});
  EXPECT_EQ(bad_port.status, kFailed);
  EXPECT_THAT(bad_port.err, HasSubstr("--port: server.port = 'http': expected a whole number"));
  const Outcome open = run_with({"serve", "--host", "0.0.0.0", "--port", "0"});
  EXPECT_EQ(open.status, kFailed);
  EXPECT_THAT(open.err, HasSubstr("server.api_keys"));
  EXPECT_EQ(open.out, "");
}

TEST(Cli, ConfigPrintsWhatIsInForceWithoutSecrets) {
  const Outcome outcome =
      run_with({"config", "--set", "server.port=7", "--set", "llm.api_key=hunter2"});
  EXPECT_EQ(outcome.status, kDone);
  EXPECT_THAT(outcome.out, HasSubstr("server.port: 7\n"));
  EXPECT_THAT(outcome.out, HasSubstr("llm.api_key: (set)\n"));
  EXPECT_THAT(run_with({"config", "--markdown"}).out, HasSubstr("# Configuration"));
}

}  // namespace
}  // namespace parley::cli
