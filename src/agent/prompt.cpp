// SPDX-License-Identifier: Apache-2.0
#include "agent/prompt.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace parley::agent {

namespace {

using model::LlmMessage;

// What the model reads where the user made a sound without words in it.
constexpr std::string_view kInaudible = "(inaudible)";

LlmMessage::Role role_of(Item::Role role) {
  switch (role) {
    case Item::Role::system:
      return LlmMessage::Role::system;
    case Item::Role::user:
      return LlmMessage::Role::user;
    case Item::Role::assistant:
      return LlmMessage::Role::assistant;
  }
  return LlmMessage::Role::user;
}

std::string text_of(const ContentPart& part) {
  switch (part.kind) {
    case ContentPart::Kind::input_text:
    case ContentPart::Kind::output_text:
      return part.text;
    case ContentPart::Kind::input_audio:
      return part.has_transcript && part.text.empty() ? std::string(kInaudible) : part.text;
    case ContentPart::Kind::output_audio:
      return part.has_transcript ? part.text : heard_text(part, part.audio.duration());
    case ContentPart::Kind::input_image:
      return {};
  }
  return {};
}

void append_words(std::string& text, std::string_view words) {
  if (words.empty()) return;
  if (!text.empty()) text += ' ';
  text += words;
}

}  // namespace

void append_message(std::vector<LlmMessage>& messages, const Item& item) {
  LlmMessage message;
  switch (item.type) {
    case Item::Type::message:
      message.role = role_of(item.role);
      for (const ContentPart& part : item.content) append_words(message.text, text_of(part));
      if (message.text.empty()) return;
      break;
    case Item::Type::function_call:
      message.role = LlmMessage::Role::assistant;
      message.tool_calls.push_back({item.call_id, item.name, item.arguments});
      break;
    case Item::Type::function_call_output:
      message.role = LlmMessage::Role::tool;
      message.tool_call_id = item.call_id;
      message.text = item.output;
      break;
  }
  messages.push_back(std::move(message));
}

std::string heard_text(const ContentPart& part, media::MediaTime end) {
  std::string heard;
  for (const SpokenClause& clause : part.clauses) {
    if (clause.end <= end) {
      append_words(heard, clause.text);
      continue;
    }
    if (clause.begin >= end) break;
    const double share = static_cast<double>((end - clause.begin).flicks) /
                         static_cast<double>((clause.end - clause.begin).flicks);
    const auto letters = static_cast<std::size_t>(share * static_cast<double>(clause.text.size()));
    const std::size_t word_end = clause.text.rfind(' ', letters);
    if (word_end != std::string::npos) {
      append_words(heard, std::string_view(clause.text).substr(0, word_end));
    }
    break;
  }
  return heard;
}

bool awaits_transcript(const Item& item) {
  return std::any_of(item.content.begin(), item.content.end(), [](const ContentPart& part) {
    return part.kind == ContentPart::Kind::input_audio && !part.has_transcript;
  });
}

}  // namespace parley::agent
