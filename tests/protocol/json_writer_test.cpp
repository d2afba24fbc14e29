// SPDX-License-Identifier: Apache-2.0
#include "protocol/json_writer.h"

#include <cstdint>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace parley::protocol {
namespace {

TEST(JsonWriter, PutsCommasBetweenFieldsAndElementsOnly) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.key("a").begin_array();
  json.value(1);
  json.begin_object();
  json.end_object();
  json.value("x");
  json.end_array();
  json.key("b").begin_object();
  json.field("c", true);
  json.key("d").null();
  json.end_object();
  json.key("e").raw("[1]");
  json.end_object();
  EXPECT_EQ(out, R"({"a":[1,{},"x"],"b":{"c":true,"d":null},"e":[1]})");
}

TEST(JsonWriter, WritesNumbersAsTheyAre) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.value(std::numeric_limits<std::int64_t>::min());
  json.value(0);
  json.value(0.5);
  json.value(1.0);
  json.value(false);
  json.end_array();
  EXPECT_EQ(out, "[-9223372036854775808,0,0.5,1,false]");
}

TEST(JsonWriter, EscapesTextAndRepairsBrokenUtf8) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.quoted_key("a\"b").value("line\n\\ \xC3\xA9 \xFF");
  json.end_object();
  EXPECT_EQ(out, "{\"a\\\"b\":\"line\\n\\\\ \xC3\xA9 \xEF\xBF\xBD\"}");
}

TEST(JsonWriter, WritesBytesAsBase64) {
  std::string out;
  JsonWriter json(out);
  json.begin_array();
  json.base64(std::as_bytes(std::span(std::string_view("foo"))));
  json.base64({});
  json.end_array();
  EXPECT_EQ(out, R"(["Zm9v",""])");
}

}  // namespace
}  // namespace parley::protocol
