// SPDX-License-Identifier: Apache-2.0
#include "service/room/room_notes.h"

#include <charconv>
#include <initializer_list>
#include <utility>

namespace parley::service {
namespace {

/// Speaker, text, time.
constexpr std::size_t kLineParts = 3;

agent::Item note_of(std::string id, std::initializer_list<std::string> texts) {
  agent::Item item;
  item.id = std::move(id);
  item.role = agent::Item::Role::system;
  item.moderation = agent::Item::Moderation::refused;  // no model reads it
  for (const std::string& text : texts) item.content.emplace_back().text = text;
  return item;
}

}  // namespace

agent::Item kept_line(std::string id, const Minutes::Line& line) {
  return note_of(std::move(id), {line.speaker, line.text, std::to_string(line.at_ms)});
}

std::optional<Minutes::Line> line_of(const agent::Item& item) {
  if (!item.id.starts_with(kLineItem) || item.content.size() != kLineParts) return std::nullopt;
  Minutes::Line line{item.content[0].text, item.content[1].text};
  const std::string& at = item.content[2].text;
  const auto read = std::from_chars(at.data(), at.data() + at.size(), line.at_ms);
  return read.ec == std::errc() ? std::optional(std::move(line)) : std::nullopt;
}

agent::Item kept_instructions(const std::string& instructions) {
  return note_of(std::string(kInstructionsItem), {instructions});
}

std::optional<std::string> instructions_of(const agent::Item& item) {
  if (item.id != kInstructionsItem || item.content.size() != 1) return std::nullopt;
  return item.content.front().text;
}

bool is_note(const agent::Item& item) {
  return item.id == kInstructionsItem || item.id.starts_with(kLineItem);
}

}  // namespace parley::service
