// SPDX-License-Identifier: Apache-2.0
#include "backend/llama/json_end.h"

#include <gtest/gtest.h>

namespace parley::backend {
namespace {

TEST(JsonEnd, NoticesTheOutermostBracket) {
  for (const char* text :
       {"{}", R"({"a": [1, {"b": 2}]})", R"({"a": "}"})", R"({"a": "\"}"})", R"({"a": "\\"})"}) {
    const std::string_view whole = text;
    JsonEnd end;
    for (std::size_t i = 0; i + 1 < whole.size(); ++i) {
      EXPECT_FALSE(end.push(whole.substr(i, 1))) << text << " at " << i;
    }
    EXPECT_TRUE(end.push(whole.substr(whole.size() - 1))) << text;
  }
}

}  // namespace
}  // namespace parley::backend
