// SPDX-License-Identifier: Apache-2.0
//
// What `parley worker` refuses before it loads anything; what it does is in
// tests/e2e/rooms_worker_test.py.
#include "cli/worker_command.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/cli/run_command.h"

namespace parley::cli {
namespace {

std::string refusal(std::vector<std::string> words) {
  words.insert(words.begin(), "worker");
  words.insert(words.end(), {"--set", "models.fake=true"});
  const test::CommandOutcome outcome = test::run_command(words);
  EXPECT_EQ(outcome.status, kFailed);
  return outcome.err;
}

TEST(WorkerCommand, RefusesWhatCannotWorkAndSaysWhichSetting) {
  EXPECT_THAT(refusal({}), testing::HasSubstr("--url ws://127.0.0.1:7880 (rooms.url)"));
  EXPECT_THAT(refusal({"--url", "livekit"}), testing::HasSubstr("rooms.url: 'livekit'"));
  EXPECT_THAT(refusal({"--url", "ws://x"}), testing::HasSubstr("rooms.key"));
  EXPECT_THAT(refusal({"--url", "ws://x", "--livekit-key", "k"}),
              testing::HasSubstr("rooms.secret"));
  EXPECT_THAT(refusal({"--url", "ws://x", "--livekit-key", "k", "--livekit-secret", "s", "--port",
                       "99999"}),
              testing::AllOf(testing::HasSubstr("rooms.port"), testing::HasSubstr("--port")));
}

}  // namespace
}  // namespace parley::cli
