// SPDX-License-Identifier: Apache-2.0
#include "protocol/transcription/data_url.h"

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(DataUrl, CarriesItsBytes) {
  EXPECT_EQ(data_of_url("data:audio/wav;base64,UklGRg=="), "RIFF");
  EXPECT_EQ(data_of_url("data:;base64,"), "");
}

TEST(DataUrl, AnythingElseIsNone) {
  for (const char* url :
       {"", "data:", "data:audio/wav,RIFF", "audio/wav;base64,UklGRg==", "data:audio/wav;base64",
        "data:audio/wav;base64,UklGRg=", "data:audio/wav;base64,Ukl!Rg=="}) {
    EXPECT_FALSE(data_of_url(url)) << url;
  }
}

}  // namespace
}  // namespace parley::protocol
