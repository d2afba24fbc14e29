// SPDX-License-Identifier: Apache-2.0
#include "cli/transcript_file.h"

#include <chrono>
#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::cli {
namespace {

namespace fs = std::filesystem;

struct TranscriptFileTest : testing::Test {
  void SetUp() override {
    fs::create_directories(folder);
    std::ofstream(recording.path) << "sound";
  }
  void TearDown() override { fs::remove_all(folder); }

  const fs::path folder = fs::path(testing::TempDir()) / "parley_transcript_file_test";
  const Recording recording{.path = folder / "a.wav", .name = "deep/a"};
  const TranscriptPlace place{.folder = folder / "out",
                              .formats = {TranscriptFormat::text, TranscriptFormat::vtt}};
};

TEST_F(TranscriptFileTest, AllIsThereOnceAllIsWritten) {
  EXPECT_FALSE(place.has_all_of(recording));
  ASSERT_TRUE(place.make_room_for(recording));
  ASSERT_TRUE(place.write(recording, {}));
  EXPECT_TRUE(place.has_all_of(recording));
  fs::remove(folder / "out/deep/a.vtt");
  EXPECT_FALSE(place.has_all_of(recording));
}

TEST_F(TranscriptFileTest, LeavesNothingButTheTranscripts) {
  ASSERT_TRUE(place.make_room_for(recording));
  ASSERT_TRUE(place.write(recording, {}));
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder / "out/deep")) {
    names.push_back(entry.path().filename());
  }
  EXPECT_THAT(names, testing::UnorderedElementsAre("a.txt", "a.vtt"));
  EXPECT_EQ(place.journal_of(recording), (folder / "out/deep/a.part").string());
}

TEST_F(TranscriptFileTest, AFileThatCannotBeWrittenIsNamed) {
  const Status written = place.write(recording, {});  // no folder
  ASSERT_FALSE(written);
  EXPECT_THAT(written.error().message, testing::HasSubstr("a.txt: cannot write"));
}

TEST_F(TranscriptFileTest, AnotherRecordingHasAnotherIdentity) {
  const std::string before = identity_of(recording);
  EXPECT_EQ(identity_of(recording), before);
  fs::last_write_time(recording.path,
                      fs::last_write_time(recording.path) + std::chrono::seconds(1));
  EXPECT_NE(identity_of(recording), before);
  EXPECT_EQ(identity_of({.path = "missing.wav", .name = "missing"}), "missing.wav");
}

}  // namespace
}  // namespace parley::cli
