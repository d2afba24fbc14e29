// SPDX-License-Identifier: Apache-2.0
//
// The rules of starting, asking and replacing the program, with shell scripts in its place.
#include "backend/phonemizer/phonemizer_process.h"

#include <cerrno>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>

namespace parley::backend {
namespace {

using testing::HasSubstr;

// A request's text has no newline here, so it becomes the beginning of the next head that is read.
constexpr const char* kAlwaysHi = R"(while read -r head; do printf 'ok 2\nhi'; done)";
constexpr const char* kDies = R"(read -r head; kill -9 $$)";

PhonemizerOptions script(const std::string& text) {
  return {.program = "/bin/sh", .arguments = {"-c", text}};
}

void expect_no_children() {
  EXPECT_EQ(::waitpid(-1, nullptr, WNOHANG), -1);
  EXPECT_EQ(errno, ECHILD);
}

TEST(PhonemizerProcess, AsksOneProgramManyTimes) {
  Metrics metrics;
  {
    PhonemizerProcess phonemizer(script(kAlwaysHi), metrics);
    EXPECT_EQ(phonemizer.pid(), std::nullopt);
    ASSERT_EQ(phonemizer.phonemes("a", "en").value_or("?"), "hi");
    const auto pid = phonemizer.pid();
    ASSERT_TRUE(pid);
    EXPECT_EQ(phonemizer.phonemes("b", "en").value_or("?"), "hi");
    EXPECT_EQ(phonemizer.pid(), pid);
  }
  expect_no_children();
}

TEST(PhonemizerProcess, StartsItAgainWhenItWasKilled) {
  Metrics metrics;
  {
    PhonemizerProcess phonemizer(script(kAlwaysHi), metrics);
    for (int round = 0; round < 5; ++round) {
      ASSERT_EQ(phonemizer.phonemes("a", "en").value_or("?"), "hi");
      const auto pid = phonemizer.pid();
      ASSERT_TRUE(pid);
      ASSERT_EQ(::kill(*pid, SIGKILL), 0);
      ASSERT_EQ(phonemizer.phonemes("b", "en").value_or("?"), "hi");
      EXPECT_NE(phonemizer.pid(), pid);
    }
    EXPECT_THAT(metrics.render(), HasSubstr("parley_phonemizer_deaths_total 5"));
  }
  expect_no_children();
}

TEST(PhonemizerProcess, FailsATextThatKillsItTwice) {
  Metrics metrics;
  PhonemizerProcess phonemizer(script(kDies), metrics);
  const auto answer = phonemizer.phonemes("a", "en");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::internal);
  EXPECT_THAT(answer.error().message, HasSubstr("twice"));
  EXPECT_EQ(phonemizer.pid(), std::nullopt);
  expect_no_children();
}

TEST(PhonemizerProcess, ServesOthersAfterATextThatKillsIt) {
  Metrics metrics;
  PhonemizerProcess phonemizer(
      script(
          R"(while read -r head; do case "$head" in *xx*) kill -9 $$;; esac; printf 'ok 2\nhi'; done)"),
      metrics);
  EXPECT_FALSE(phonemizer.phonemes("a", "xx"));
  EXPECT_EQ(phonemizer.phonemes("a", "en").value_or("?"), "hi");
}

TEST(PhonemizerProcess, StopsOneThatDoesNotAnswer) {
  Metrics metrics;
  PhonemizerOptions options = script("cat >/dev/null");
  options.answer_max = Millis(20);
  PhonemizerProcess phonemizer(options, metrics);
  const auto answer = phonemizer.phonemes("a", "en");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::deadline_exceeded);
  expect_no_children();
}

TEST(PhonemizerProcess, StopsOneThatTalksNonsense) {
  Metrics metrics;
  PhonemizerProcess phonemizer(
      script("echo this is not a reply but something else; cat >/dev/null"), metrics);
  const auto answer = phonemizer.phonemes("a", "en");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::internal);
  expect_no_children();
}

TEST(PhonemizerProcess, PassesTheProgramsErrorsOn) {
  Metrics metrics;
  PhonemizerProcess phonemizer(
      script(R"(read -r head; printf 'error 8\nno voice'; cat >/dev/null)"), metrics);
  const auto answer = phonemizer.phonemes("a", "zz");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::invalid_argument);
  EXPECT_THAT(answer.error().message, HasSubstr("no voice"));
  EXPECT_TRUE(phonemizer.pid());  // it lives
}

TEST(PhonemizerProcess, NamesAProgramThatIsNotThere) {
  Metrics metrics;
  PhonemizerProcess phonemizer({.program = "/nowhere/parley-phonemizer"}, metrics);
  const auto answer = phonemizer.phonemes("a", "en");
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code, ErrorCode::not_found);
  EXPECT_THAT(answer.error().message, HasSubstr("/nowhere/parley-phonemizer"));
  EXPECT_FALSE(find_phonemizer("/nowhere/parley-phonemizer"));
  EXPECT_EQ(find_phonemizer("/bin/sh").value_or("?"), "/bin/sh");
}

}  // namespace
}  // namespace parley::backend
