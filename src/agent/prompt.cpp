// SPDX-License-Identifier: Apache-2.0
#include "agent/prompt.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace parley::agent {

namespace {

using model::LlmMessage;

// What the model reads where the user made a sound without words in it.
constexpr std::string_view kInaudible = "(inaudible)";
// And where the user was asked and said nothing.
constexpr std::string_view kSilence = "(silence)";
// What it reads where a function's output has not come.
constexpr std::string_view kNoOutput = "(no result yet)";
constexpr std::string_view kRefused = "(The user did not allow this call.) ";

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

std::string text_of(const ContentPart& part, Item::Status status) {
  switch (part.kind) {
    case ContentPart::Kind::input_text:
    case ContentPart::Kind::output_text:
      return part.text;
    case ContentPart::Kind::input_audio:
      if (part.is_silence) return std::string(kSilence);
      return part.has_transcript && part.text.empty() ? std::string(kInaudible) : part.text;
    case ContentPart::Kind::output_audio:
      return part.has_transcript && status == Item::Status::completed
                 ? part.text
                 : heard_text(part, part.audio.duration());
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

void append_message(std::vector<LlmMessage>& messages, const Item& item) {
  LlmMessage message;
  message.role = role_of(item.role);
  message.text = words_of(item);
  if (!message.text.empty()) messages.push_back(std::move(message));
}

/// A client may answer a call again: the last answer counts.
const Item* output_of(const Item& call, std::span<const Item* const> items) {
  const auto found = std::find_if(items.rbegin(), items.rend(), [&](const Item* item) {
    return item->type == Item::Type::function_call_output && item->call_id == call.call_id;
  });
  return found == items.rend() ? nullptr : *found;
}

/// The client said that an MCP tool is not to be called, and perhaps why.
const Item* refusal_of(const Item& request, std::span<const Item* const> items) {
  const auto found = std::find_if(items.begin(), items.end(), [&](const Item* item) {
    return item->type == Item::Type::mcp_approval_response && !item->mcp->approve &&
           item->mcp->approval_request_id == request.id;
  });
  return found == items.end() ? nullptr : *found;
}

bool is_call(const Item& item) {
  return item.type == Item::Type::function_call || item.type == Item::Type::mcp_call ||
         item.type == Item::Type::mcp_approval_request;
}

/// What became of a call; nothing: it is not to be shown.
std::optional<std::string> result_of(const Item& call, std::span<const Item* const> items) {
  const std::string none(kNoOutput);
  if (call.type == Item::Type::mcp_call) {
    return call.mcp->error ? *call.mcp->error : call.mcp->output.value_or(none);
  }
  if (call.type == Item::Type::mcp_approval_request) {
    const Item* const refusal = refusal_of(call, items);
    if (refusal == nullptr) return std::nullopt;  // open; or allowed, and a call of its own
    return std::string(kRefused) + refusal->mcp->reason.value_or("");
  }
  const Item* const output = output_of(call, items);
  if (output != nullptr) return output->output;
  if (call.status != Item::Status::completed) return std::nullopt;
  return none;
}

/// The function calls at the front of `items` and what became of them. Returns how many they are.
std::size_t append_calls(std::vector<LlmMessage>& messages, std::span<const Item* const> items) {
  LlmMessage calls;
  calls.role = LlmMessage::Role::assistant;
  std::vector<LlmMessage> outputs;
  std::size_t count = 0;
  while (count < items.size() && is_call(*items[count])) {
    const Item& call = *items[count++];
    std::optional<std::string> text = result_of(call, items);
    if (!text) continue;
    // Those of MCP servers have no other name than their item's.
    const std::string& call_id = call.call_id.empty() ? call.id : call.call_id;
    calls.tool_calls.push_back({call_id, call.name, call.arguments});
    LlmMessage& result = outputs.emplace_back();
    result.role = LlmMessage::Role::tool;
    result.tool_call_id = call_id;
    result.text = std::move(*text);
  }
  if (calls.tool_calls.empty()) return count;
  messages.push_back(std::move(calls));
  std::move(outputs.begin(), outputs.end(), std::back_inserter(messages));
  return count;
}

}  // namespace

std::string words_of(const Item& item) {
  std::string words;
  for (const ContentPart& part : item.content) append_words(words, text_of(part, item.status));
  return words;
}

void append_messages(std::vector<LlmMessage>& messages, std::span<const Item* const> items) {
  while (!items.empty()) {
    std::size_t taken = 1;
    if (items.front()->moderation == Item::Moderation::refused) {
      items = items.subspan(1);
      continue;
    }
    if (items.front()->type == Item::Type::message) {
      append_message(messages, *items.front());
    } else if (is_call(*items.front())) {
      taken = append_calls(messages, items);
    }
    items = items.subspan(taken);
  }
}

std::string heard_text(const ContentPart& part, media::MediaTime end) {
  std::string heard;
  for (const SpokenClause& clause : part.clauses) {
    if (clause.end <= end) {
      append_words(heard, clause.text);
      continue;
    }
    if (clause.begin >= end) break;
    if (!clause.words.empty()) {
      for (const media::WordTime& word : clause.words) {
        if (word.end <= end) append_words(heard, word.text);
      }
      break;
    }
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

std::vector<media::WordTime> word_times(const ContentPart& part, media::MediaTime end) {
  std::vector<media::WordTime> words;
  const auto take = [&](const media::WordTime& word) {
    if (word.begin < end) words.push_back(word);
  };
  std::ranges::for_each(part.words, take);
  for (const SpokenClause& clause : part.clauses) std::ranges::for_each(clause.words, take);
  return words;
}

bool awaits_transcript(const Item& item) {
  return std::any_of(item.content.begin(), item.content.end(), [](const ContentPart& part) {
    return part.kind == ContentPart::Kind::input_audio && !part.has_transcript;
  });
}

}  // namespace parley::agent
