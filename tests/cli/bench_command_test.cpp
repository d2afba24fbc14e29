// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_command.h"

#include <filesystem>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/bench_hearing.h"
#include "codec/wav_writer.h"
#include "tests/cli/run_command.h"
#include "tests/support/audio.h"

namespace parley::cli {
namespace {

using Outcome = test::CommandOutcome;
using ::testing::HasSubstr;

Outcome bench(std::vector<std::string> words) {
  words.insert(words.begin(), "bench");
  return test::run_command(words);
}

TEST(BenchCommand, WrongUsageSaysWhy) {
  EXPECT_EQ(bench({}).status, kWrongUsage);
  EXPECT_EQ(bench({"talk", "--sessions", "0"}).status, kWrongUsage);
  EXPECT_THAT(bench({"talk", "--code-words", "--sessions", "33"}).err, HasSubstr("32 sessions"));
  EXPECT_THAT(
      bench({"talk", "--idle", "3", "--url", "ws://127.0.0.1:1", "--set", "models.fake=true"}).err,
      HasSubstr("--pid"));
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
  const Outcome away =
      bench({"talk", "--clips", clips, "--url", "ws://127.0.0.1:1", "--set", "models.fake=true"});
  EXPECT_EQ(away.status, kFailed);
  EXPECT_THAT(away.out, HasSubstr("NOT ANSWERED"));
  EXPECT_THAT(
      bench({"talk", "--clips", clips, "--url", "wss://127.0.0.1:1", "--set", "models.fake=true"})
          .err,
      HasSubstr("--url"));
  const Outcome json = bench({"talk", "--json", "--clips", clips, "--url", "ws://127.0.0.1:1",
                              "--set", "models.fake=true"});
  EXPECT_THAT(json.out, HasSubstr("\"passed\":false"));
  std::filesystem::remove_all(folder);
}

TEST(BenchHearing, ClipsThatAreOneTurn) {
  Config config;
  config.models.fake = true;
  const auto hearing = BenchHearing::load(config);
  ASSERT_TRUE(hearing) << hearing.error().message;
  const auto tone = test::sine(12'000, 220.0, kBenchRate, 0.3);
  std::vector<float> two = tone;
  two.resize(two.size() + 9'600);  // 400 ms
  two.insert(two.end(), tone.begin(), tone.end());
  const std::vector<BenchClip> clips{cut_clip("one", tone), cut_clip("two", two)};
  EXPECT_EQ((*hearing)->one_turn_clips(clips, Millis(600))->size(), 2U);
  const auto kept = (*hearing)->one_turn_clips(clips, Millis(300));
  ASSERT_TRUE(kept) << kept.error().message;
  ASSERT_EQ(kept->size(), 1U);
  EXPECT_EQ(kept->at(0).name, "one");
  EXPECT_EQ((*hearing)->one_turn_clips({clips[1]}, Millis(300)).error().code, ErrorCode::not_found);
  EXPECT_THAT(*(*hearing)->transcribe(clips[0].samples), HasSubstr("heard"));
}

}  // namespace
}  // namespace parley::cli
