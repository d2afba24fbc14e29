// SPDX-License-Identifier: Apache-2.0
#include "transport/livekit/ffi_library.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace parley::transport {
namespace {

TEST(FfiLibrary, ALibraryThatIsMissingIsAnErrorWithAdvice) {
  const auto library = FfiLibrary::open("/nowhere/liblivekit_ffi.so");
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().code, ErrorCode::not_found);
  EXPECT_THAT(library.error().message, testing::HasSubstr("tools/deps"));
}

TEST(FfiLibrary, AnotherLibraryIsRefused) {
  const auto library = FfiLibrary::open("libm.so.6");
  ASSERT_FALSE(library);
  EXPECT_EQ(library.error().code, ErrorCode::failed_precondition);
}

}  // namespace
}  // namespace parley::transport
