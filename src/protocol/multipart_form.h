// SPDX-License-Identifier: Apache-2.0
//
// The body of a form that carries files: `multipart/form-data` (RFC 7578, in the framing of RFC
// 2046 §5.1.1), read from a body that is whole. Nothing is copied but names: the bytes of a part
// are a view into the body, which must outlive the form.
//
//   auto form = parse_multipart_form(request.header("content-type"), request.body);
//   const FormPart* file = form.find("file");
//
// Strict where a guess could cut a file in the wrong place (line ends are CRLF, the last boundary
// must be there), lenient where nothing can be lost: text before the first boundary and behind the
// last, blanks behind a boundary, folded and unknown fields, any order.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/protocol_error.h"

namespace parley::protocol {

/// RFC 2046: a boundary has no more characters.
inline constexpr std::size_t kBoundaryBytesMax = 70;
/// Of one part: its fields together, line ends included.
inline constexpr std::size_t kPartHeadBytesMax = 8192;
/// Of one form.
inline constexpr std::size_t kFormPartsMax = 128;

struct FormPart {
  std::string name;
  std::optional<std::string> filename{};  // as the client says it: never a path of ours
  std::string content_type{};             // as it came; empty: not said
  std::string_view bytes{};
};

struct MultipartForm {
  std::vector<FormPart> parts;  // in order; names may repeat

  /// The first of that name; null when there is none.
  [[nodiscard]] const FormPart* find(std::string_view name) const;
};

using MultipartFormResult = std::variant<MultipartForm, ProtocolError>;

/// `content_type`: the request's header, with the boundary. Errors have the code `invalid_form` and
/// say which part (counted from 1) is wrong and how.
[[nodiscard]] MultipartFormResult parse_multipart_form(std::string_view content_type,
                                                       std::string_view body);

/// The code `invalid_form`: what is wrong is no single field.
[[nodiscard]] ProtocolError invalid_form(std::string message);

}  // namespace parley::protocol
