// SPDX-License-Identifier: Apache-2.0
#include "cli/transcribe_progress.h"

#include <gtest/gtest.h>

namespace parley::cli {
namespace {

TEST(TranscribeProgressTest, SaysHowFarItIsHowFastAndHowLongItStillTakes) {
  EXPECT_EQ(progress_line({.files_done = 3,
                           .files = 8,
                           .seconds_done = 3730.0,
                           .seconds = 7140.0,
                           .elapsed = Millis(118'800)}),
            "[==========>         ]  52 %  1:02:10 of 1:59:00, 31.4x real time, 1:49 left, 3 of 8 "
            "files");
}

TEST(TranscribeProgressTest, WhatWasThereBeforeDoesNotMakeItFaster) {
  EXPECT_EQ(progress_line({.files = 1,
                           .seconds_done = 70.0,
                           .seconds_before = 50.0,
                           .seconds = 100.0,
                           .elapsed = Millis(10'000)}),
            "[==============>     ]  70 %  1:10 of 1:40, 2.0x real time, 0:15 left, 0 of 1 file");
}

TEST(TranscribeProgressTest, AtFirstThereIsNoSpeed) {
  EXPECT_EQ(progress_line({.files = 2, .seconds = 100.0, .elapsed = Millis(5000)}),
            "[>                   ]   0 %  0:00 of 1:40, 0 of 2 files");
  EXPECT_EQ(progress_line({.files = 2, .elapsed = Millis(0)}),
            "[>                   ]   0 %  0:00 of 0:00, 0 of 2 files");
}

TEST(TranscribeProgressTest, NeverMoreThanAll) {
  EXPECT_EQ(progress_line({.files_done = 1,
                           .files = 1,
                           .seconds_done = 101.0,
                           .seconds = 100.0,
                           .elapsed = Millis(10'000)}),
            "[====================] 100 %  1:41 of 1:40, 10.1x real time, 0:00 left, 1 of 1 file");
}

}  // namespace
}  // namespace parley::cli
