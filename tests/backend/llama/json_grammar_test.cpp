// SPDX-License-Identifier: Apache-2.0
//
// The grammar is read by a small reader of our own: examples must match or not, and random
// sentences of it must be JSON that keeps the schema.
#include "backend/llama/json_grammar.h"

#include <boost/json.hpp>
#include <gtest/gtest.h>

#include "tests/backend/llama/gbnf.h"

namespace parley::backend {
namespace {

void expect_matches(const std::string& schema, const std::vector<std::string>& good,
                    const std::vector<std::string>& bad) {
  const Gbnf grammar(grammar_of_arguments(schema));
  for (const std::string& text : good) EXPECT_TRUE(grammar.matches(text)) << text << " " << schema;
  for (const std::string& text : bad) EXPECT_FALSE(grammar.matches(text)) << text << " " << schema;
}

std::string object_with(const std::string& property) {
  return R"({"type":"object","properties":{"x":)" + property + R"(},"required":["x"]})";
}

void expect_values(const std::string& property, const std::vector<std::string>& good,
                   const std::vector<std::string>& bad) {
  const auto wrap = [](const std::vector<std::string>& values) {
    std::vector<std::string> objects;
    for (const std::string& value : values) objects.push_back("{\"x\":" + value + "}");
    return objects;
  };
  expect_matches(object_with(property), wrap(good), wrap(bad));
}

TEST(JsonGrammar, HasNoArgumentsWithoutASchema) {
  expect_matches("", {"{}", " {}"}, {"", "{ }", R"({"a":1})"});
  expect_matches(R"({"type":"object","properties":{}})", {"{}", "{ }"}, {R"({"a":1})"});
}

TEST(JsonGrammar, HoldsRequiredAndOptionalProperties) {
  const std::string schema =
      R"({"type":"object","properties":{"a":{"type":"integer"},"b":{"type":"boolean"},)"
      R"("c":{"type":"null"}},"required":["b"]})";
  expect_matches(schema,
                 {R"({"a":1,"b":true,"c":null})", R"({"b":false})", R"({ "a": 2 , "b" : true })",
                  R"({"b":true,"c":null})"},
                 {"{}", R"({"a":1})", R"({"b":true,"a":1})", R"({"b":true,})", R"({,"b":true})",
                  R"({"b":true,"d":1})",
                  R"({"b":true})"
                  "\n"});
  expect_matches(R"({"type":"object","properties":{"a":{"type":"null"},"b":{"type":"null"}}})",
                 {"{}", R"({"a":null})", R"({"b":null})", R"({"a":null,"b":null})"}, {"{,}"});
}

TEST(JsonGrammar, HoldsScalars) {
  expect_values(R"({"type":"string"})", {R"("")", R"("a b")", R"("\"\\\n")", "\"\xC3\xA9\""},
                {"a", "\"a\nb\"", R"("\x")", "1"});
  expect_values(R"({"type":"string","minLength":2,"maxLength":3})", {R"("ab")", R"("abc")"},
                {R"("a")", R"("abcd")"});
  expect_values(R"({"type":"integer"})", {"0", "-7", "42"}, {"1.5", "01", "\"1\"", ""});
  expect_values(R"({"type":"integer","minimum":9,"maximum":17})", {"9", "17", "12"},
                {"8", "18", "-9", "1", "170"});
  expect_values(R"({"type":"integer","exclusiveMinimum":0,"exclusiveMaximum":3})", {"1", "2"},
                {"0", "3"});
  expect_values(R"({"type":"number"})", {"0", "-1.5", "3.25", "-0.5"}, {"1.", ".5", "1e5"});
  expect_values(R"({"type":"number","minimum":0,"maximum":1})", {"0", "0.75", "1"},
                {"1.1", "-0.1", "2"});
  expect_values(R"({"type":"number","minimum":0.2,"maximum":0.8})", {"5E-1"}, {"0", "1"});
  expect_values(R"({"type":"boolean"})", {"true", "false"}, {"null", "True"});
  expect_values(R"({"type":["string","null"]})", {"null", R"("a")"}, {"1"});
}

TEST(JsonGrammar, HoldsEnumsAndConstants) {
  expect_values(R"({"enum":["a","b \"c\"",3,null,true]})",
                {R"("a")", R"("b \"c\"")", "3", "null", "true"}, {R"("c")", "4", "false"});
  expect_values(R"({"const":"fixed"})", {R"("fixed")"}, {R"("other")"});
  expect_values(R"({"type":"string","enum":["x"]})", {R"("x")"}, {R"("y")"});
}

TEST(JsonGrammar, HoldsArrays) {
  expect_values(R"({"type":"array","items":{"type":"integer"}})", {"[]", "[1]", "[1, 2,3]"},
                {"[1,]", "[a]", "1"});
  expect_values(R"({"type":"array","items":{"type":"integer"},"minItems":2,"maxItems":3})",
                {"[1,2]", "[1,2,3]"}, {"[]", "[1]", "[1,2,3,4]"});
  expect_values(R"({"type":"array","maxItems":0})", {"[]"}, {"[1]"});
}

TEST(JsonGrammar, FollowsReferencesAlsoInCircles) {
  const std::string schema =
      R"({"type":"object","properties":{"tree":{"$ref":"#/$defs/node"}},"required":["tree"],)"
      R"("$defs":{"node":{"type":"object","properties":{"value":{"type":"integer"},)"
      R"("left":{"$ref":"#/$defs/node"}},"required":["value"]}}})";
  expect_matches(schema, {R"({"tree":{"value":1}})", R"({"tree":{"value":1,"left":{"value":2}}})"},
                 {R"({"tree":{}})", R"({"tree":{"value":1,"left":{}}})"});
}

TEST(JsonGrammar, HoldsAlternatives) {
  for (const char* word : {"anyOf", "oneOf"}) {
    expect_values("{\"" + std::string(word) + R"(":[{"type":"integer"},{"const":"none"}]})",
                  {"3", R"("none")"}, {R"("some")", "true"});
  }
  expect_values(R"({"allOf":[{"type":"integer"}]})", {"3"}, {"true"});
}

TEST(JsonGrammar, TakesAnyValueWhereItCannotFollow) {
  for (const char* property : {"true", "{}", R"({"$ref":"http://x/y"})", R"({"type":"weird"})",
                               R"({"allOf":[{},{}]})", R"({"enum":[]})", R"({"anyOf":3})"}) {
    expect_values(property, {"1", R"("a")", R"({"a":[1,{"b":null}]})", "[]", "-2.5"}, {"", "a"});
  }
  for (const char* schema : {"not json", "[1]", R"({"type":"object"})"}) {
    expect_matches(schema, {"{}", R"({"a":{"b":[true]}})"}, {"[]", "3"});
  }
}

TEST(JsonGrammar, GivesUpOnHostileSchemas) {
  std::string deep = R"({"type":"object","properties":{"a":)";
  std::string end = "}}";
  std::string schema;
  for (int i = 0; i < 20; ++i) schema += deep;
  schema += R"({"type":"null"})";
  for (int i = 0; i < 20; ++i) schema += end;
  EXPECT_FALSE(Gbnf(grammar_of_arguments(schema)).matches("[]"));
  std::string wide = R"({"type":"object","properties":{)";
  for (int i = 0; i < 3000; ++i) {
    wide += (i == 0 ? "\"p" : ",\"p") + std::to_string(i) + R"(":{"type":"null"})";
  }
  wide += "}}";
  EXPECT_LT(grammar_of_arguments(wide).size(), 100'000U);
  EXPECT_EQ(grammar_of_arguments(std::string(kSchemaBytesMax + 1, ' ')), grammar_of_any_object());
}

TEST(JsonGrammar, QuotesLiterals) {
  EXPECT_EQ(grammar_literal("a\"b\\c\n\x7F"), "\"a\\\"b\\\\c\\x0A\\x7F\"");
}

/// Enough of a validator for the schemas below.
bool is_valid(const boost::json::value& value, const boost::json::value& schema) {
  if (const auto* values = schema.as_object().if_contains("enum")) {
    const auto& list = values->as_array();
    return std::find(list.begin(), list.end(), value) != list.end();
  }
  const std::string type(schema.at("type").as_string());
  if (type == "string") return value.is_string();
  if (type == "boolean") return value.is_bool();
  if (type == "number") return value.is_number();
  if (type == "integer") {
    return value.is_int64() && value.as_int64() >= schema.at("minimum").as_int64() &&
           value.as_int64() <= schema.at("maximum").as_int64();
  }
  if (type == "array") {
    return value.is_array() && value.as_array().size() <= 3 &&
           std::all_of(value.as_array().begin(), value.as_array().end(),
                       [&](const auto& item) { return is_valid(item, schema.at("items")); });
  }
  if (!value.is_object()) return false;
  for (const auto& name : schema.at("required").as_array()) {
    if (!value.as_object().contains(name.as_string())) return false;
  }
  for (const auto& member : value.as_object()) {
    const auto* property = schema.at("properties").as_object().if_contains(member.key());
    if (property == nullptr || !is_valid(member.value(), *property)) return false;
  }
  return true;
}

TEST(JsonGrammar, WritesOnlyWhatTheSchemaAllows) {
  const std::string schema =
      R"({"type":"object","properties":{"city":{"type":"string"},"unit":{"enum":["c","f"]},)"
      R"("days":{"type":"integer","minimum":-3,"maximum":112},"exact":{"type":"boolean"},)"
      R"("points":{"type":"array","maxItems":3,"items":{"type":"object","properties":)"
      R"({"lat":{"type":"number"},"note":{"type":"string"}},"required":["lat"]}}},)"
      R"("required":["city","days"]})";
  const boost::json::value parsed = boost::json::parse(schema);
  const Gbnf grammar(grammar_of_arguments(schema));
  Random random(20260131);
  for (int i = 0; i < 2000; ++i) {
    const std::string text = grammar.sentence(random);
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(text, error);
    ASSERT_FALSE(error) << text;
    ASSERT_TRUE(is_valid(value, parsed)) << text;
  }
}

TEST(JsonGrammar, WritesOnlyObjectsWhenAnythingGoes) {
  const Gbnf grammar(grammar_of_any_object());
  Random random(7);
  for (int i = 0; i < 1000; ++i) {
    const std::string text = grammar.sentence(random);
    boost::system::error_code error;
    const boost::json::value value = boost::json::parse(text, error);
    ASSERT_TRUE(!error && value.is_object()) << text;
  }
}

}  // namespace
}  // namespace parley::backend
