// SPDX-License-Identifier: Apache-2.0
#include "protocol/multipart_form.h"

#include <algorithm>
#include <utility>

#include "protocol/header_value.h"

namespace parley::protocol {
namespace {

constexpr std::string_view kLineEnd = "\r\n";
constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kNone = std::string_view::npos;

ProtocolError invalid_part(std::size_t number, std::string_view what) {
  return invalid_form("Part " + std::to_string(number) + " of the form " + std::string(what));
}

std::variant<std::string, ProtocolError> boundary_of(std::string_view content_type) {
  const std::optional<HeaderValue> type = parse_header_value(content_type);
  if (!type || type->word != "multipart/form-data") {
    return invalid_form("The Content-Type must be 'multipart/form-data' with a boundary.");
  }
  const std::string* boundary = type->parameter("boundary");
  if (boundary == nullptr || boundary->empty()) {
    return invalid_form("The Content-Type names no boundary: '; boundary=' is missing.");
  }
  if (boundary->size() > kBoundaryBytesMax) {
    return invalid_form("The boundary is longer than " + std::to_string(kBoundaryBytesMax) +
                        " characters.");
  }
  const bool is_printed =
      std::ranges::all_of(*boundary, [](char c) { return c >= 0x20 && c <= 0x7E; });
  if (!is_printed || boundary->back() == ' ') {
    return invalid_form("The boundary holds a character that no boundary may have.");
  }
  return *boundary;
}

/// Where a boundary's line is in the body, and what it says.
struct Boundary {
  std::size_t begin = kNone;  // of the line end before it, which is its own; kNone: there is none
  std::size_t end = 0;        // behind its line
  bool is_last = false;
};

/// The first boundary at or behind `from`. A line that only begins like one is content.
Boundary find_boundary(std::string_view body, std::string_view delimiter, std::size_t from) {
  const std::string_view dashes = delimiter.substr(kLineEnd.size());
  bool at_start = from == 0 && body.starts_with(dashes);
  while (true) {
    const std::size_t begin = at_start ? 0 : body.find(delimiter, from);
    if (begin == kNone) return {};
    const std::size_t after = begin + (at_start ? dashes.size() : delimiter.size());
    const std::string_view rest = body.substr(after);
    if (rest.starts_with("--")) return {.begin = begin, .end = after + 2, .is_last = true};
    const std::size_t line = std::min(rest.find_first_not_of(" \t"), rest.size());
    if (rest.substr(line).starts_with(kLineEnd)) {
      return {.begin = begin, .end = after + line + kLineEnd.size()};
    }
    // The line end behind it may be that of the next one.
    from = after;
    at_start = false;
  }
}

/// Takes one field off the front of a part's fields, with the lines that continue it (RFC 5322
/// §2.2.3).
std::string take_field(std::string_view& head) {
  std::string field;
  do {
    const std::size_t end = std::min(head.find(kLineEnd), head.size());
    field += head.substr(0, end);
    head.remove_prefix(std::min(end + kLineEnd.size(), head.size()));
  } while (!head.empty() && (head.front() == ' ' || head.front() == '\t'));
  return field;
}

/// What is wrong with the part, or nothing.
std::string_view read_disposition(std::string_view text, FormPart& part) {
  const std::optional<HeaderValue> value = parse_header_value(text);
  if (!value || value->word != "form-data") {
    return "has a Content-Disposition that is not 'form-data; name=\"…\"'.";
  }
  const std::string* name = value->parameter("name");
  if (name == nullptr || name->empty()) return "has no name.";
  part.name = *name;
  if (const std::string* filename = value->parameter("filename")) part.filename = *filename;
  return {};
}

std::string_view read_head(std::string_view head, FormPart& part) {
  bool has_name = false;
  while (!head.empty()) {
    const std::string field = take_field(head);
    const std::size_t colon = field.find(':');
    if (colon == std::string::npos) return "has a header line without a colon.";
    const std::string name = lower_case(without_blanks(std::string_view(field).substr(0, colon)));
    const std::string_view value = without_blanks(std::string_view(field).substr(colon + 1));
    if (name == "content-disposition") {
      if (has_name) return "has two Content-Disposition headers.";
      if (const std::string_view wrong = read_disposition(value, part); !wrong.empty()) {
        return wrong;
      }
      has_name = true;
    } else if (name == "content-type") {
      part.content_type = value;
    } else if (name == "content-transfer-encoding") {
      // RFC 7578 §4.7 withdrew the encodings; the three others mean the bytes as they are.
      const std::string encoding = lower_case(value);
      if (encoding != "binary" && encoding != "8bit" && encoding != "7bit") {
        return "has a Content-Transfer-Encoding other than binary.";
      }
    }
  }
  return has_name ? std::string_view() : "has no Content-Disposition header.";
}

/// `bytes`: all between two boundaries.
std::variant<FormPart, ProtocolError> read_part(std::string_view bytes, std::size_t number) {
  FormPart part;
  if (bytes.starts_with(kLineEnd)) return invalid_part(number, "has no headers.");
  std::size_t head = bytes.substr(0, kPartHeadBytesMax).find(kHeadEnd);
  // RFC 2046: a part may have no body, and then it has no empty line either.
  if (head == kNone && bytes.size() <= kPartHeadBytesMax && bytes.ends_with(kLineEnd)) {
    head = bytes.size() - kLineEnd.size();
  }
  if (head == kNone) {
    if (bytes.size() > kPartHeadBytesMax) {
      return invalid_part(
          number, "has headers of more than " + std::to_string(kPartHeadBytesMax) + " bytes.");
    }
    return invalid_part(number, "has no empty line behind its headers (lines end in CRLF).");
  }
  if (const std::string_view wrong = read_head(bytes.substr(0, head), part); !wrong.empty()) {
    return invalid_part(number, wrong);
  }
  part.bytes = bytes.substr(std::min(head + kHeadEnd.size(), bytes.size()));
  return part;
}

}  // namespace

const FormPart* MultipartForm::find(std::string_view name) const {
  const auto found =
      std::ranges::find_if(parts, [&](const FormPart& part) { return part.name == name; });
  return found == parts.end() ? nullptr : &*found;
}

MultipartFormResult parse_multipart_form(std::string_view content_type, std::string_view body) {
  const auto boundary = boundary_of(content_type);
  if (const auto* error = std::get_if<ProtocolError>(&boundary)) return *error;
  const std::string delimiter = "\r\n--" + std::get<std::string>(boundary);

  MultipartForm form;
  Boundary begin = find_boundary(body, delimiter, 0);
  if (begin.begin == kNone) {
    return invalid_form(
        "The body does not hold the boundary of its Content-Type (on a line of "
        "its own, ended by CRLF).");
  }
  while (!begin.is_last) {
    // A part without content ends with its own head: the line end before the boundary is the
    // boundary's, so the search begins at that of the boundary before.
    const Boundary end = find_boundary(body, delimiter, begin.end - kLineEnd.size());
    if (end.begin == kNone) {
      return invalid_form(
          "The form is cut short: its last boundary, which ends in '--', is "
          "missing.");
    }
    if (form.parts.size() == kFormPartsMax) {
      return invalid_form("The form has more than " + std::to_string(kFormPartsMax) + " parts.");
    }
    const std::size_t size = std::max(end.begin, begin.end) - begin.end;
    auto part = read_part(body.substr(begin.end, size), form.parts.size() + 1);
    if (auto* error = std::get_if<ProtocolError>(&part)) return std::move(*error);
    form.parts.push_back(std::move(std::get<FormPart>(part)));
    begin = end;
  }
  return form;
}

ProtocolError invalid_form(std::string message) {
  ProtocolError error;
  error.code = "invalid_form";
  error.message = std::move(message);
  return error;
}

}  // namespace parley::protocol
