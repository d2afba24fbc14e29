// SPDX-License-Identifier: Apache-2.0
#include "base/metrics_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>

#include "base/check.h"

namespace parley::metrics_text {
namespace {

constexpr bool is_letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}
constexpr bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

bool is_name(std::string_view name, bool colon_allowed) noexcept {
  if (name.empty() || is_digit(name.front())) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return is_letter(c) || is_digit(c) || (colon_allowed && c == ':');
  });
}

/// Help text escapes backslash and line feed; a label value its quote as well.
void append_escaped(std::string& out, std::string_view text, bool quote) {
  for (const char c : text) {
    if (c == '\\') {
      out += "\\\\";
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '"' && quote) {
      out += "\\\"";
    } else {
      out += c;
    }
  }
}

std::string number_text(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  std::array<char, 32> text{};  // the shortest form of a double has at most 24 characters
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return std::string(text.data(), end);
}

constexpr std::string_view name_of(Type type) noexcept {
  switch (type) {
    case Type::counter:
      return "counter";
    case Type::gauge:
      return "gauge";
    case Type::histogram:
      break;
  }
  return "histogram";
}

}  // namespace

bool is_metric_name(std::string_view name) noexcept { return is_name(name, true); }

std::string label_text(const Labels& labels) {
  Labels sorted = labels;
  std::sort(sorted.begin(), sorted.end());
  std::string text;
  for (const auto& [name, value] : sorted) {
    PARLEY_CHECK(is_name(name, false) && name != "le");  // "le" belongs to histograms
    if (!text.empty()) text += ',';
    text += name;
    text += "=\"";
    append_escaped(text, value, true);
    text += '"';
  }
  return text;
}

void append_head(std::string& out, std::string_view name, std::string_view help, Type type) {
  out += "# HELP ";
  out += name;
  out += ' ';
  append_escaped(out, help, false);
  out += "\n# TYPE ";
  out += name;
  out += ' ';
  out += name_of(type);
  out += '\n';
}

void append_sample(std::string& out, std::string_view name, std::string_view labels,
                   std::string_view value) {
  out += name;
  if (!labels.empty()) {
    out += '{';
    out += labels;
    out += '}';
  }
  out += ' ';
  out += value;
  out += '\n';
}

void append_histogram(std::string& out, std::string_view name, std::string_view labels,
                      const Histogram::Snapshot& snapshot) {
  const std::string base(name);
  std::string prefix(labels);
  if (!prefix.empty()) prefix += ',';
  for (std::size_t i = 0; i < snapshot.cumulative.size(); ++i) {
    const bool is_last = i == snapshot.bounds.size();
    const std::string bound = is_last ? "+Inf" : number_text(snapshot.bounds[i]);
    append_sample(out, base + "_bucket", prefix + "le=\"" + bound + '"',
                  std::to_string(snapshot.cumulative[i]));
  }
  append_sample(out, base + "_sum", labels, number_text(snapshot.sum));
  append_sample(out, base + "_count", labels, std::to_string(snapshot.cumulative.back()));
}

}  // namespace parley::metrics_text
