// SPDX-License-Identifier: Apache-2.0
#include "operators/llm/language_name.h"

#include <gtest/gtest.h>

namespace parley::operators {
namespace {

TEST(LanguageName, IsEnglishForWhatItKnowsAndAsGivenForOthers) {
  EXPECT_EQ(language_name("es"), "Spanish");
  EXPECT_EQ(language_name("zh"), "Chinese");
  EXPECT_EQ(language_name("Swiss German"), "Swiss German");
  EXPECT_EQ(language_name(""), "");
}

}  // namespace
}  // namespace parley::operators
