// SPDX-License-Identifier: Apache-2.0
#include "protocol/json_writer.h"

#include <limits>

#include "base/base64.h"
#include "base/json_text.h"

namespace parley::protocol {

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  out_ += '"';
  out_ += name;
  out_ += "\":";
  comma_ = false;
  return *this;
}

JsonWriter& JsonWriter::quoted_key(std::string_view name) {
  value(name);
  out_ += ':';
  comma_ = false;
  return *this;
}

void JsonWriter::value(std::string_view text) {
  separate();
  json_text::append_string(out_, text, std::numeric_limits<std::size_t>::max());
}

void JsonWriter::value(bool flag) { raw(flag ? "true" : "false"); }

void JsonWriter::value(double number) {
  separate();
  json_text::append_number(out_, number);
}

void JsonWriter::integer(std::int64_t number) { raw(std::to_string(number)); }

void JsonWriter::null() { raw("null"); }

void JsonWriter::raw(std::string_view json) {
  separate();
  out_ += json;
}

void JsonWriter::base64(std::span<const std::byte> bytes) {
  separate();
  out_ += '"';
  base64_append(out_, bytes);
  out_ += '"';
}

void JsonWriter::separate() {
  if (comma_) out_ += ',';
  comma_ = true;
}

void JsonWriter::open(char bracket) {
  separate();
  out_ += bracket;
  comma_ = false;
}

void JsonWriter::close(char bracket) {
  out_ += bracket;
  comma_ = true;
}

}  // namespace parley::protocol
