// SPDX-License-Identifier: Apache-2.0
#include "base/sha1.h"

#include <gtest/gtest.h>

#include "base/sha256.h"

namespace parley {
namespace {

// RFC 2202 §3, cases 1, 2 and 6.
TEST(Sha1, MatchesTheStandardsExamplesOfHmac) {
  EXPECT_EQ(hexadecimal(hmac_sha1(std::string(20, '\x0b'), "Hi There")),
            "b617318655057264e28bc0b6fb378c8ef146be00");
  EXPECT_EQ(hexadecimal(hmac_sha1("Jefe", "what do ya want for nothing?")),
            "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
  EXPECT_EQ(hexadecimal(hmac_sha1(std::string(80, '\xaa'),
                                  "Test Using Larger Than Block-Size Key - Hash Key First")),
            "aa4ae5e15272d00e95705637ce8a3b55ed402112");
}

TEST(Sha1, SecretsAreEqualOrNot) {
  EXPECT_TRUE(equal_in_secret("", ""));
  EXPECT_TRUE(equal_in_secret("secret", "secret"));
  EXPECT_FALSE(equal_in_secret("secret", "secreT"));
  EXPECT_FALSE(equal_in_secret("secret", "secre"));
}

}  // namespace
}  // namespace parley
