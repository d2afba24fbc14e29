// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_command.h"

#include <filesystem>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/cli.h"
#include "codec/wav_writer.h"
#include "tests/support/audio.h"

namespace parley::cli {
namespace {

using ::testing::HasSubstr;

struct Outcome {
  int status = 0;
  std::string out;
  std::string err;
};

Outcome bench(std::vector<const char*> arguments) {
  arguments.insert(arguments.begin(), {"parley", "bench"});
  ::testing::internal::CaptureStdout();
  ::testing::internal::CaptureStderr();
  Outcome outcome;
  outcome.status = run(static_cast<int>(arguments.size()), arguments.data());
  outcome.out = ::testing::internal::GetCapturedStdout();
  outcome.err = ::testing::internal::GetCapturedStderr();
  return outcome;
}

TEST(BenchCommand, WrongUsageSaysWhy) {
  EXPECT_EQ(bench({}).status, kWrongUsage);
  EXPECT_EQ(bench({"talk", "--sessions", "0"}).status, kWrongUsage);
  EXPECT_THAT(bench({"talk", "--code-words", "--sessions", "33"}).err, HasSubstr("32 sessions"));
  EXPECT_THAT(bench({"talk", "--idle", "3", "--url", "ws://127.0.0.1:1"}).err, HasSubstr("--pid"));
  EXPECT_THAT(bench({"talk", "--clips", "/nowhere"}).err, HasSubstr("/nowhere: No such file"));
  EXPECT_THAT(bench({"talk", "--cuts", "none.tsv"}).err, HasSubstr("--clips"));
}

TEST(BenchCommand, AServerThatIsAwayIsAFailedBench) {
  const std::filesystem::path folder =
      std::filesystem::path(::testing::TempDir()) / "parley_bench_command";
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(
      codec::write_wav(folder / "tone.wav", 24'000, test::sine(24'000, 220.0, 24'000, 0.3)));
  const std::string clips = folder.string();
  // Port 1 is nobody's.
  const Outcome away = bench({"talk", "--clips", clips.c_str(), "--url", "ws://127.0.0.1:1"});
  EXPECT_EQ(away.status, kFailed);
  EXPECT_THAT(away.out, HasSubstr("NOT ANSWERED"));
  EXPECT_THAT(bench({"talk", "--clips", clips.c_str(), "--url", "wss://127.0.0.1:1"}).err,
              HasSubstr("--url"));
  const Outcome json =
      bench({"talk", "--json", "--clips", clips.c_str(), "--url", "ws://127.0.0.1:1"});
  EXPECT_THAT(json.out, HasSubstr("\"passed\":false"));
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace parley::cli
