// SPDX-License-Identifier: Apache-2.0
//
// The commands as a user types them, on the fake models.
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/doctor_command.h"
#include "cli/models_command.h"
#include "cli/say_command.h"
#include "cli/transcribe_command.h"
#include "tests/cli/run_command.h"

namespace parley::cli {
namespace {

using Outcome = test::CommandOutcome;
using testing::HasSubstr;
using testing::MatchesRegex;

struct CommandsTest : testing::Test {
  void SetUp() override { std::filesystem::create_directories(folder / "models"); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  Outcome parley(std::vector<std::string> words) const {
    words.insert(words.end(),
                 {"--set", "models.fake=true", "--set", "models.path=" + folder.string()});
    return test::run_command(words);
  }

  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "parley_commands_test";
};

TEST_F(CommandsTest, SayAndTranscribe) {
  const std::string file = folder / "said.wav";
  const Outcome said = parley({"say", "Hello there.", "-o", file});
  EXPECT_EQ(said.status, kDone) << said.err;
  EXPECT_EQ(said.out, "");
  const Outcome heard = parley({"transcribe", file, folder / "none.wav"});
  EXPECT_EQ(heard.status, kFailed);
  EXPECT_THAT(heard.out, MatchesRegex(file + "\theard [^\n]*\n"));
  EXPECT_THAT(heard.err, HasSubstr("none.wav: No such file"));
}

TEST_F(CommandsTest, SayNeedsATextAndAFile) {
  EXPECT_EQ(parley({"say"}).status, kWrongUsage);
  EXPECT_EQ(parley({"say", "Hello."}).status, kWrongUsage);
  EXPECT_THAT(parley({"say", " ", "-o", folder / "x.wav"}).err, HasSubstr("no text"));
  const Outcome nowhere = parley({"say", "Hello.", "-o", folder / "no/x.wav"});
  EXPECT_EQ(nowhere.status, kFailed);
  EXPECT_THAT(nowhere.err, HasSubstr("parley say: "));
  EXPECT_EQ(parley({"transcribe"}).status, kWrongUsage);
  EXPECT_EQ(parley({"transcribe", "--format", "srt", "a.wav", "b.wav"}).status, kWrongUsage);
  EXPECT_EQ(parley({"transcribe", "--format", "doc", "a.wav"}).status, kWrongUsage);
  EXPECT_EQ(parley({"transcribe", "--format", "srt", "--json", "a.wav"}).status, kWrongUsage);
}

TEST_F(CommandsTest, Models) {
  const Outcome list = parley({"models"});
  EXPECT_EQ(list.status, kDone);
  EXPECT_THAT(list.out, HasSubstr("silero-vad"));
  EXPECT_EQ(parley({"models", "list"}).out, list.out);
  EXPECT_THAT(parley({"models", "list", "--json"}).out, HasSubstr(R"("name":"silero-vad")"));
  EXPECT_EQ(parley({"models", "verify"}).status, kDone);  // none is there
  EXPECT_EQ(parley({"models", "verify", "silero-vad"}).status, kFailed);
  EXPECT_EQ(parley({"models", "remove", "silero-vad"}).status, kFailed);
  EXPECT_EQ(parley({"models", "remove"}).status, kWrongUsage);
  EXPECT_THAT(parley({"models", "pull", "silero-vad"}).err, HasSubstr("tools/deps"));
  EXPECT_THAT(parley({"models", "pull", "http://127.0.0.1:1/x.bin"}).err, HasSubstr("--sha256"));
}

TEST_F(CommandsTest, DoctorFindsWhatIsSoOnTheFakes) {
  const Outcome outcome = parley({"doctor", "--set", "server.port=0"});
  EXPECT_THAT(outcome.out, HasSubstr("note     models: models.fake is set"));
  EXPECT_THAT(outcome.out, testing::ContainsRegex("conversation: .*you: heard .*; parley: heard"));
  const Outcome quick = parley({"doctor", "--quick", "--json", "--set", "server.port=0"});
  EXPECT_THAT(quick.out, HasSubstr(R"({"level":"ok","subject":"port")"));
  EXPECT_THAT(quick.out, testing::Not(HasSubstr("conversation")));
}

}  // namespace
}  // namespace parley::cli
