// SPDX-License-Identifier: Apache-2.0
//
// Writes one JSON document from front to back into a string: no tree in between, so that an audio
// event costs one buffer. The caller keeps the nesting right; commas come by themselves.
//
//   JsonWriter json(out);
//   json.begin_object();
//   json.field("type", "response.done");
//   json.key("usage").null();
//   json.end_object();
//
// Threads: one owner. Text that is not UTF-8 is repaired with U+FFFD, so that a frame is always
// valid.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace parley::protocol {

class JsonWriter {
 public:
  explicit JsonWriter(std::string& out) : out_(out) {}

  void begin_object() { open('{'); }
  void end_object() { close('}'); }
  void begin_array() { open('['); }
  void end_array() { close(']'); }
  /// A name of our own, which needs no escapes.
  JsonWriter& key(std::string_view name);
  /// Any name.
  JsonWriter& quoted_key(std::string_view name);

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool flag);
  void value(double number);
  template <std::integral Integer>
  void value(Integer number) {
    integer(static_cast<std::int64_t>(number));
  }
  void null();
  /// Text that is JSON already.
  void raw(std::string_view json);
  void base64(std::span<const std::byte> bytes);

  template <typename T>
  void field(std::string_view name, const T& what) {
    key(name).value(what);
  }

 private:
  void integer(std::int64_t number);
  void separate();
  void open(char bracket);
  void close(char bracket);

  std::string& out_;
  bool comma_ = false;  // the next value or key needs one before it
};

}  // namespace parley::protocol
