// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/library_log.h"

#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::transport {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;

/// What is written of it.
std::string written(const std::string& bytes) {
  LibraryLog log;
  testing::internal::CaptureStderr();
  for (const char byte : bytes) log.take({&byte, 1});
  return testing::internal::GetCapturedStderr();
}

TEST(LibraryLog, ErrorsAreWarningsAndWhatFollowsThemGoesWithThem) {
  EXPECT_THAT(
      written("[2026-08-06T12:53:51Z ERROR livekit::rtc] failed: Rtc(\n  code: 1\n"),
      AllOf(HasSubstr(R"("level":"warn")"), HasSubstr("failed: Rtc("), HasSubstr("code: 1")));
}

TEST(LibraryLog, WarningsAndGoodByesAreNotShown) {
  EXPECT_EQ(written("[2026-08-06T12:53:51Z WARN  livekit::rtc] restarting\n"), "");
  EXPECT_EQ(written("[2026-08-06T12:53:51Z ERROR livekit::rtc] publisher data channel is closed\n"),
            "");
}

TEST(LibraryLog, WhatItSaysWhenItDiesIsShownWithoutTokens) {
  EXPECT_THAT(written("thread 'main' panicked at eyJhbGciOi.eyJzdWIi.x\n"),
              AllOf(HasSubstr("panicked at ..."), Not(HasSubstr("eyJ"))));
}

TEST(LibraryLog, ALineThatDoesNotEndIsCut) {
  LibraryLog log;
  testing::internal::CaptureStderr();
  log.take(std::string(100'000, 'x'));
  log.take("y\n");
  EXPECT_LT(testing::internal::GetCapturedStderr().size(), LibraryLog::kLineMax + 200);
}

}  // namespace
}  // namespace parley::transport
