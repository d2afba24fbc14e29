// SPDX-License-Identifier: Apache-2.0
#include "base/yaml_json.h"

#include <charconv>
#include <cmath>
#include <cstdint>

#include <yaml-cpp/yaml.h>

#include "base/json_text.h"

namespace parley {
namespace {

void append_text(std::string& out, const std::string& text) {
  json_text::append_string(out, text, text.size());
}

void append_scalar(std::string& out, const YAML::Node& node) {
  const std::string& text = node.Scalar();
  const char* const end = text.data() + text.size();
  std::int64_t integer = 0;
  double number = 0;
  if (node.Tag() == "!") {  // quoted
    append_text(out, text);
  } else if (text == "true" || text == "false") {
    out += text;
  } else if (text == "null" || text == "~" || text.empty()) {
    out += "null";
  } else if (const auto whole = std::from_chars(text.data(), end, integer);
             whole.ec == std::errc{} && whole.ptr == end) {
    out += std::to_string(integer);
  } else if (const auto read = std::from_chars(text.data(), end, number);
             read.ec == std::errc{} && read.ptr == end && std::isfinite(number)) {
    json_text::append_number(out, number);
  } else {
    append_text(out, text);
  }
}

/// False: nested too deeply.
bool append(std::string& out, const YAML::Node& node, int depth) {
  if (depth > kYamlDepthMax) return false;
  if (node.IsScalar()) {
    append_scalar(out, node);
  } else if (node.IsSequence()) {
    out += '[';
    for (std::size_t i = 0; i < node.size(); ++i) {
      if (i > 0) out += ',';
      if (!append(out, node[i], depth + 1)) return false;
    }
    out += ']';
  } else if (node.IsMap()) {
    out += '{';
    bool is_first = true;
    for (const auto& member : node) {
      if (!is_first) out += ',';
      is_first = false;
      append_text(out, member.first.as<std::string>(""));
      out += ':';
      if (!append(out, member.second, depth + 1)) return false;
    }
    out += '}';
  } else {
    out += "null";
  }
  return true;
}

}  // namespace

Result<std::string> yaml_to_json(std::string_view yaml, const std::string& name) {
  try {
    std::string json;
    if (append(json, YAML::Load(std::string(yaml)), 0)) return json;
    return Error{ErrorCode::invalid_argument, name + ": is nested too deeply"};
  } catch (const YAML::Exception& error) {
    return Error{ErrorCode::invalid_argument,
                 name + ":" + std::to_string(error.mark.line + 1) + ": " + error.msg};
  }
}

}  // namespace parley
