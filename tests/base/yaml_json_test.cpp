// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_json.h"

#include <gtest/gtest.h>

namespace parley {
namespace {

std::string json(std::string_view yaml) {
  const Result<std::string> made = yaml_to_json(yaml, "f.yaml");
  return made ? *made : "error: " + made.error().message;
}

TEST(YamlJson, ScalarsAreWhatJsonMakesOfThem) {
  EXPECT_EQ(json("[1, -2, 2.5, true, false, null, ~, yes, a b, 1.2.3]"),
            R"([1,-2,2.5,true,false,null,null,"yes","a b","1.2.3"])");
  EXPECT_EQ(json("['1', \"true\", 'null', '']"), R"(["1","true","null",""])");
  EXPECT_EQ(json(".inf"), R"(".inf")");
}

TEST(YamlJson, MapsAndListsKeepTheirOrder) {
  EXPECT_EQ(json("b: 1\na:\n  - x: \"q\\\"\"\n  -\n"), R"({"b":1,"a":[{"x":"q\""},null]})");
  EXPECT_EQ(json(""), "null");
  EXPECT_EQ(json("{}"), "{}");
}

TEST(YamlJson, SaysWhereItIsWrong) {
  EXPECT_TRUE(json("a: 1\nb: {").starts_with("error: f.yaml:")) << json("a: 1\nb: {");
  EXPECT_EQ(json(std::string(kYamlDepthMax + 2, '[') + std::string(kYamlDepthMax + 2, ']')),
            "error: f.yaml: is nested too deeply");
}

}  // namespace
}  // namespace parley
