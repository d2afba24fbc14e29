// SPDX-License-Identifier: Apache-2.0
#include "base/aes_gcm.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

std::string from_hex(std::string_view digits) {
  std::string bytes;
  for (std::size_t i = 0; i + 1 < digits.size(); i += 2) {
    bytes += static_cast<char>(std::stoi(std::string(digits.substr(i, 2)), nullptr, 16));
  }
  return bytes;
}

// Cases 13 and 14 of the GCM specification (McGrew, Viega): key and nonce are zeros.
TEST(AesGcm, OpensTheSpecificationsTestCases) {
  const AesGcm box(AesKey{});
  const std::string nonce(AesGcm::kNonceBytes, '\0');
  const auto empty = box.open(nonce + from_hex("530f8afbc74536b9a963b4f1c4cb738b"), "");
  ASSERT_TRUE(empty);
  EXPECT_EQ(*empty, "");
  const auto zeros = box.open(
      nonce + from_hex("cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919"), "");
  ASSERT_TRUE(zeros);
  EXPECT_EQ(*zeros, std::string(16, '\0'));
}

TEST(AesGcm, OpensWhatItSealed) {
  const AesGcm box(random_aes_key());
  for (const std::string& plain : {std::string(), std::string("a"), std::string(5'000, 'x')}) {
    const std::string sealed = box.seal(plain, "here");
    EXPECT_EQ(sealed.size(), plain.size() + AesGcm::kNonceBytes + AesGcm::kTagBytes);
    EXPECT_NE(sealed, box.seal(plain, "here")) << "a nonce of its own each time";
    const auto opened = box.open(sealed, "here");
    ASSERT_TRUE(opened);
    EXPECT_EQ(*opened, plain);
  }
}

TEST(AesGcm, RefusesWhatIsNotAsItWasSealed) {
  const AesGcm box(random_aes_key());
  const std::string sealed = box.seal("secret", "here");
  EXPECT_EQ(box.open(sealed, "there").error().code, ErrorCode::data_corrupt);
  EXPECT_EQ(AesGcm(random_aes_key()).open(sealed, "here").error().code, ErrorCode::data_corrupt);
  for (std::size_t i = 0; i < sealed.size(); ++i) {
    std::string changed = sealed;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    EXPECT_FALSE(box.open(changed, "here")) << i;
    EXPECT_FALSE(box.open(std::string_view(sealed).substr(0, i), "here")) << i;
  }
}

}  // namespace
}  // namespace parley
