// SPDX-License-Identifier: Apache-2.0
#include "protocol/twilio/voice_request.h"

#include <algorithm>

namespace parley::protocol {
namespace {

/// -1: it is none.
int digit_of(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::string unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool is_escape = text[at] == '%' && at + 2 < text.size();
    const int high = is_escape ? digit_of(text[at + 1]) : -1;
    const int low = is_escape ? digit_of(text[at + 2]) : -1;
    if (high >= 0 && low >= 0) {
      out += static_cast<char>(high * 16 + low);
      at += 2;
    } else {
      out += text[at] == '+' ? ' ' : text[at];
    }
  }
  return out;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      default:
        // XML 1.0 §2.2: other control characters cannot be written at all.
        if (static_cast<unsigned char>(c) >= 0x20) out += c;
    }
  }
}

}  // namespace

FormFields parse_form_fields(std::string_view body) {
  FormFields fields;
  while (!body.empty() && fields.size() < kFormFieldsMax) {
    const std::string_view field = body.substr(0, body.find('&'));
    body.remove_prefix(std::min(field.size() + 1, body.size()));
    if (field.empty()) continue;
    const std::size_t sign = field.find('=');
    fields.emplace_back(unescaped(field.substr(0, sign)), sign == std::string_view::npos
                                                              ? std::string()
                                                              : unescaped(field.substr(sign + 1)));
  }
  return fields;
}

std::string twilio_signed_text(std::string_view url, FormFields fields) {
  std::ranges::sort(fields);
  std::string text(url);
  for (const auto& [name, value] : fields) text.append(name).append(value);
  return text;
}

std::string connect_stream_xml(std::string_view url, const FormFields& parameters) {
  std::string out = R"(<?xml version="1.0" encoding="UTF-8"?><Response><Connect><Stream url=")";
  append_escaped(out, url);
  out += "\">";
  for (const auto& [name, value] : parameters) {
    out += "<Parameter name=\"";
    append_escaped(out, name);
    out += "\" value=\"";
    append_escaped(out, value);
    out += "\"/>";
  }
  out += "</Stream></Connect></Response>";
  return out;
}

}  // namespace parley::protocol
