// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/phrase_folder.h"

#include <array>
#include <filesystem>

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "tests/backend/phrase_cache/phrases.h"
#include "tests/backend/phrase_cache/scratch_folder.h"

namespace parley::backend {
namespace {

namespace fs = std::filesystem;
using test::files_in;
using test::key_of;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr std::int64_t kNow = 1'750'000'000;

class PhraseFolderTest : public ::testing::Test {
 protected:
  std::string path_of(const PhraseKey& key) const {
    return root + "/" + key.hex().substr(0, 2) + "/" + key.hex() + ".phrase";
  }
  std::vector<PhraseFolder::Found> list_all(std::int64_t now = kNow) const {
    std::vector<PhraseFolder::Found> all;
    for (std::size_t i = 0; i < PhraseFolder::kFolders; ++i) {
      for (const PhraseFolder::Found& found : folder.list(i, now)) all.push_back(found);
    }
    return all;
  }

  test::ScratchFolder scratch;
  const std::string root = scratch.file("deep/phrases");
  const PhraseFolder folder{root};
  const PhraseKey a = key_of("a");
};

TEST_F(PhraseFolderTest, WritesUnderTheKeysNameForThisUserAlone) {
  EXPECT_EQ(folder.read(a).error().code, ErrorCode::not_found);
  ASSERT_TRUE(folder.write(a, "bytes", kNow));
  EXPECT_EQ(*folder.read(a), "bytes");
  EXPECT_THAT(files_in(root), ::testing::ElementsAre(path_of(a)));
  struct stat status{};
  ASSERT_EQ(::stat(path_of(a).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777U, 0600U);
  ASSERT_TRUE(folder.write(a, "other", kNow));
  EXPECT_EQ(*folder.read(a), "other");
}

TEST_F(PhraseFolderTest, KnowsWhenPhrasesWereUsedAndWhatTheyTake) {
  ASSERT_TRUE(folder.write(a, std::string(5000, 'x'), kNow - 100));
  ASSERT_TRUE(folder.write(key_of("b"), "", kNow));
  folder.touch(a, kNow - 10);
  const auto all = list_all();
  ASSERT_EQ(all.size(), 2U);
  const auto& first = all[0].key == a ? all[0] : all[1];
  EXPECT_EQ(first.key, a);
  EXPECT_EQ(first.bytes, 8192U);
  EXPECT_EQ(first.last_use, kNow - 10);
}

TEST_F(PhraseFolderTest, LeavesOtherFilesAloneAndRemovesOldTemporaryOnes) {
  ASSERT_TRUE(folder.write(a, "bytes", kNow));
  const std::string beside = fs::path(path_of(a)).parent_path();
  for (const char* name : {"README", "abc.phrase", ".new-old", ".new-young"}) {
    test::overwrite(beside + "/" + name, "x");
  }
  // A phrase in another one's folder is never looked for.
  test::overwrite(beside + "/" + std::string(64, '0') + ".phrase", "x");
  struct stat status{};
  ASSERT_EQ(::stat((beside + "/.new-young").c_str(), &status), 0);
  const std::array<timespec, 2> old{timespec{status.st_mtim.tv_sec - 7200, 0},
                                    timespec{status.st_mtim.tv_sec - 7200, 0}};
  ::utimensat(AT_FDCWD, (beside + "/.new-old").c_str(), old.data(), 0);
  EXPECT_EQ(list_all(status.st_mtim.tv_sec).size(), 1U);
  EXPECT_FALSE(fs::exists(beside + "/.new-old"));
  EXPECT_TRUE(fs::exists(beside + "/.new-young"));
  EXPECT_TRUE(fs::exists(beside + "/README"));
}

TEST_F(PhraseFolderTest, WhatIsNoPlainFileIsCorruptAndCanBeRemoved) {
  fs::create_directories(path_of(a));
  EXPECT_EQ(folder.read(a).error().code, ErrorCode::data_corrupt);
  EXPECT_TRUE(folder.remove(a));
  test::overwrite(scratch.file("secret"), "secret");
  fs::create_symlink(scratch.file("secret"), path_of(a));
  EXPECT_EQ(folder.read(a).error().code, ErrorCode::data_corrupt);
  EXPECT_TRUE(folder.remove(a));
  EXPECT_TRUE(folder.remove(a));  // also when there is none
  EXPECT_TRUE(fs::exists(scratch.file("secret")));
  EXPECT_EQ(folder.read(a).error().code, ErrorCode::not_found);
}

TEST_F(PhraseFolderTest, AFailedWriteSaysWhyAndLeavesNothing) {
  test::overwrite(scratch.file("deep"), "a file where the folder should be");
  EXPECT_THAT(folder.write(a, "bytes", kNow).error().message, HasSubstr("Not a directory"));
  EXPECT_EQ(folder.write(a, "bytes", kNow).error().code, ErrorCode::unavailable);
  EXPECT_THAT(list_all(), IsEmpty());
  fs::remove(scratch.file("deep"));
  fs::create_directories(path_of(a) + "/occupied");  // the name cannot be taken
  EXPECT_EQ(folder.write(a, "bytes", kNow).error().code, ErrorCode::unavailable);
  EXPECT_THAT(files_in(root), IsEmpty());
}

}  // namespace
}  // namespace parley::backend
