// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a form: parts or an error. Parts have names, lie in the body in order and do not
// overlap; written again under the same boundary they are read as the same.
//
// The first line is the Content-Type, the rest the body.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/multipart_form.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

void require(bool condition) {
  if (!condition) std::abort();
}

void require_in_order(const MultipartForm& form, std::string_view body) {
  const char* before = body.data();
  for (const FormPart& part : form.parts) {
    require(!part.name.empty());
    if (part.bytes.data() == nullptr) continue;
    require(part.bytes.data() >= before);
    before = part.bytes.data() + part.bytes.size();
    require(before <= body.data() + body.size());
  }
}

/// None of the parts holds the boundary, as none of them could be read if it did.
void require_same_again(const MultipartForm& form) {
  // No part can hold a line with this: the boundary is longer than fuzzed parts are.
  std::string boundary(kBoundaryBytesMax, '=');
  for (const FormPart& part : form.parts) {
    if (part.bytes.find(boundary) != std::string_view::npos) return;
  }
  std::string body;
  for (const FormPart& part : form.parts) {
    body += "--" + boundary + "\r\nContent-Disposition: form-data; name=\"n\"\r\n\r\n";
    body += part.bytes;
    body += "\r\n";
  }
  body += "--" + boundary + "--";
  const auto again =
      parse_multipart_form("multipart/form-data; boundary=\"" + boundary + "\"", body);
  const auto* parsed = std::get_if<MultipartForm>(&again);
  require(parsed != nullptr && parsed->parts.size() == form.parts.size());
  for (std::size_t i = 0; i < form.parts.size(); ++i) {
    require(parsed->parts[i].bytes == form.parts[i].bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t line = std::min(text.find('\n'), text.size());
  const std::string_view body = text.substr(std::min(line + 1, text.size()));
  const auto result = parse_multipart_form(text.substr(0, line), body);
  if (const auto* error = std::get_if<ProtocolError>(&result)) {
    require(error->code == "invalid_form" && !error->message.empty());
    return 0;
  }
  const auto& form = std::get<MultipartForm>(result);
  require(form.parts.size() <= kFormPartsMax);
  require_in_order(form, body);
  require_same_again(form);
  return 0;
}
