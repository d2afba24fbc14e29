// SPDX-License-Identifier: Apache-2.0
#include "cli/recordings.h"

#include <filesystem>
#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

struct RecordingsTest : testing::Test {
  void SetUp() override { std::filesystem::create_directories(folder / "sub"); }
  void TearDown() override { std::filesystem::remove_all(folder); }
  void touch(const std::string& name) { std::ofstream(folder / name) << "."; }
  static std::vector<std::string> names(const std::vector<std::string>& arguments) {
    const auto found = find_recordings(arguments);
    EXPECT_TRUE(found);
    std::vector<std::string> names;
    for (const Recording& one : *found) names.push_back(one.name);
    return names;
  }

  const std::filesystem::path folder =
      std::filesystem::path(testing::TempDir()) / "parley_recordings_test";
};

TEST_F(RecordingsTest, AFolderGivesWhatSoundsInTheOrderOfTheNames) {
  for (const char* name : {"b.wav", "a.MP3", "notes.txt", "sub/c.webm", "noending"}) touch(name);
  EXPECT_THAT(names({folder}), ElementsAre("a", "b", "sub/c"));
}

TEST_F(RecordingsTest, AFileIsTakenWhateverItIsCalled) {
  EXPECT_THAT(names({folder / "noending", "missing.dat"}), ElementsAre("noending", "missing"));
}

TEST_F(RecordingsTest, NoTwoHaveOneName) {
  for (const char* name : {"a.wav", "a.mp3", "sub/a.wav"}) touch(name);
  EXPECT_THAT(names({folder}), ElementsAre("a.mp3", "a.wav", "sub/a"));
  EXPECT_THAT(names({folder / "a.wav", folder / "sub/a.wav"}), ElementsAre("a.wav", "a.wav-2"));
}

TEST_F(RecordingsTest, AFolderWithoutRecordingsIsAnError) {
  touch("notes.txt");
  const auto found = find_recordings({folder});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::not_found);
  EXPECT_THAT(found.error().message, HasSubstr("no recordings in this folder"));
}

}  // namespace
}  // namespace parley::cli
