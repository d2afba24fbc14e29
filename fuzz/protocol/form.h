// SPDX-License-Identifier: Apache-2.0
//
// A form of the fuzzer's bytes, and what must hold for every order that is read from one.
//
// The fields stand one behind the other, `name=value`, with a NUL between them.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "protocol/multipart_form.h"

namespace parley::protocol {

inline void require(bool condition) {
  if (!condition) std::abort();
}

inline void require_object(std::string_view text) {
  boost::json::error_code error;
  const boost::json::value value =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  require(!error && value.is_object());
}

inline MultipartForm form_of(std::string_view text) {
  MultipartForm form;
  while (!text.empty() && form.parts.size() < kFormPartsMax) {
    const std::size_t end = std::min(text.find('\0'), text.size());
    const std::string_view field = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t equals = std::min(field.find('='), field.size());
    form.parts.push_back({.name = std::string(field.substr(0, equals)),
                          .filename = {},
                          .content_type = {},
                          .bytes = field.substr(std::min(equals + 1, field.size()))});
  }
  return form;
}

}  // namespace parley::protocol
