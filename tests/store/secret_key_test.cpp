// SPDX-License-Identifier: Apache-2.0
#include "store/secret_key.h"

#include <fstream>

#include <gmock/gmock.h>

#include "tests/store/backends.h"

namespace parley::test {
namespace {

using store::open_secret_key;
using ::testing::HasSubstr;
using ::testing::Not;

void write(const std::string& path, const std::string& text, std::filesystem::perms rights) {
  std::ofstream(path) << text;
  std::filesystem::permissions(path, rights);
}

constexpr auto kOwnerOnly =
    std::filesystem::perms::owner_read | std::filesystem::perms::owner_write;

TEST(SecretKey, IsReadFromText) {
  const auto key = store::parse_secret_key("0123456789abcdefABCDEF" + std::string(42, '0'));
  ASSERT_TRUE(key);
  EXPECT_EQ((*key)[0], std::byte{0x01});
  EXPECT_EQ((*key)[7], std::byte{0xEF});
  EXPECT_EQ((*key)[10], std::byte{0xEF});
  EXPECT_EQ((*key)[31], std::byte{0});
  for (const std::string& text :
       {std::string(), std::string(63, 'a'), std::string(65, 'a'), std::string(63, 'a') + "g"}) {
    const auto refused = store::parse_secret_key(text);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, ErrorCode::invalid_argument);
    EXPECT_THAT(refused.error().message, Not(HasSubstr("aaaa")));
  }
  EXPECT_EQ(open_secret_key({}, true).error().code, ErrorCode::invalid_argument);
}

TEST(SecretKey, IsMadeOnceForItsOwnerOnly) {
  const ScratchFolder folder;
  const std::string path = folder.file("a/speakers.key");
  EXPECT_EQ(open_secret_key({.hex = {}, .file = path}, false).error().code, ErrorCode::not_found);
  const auto made = open_secret_key({.hex = {}, .file = path}, true);
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(std::filesystem::status(path).permissions(), kOwnerOnly);
  const auto again = open_secret_key({.hex = {}, .file = path}, true);
  ASSERT_TRUE(again);
  EXPECT_EQ(*again, *made);
  const auto other = open_secret_key({.hex = {}, .file = folder.file("b.key")}, true);
  ASSERT_TRUE(other);
  EXPECT_NE(*other, *made);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.file("a")), {}), 1)
      << "nothing else is left";
}

TEST(SecretKey, IsRefusedWhereOthersCanReadIt) {
  const ScratchFolder folder;
  const std::string path = folder.file("k");
  write(path, std::string(64, '1') + "\n", kOwnerOnly | std::filesystem::perms::others_read);
  const auto refused = open_secret_key({.hex = {}, .file = path}, true);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::permission_denied);
  EXPECT_THAT(refused.error().message, HasSubstr("chmod 600"));
  std::filesystem::permissions(path, kOwnerOnly | std::filesystem::perms::group_read);
  EXPECT_TRUE(open_secret_key({.hex = {}, .file = path}, true)) << "a mounted secret";
}

TEST(SecretKey, IsRefusedWhereTheFileHoldsSomethingElse) {
  const ScratchFolder folder;
  const std::string path = folder.file("k");
  for (const std::string& text :
       {std::string(), std::string(63, '1'), std::string(64, 'z'), std::string(64, '1') + "\n\n"}) {
    write(path, text, kOwnerOnly);
    EXPECT_EQ(open_secret_key({.hex = {}, .file = path}, true).error().code,
              ErrorCode::data_corrupt);
  }
}

}  // namespace
}  // namespace parley::test
