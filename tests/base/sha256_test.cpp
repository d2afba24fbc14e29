// SPDX-License-Identifier: Apache-2.0
#include "base/sha256.h"

#include <fstream>

#include <gtest/gtest.h>

namespace parley {
namespace {

std::string hash_of(std::string_view text) {
  Sha256 hash;
  hash.update(std::as_bytes(std::span(text)));
  return hash.finish();
}

// FIPS 180-4 examples (csrc.nist.gov, SHA256.pdf).
TEST(Sha256, MatchesTheStandardsExamples) {
  EXPECT_EQ(hash_of("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hash_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  EXPECT_EQ(hash_of(""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
}

TEST(Sha256, DoesNotCareHowTheBytesAreCutAndStartsAfresh) {
  Sha256 hash;
  for (const std::string_view part : {"a", "", "bc"}) hash.update(std::as_bytes(std::span(part)));
  EXPECT_EQ(hash.finish(), hash_of("abc"));
  EXPECT_EQ(hash.finish(), hash_of(""));
}

TEST(Sha256, ReadsFiles) {
  const std::string path = testing::TempDir() + "/parley_sha256_test";
  const std::string text(3'000'000, 'x');
  std::ofstream(path, std::ios::binary) << text;
  EXPECT_EQ(*sha256_of_file(path), hash_of(text));
  EXPECT_EQ(sha256_of_file(path + ".none").error().code, ErrorCode::not_found);
}

TEST(Sha256, KnowsItsOwnForm) {
  EXPECT_TRUE(is_sha256(hash_of("")));
  EXPECT_FALSE(is_sha256(""));
  EXPECT_FALSE(is_sha256(std::string(63, 'a')));
  EXPECT_FALSE(is_sha256(std::string(64, 'g')));
}

TEST(Hmac, IsThatOfTheStandard) {  // RFC 4231, test case 2
  EXPECT_EQ(hexadecimal(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

}  // namespace
}  // namespace parley
