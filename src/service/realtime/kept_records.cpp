// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/kept_records.h"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <utility>

#include "agent/prompt.h"
#include "agent/recording_queue.h"
#include "protocol/realtime/kept_item.h"
#include "service/realtime/convert.h"

namespace parley::service {
namespace {

using Kind = agent::ContentPart::Kind;
using Moderation = agent::Item::Moderation;

constexpr std::string_view kPassed = "passed";
constexpr std::string_view kRefused = "refused";

protocol::KeptSound sound_of(const agent::ContentPart& part, agent::Item::Status status) {
  protocol::KeptSound sound;
  if (part.kind != Kind::input_audio && part.kind != Kind::output_audio) return sound;
  sound.rate = part.audio.rate;
  sound.samples = static_cast<std::int64_t>(part.audio.samples.size()) + part.audio.absent;
  sound.is_silence = part.is_silence;
  if (part.kind == Kind::input_audio) return sound;
  for (const agent::SpokenClause& clause : part.clauses) {
    sound.clauses.push_back({clause.text, clause.begin.ms(), clause.end.ms()});
  }
  const bool whole = part.has_transcript && status == agent::Item::Status::completed;
  sound.heard = whole ? part.text : agent::heard_text(part, part.audio.duration());
  return sound;
}

void redact(protocol::KeptItem& kept, const Redaction& redaction) {
  const auto hide = [&](std::string& text) { text = redaction.apply(std::move(text)); };
  for (protocol::ItemContent& part : kept.item.content) {
    if (part.kind != protocol::ItemContent::Kind::input_image) hide(part.text);
    part.words.clear();  // what is to be hidden may be several of them
  }
  for (protocol::KeptSound& sound : kept.sounds) {
    // What is to be hidden may begin in one clause and end in the next.
    sound.clauses.clear();
    if (sound.heard) hide(*sound.heard);
  }
  hide(kept.item.arguments);
  hide(kept.item.output);
  if (kept.item.mcp && kept.item.mcp->output) {
    protocol::McpFields mcp = *kept.item.mcp;
    hide(*mcp.output);
    kept.item.mcp = std::make_shared<const protocol::McpFields>(std::move(mcp));
  }
}

std::vector<media::WordTime> times_of(std::vector<protocol::WordInfo> words) {
  std::vector<media::WordTime> out;
  out.reserve(words.size());
  for (protocol::WordInfo& word : words) {
    out.push_back({std::move(word.text), media::MediaTime::from_ms(word.start_ms),
                   media::MediaTime::from_ms(word.end_ms)});
  }
  return out;
}

/// To each clause the words that begin in it.
void share_out(std::vector<media::WordTime> words, std::vector<agent::SpokenClause>& clauses) {
  auto clause = clauses.begin();
  for (media::WordTime& word : words) {
    while (clause != clauses.end() && clause->end <= word.begin) ++clause;
    if (clause == clauses.end()) return;
    clause->words.push_back(std::move(word));
  }
}

void take_sound(protocol::KeptSound sound, std::vector<media::WordTime> words,
                agent::Item::Status status, agent::ContentPart& part) {
  part.audio.rate = sound.rate > 0 ? sound.rate : part.audio.rate;
  part.audio.absent = std::max<std::int64_t>(sound.samples, 0);
  part.is_silence = sound.is_silence;
  if (part.kind != Kind::output_audio) {
    part.words = std::move(words);
    return;
  }
  for (protocol::WordInfo& clause : sound.clauses) {
    part.clauses.push_back({std::move(clause.text), media::MediaTime::from_ms(clause.start_ms),
                            media::MediaTime::from_ms(clause.end_ms)});
  }
  if (part.clauses.empty() && sound.heard) {
    part.clauses.push_back({*sound.heard, {}, part.audio.duration()});
  }
  share_out(std::move(words), part.clauses);
  // The session ended before its transcript was known for good.
  if (status == agent::Item::Status::in_progress && sound.heard) part.text = *sound.heard;
}

agent::Item to_item(protocol::KeptItem kept) {
  const agent::Item::Status status = kept.item.status == protocol::Item::Status::in_progress
                                         ? agent::Item::Status::in_progress
                                         : agent::Item::Status::completed;
  std::vector<protocol::KeptSound> sounds = std::move(kept.sounds);
  std::vector<std::vector<media::WordTime>> words;
  for (protocol::ItemContent& part : kept.item.content) {
    words.push_back(times_of(std::exchange(part.words, {})));
  }
  if (kept.item.status == protocol::Item::Status::in_progress) {
    kept.item.status = protocol::Item::Status::incomplete;
  }
  agent::Item item = to_agent(std::move(kept.item), {});
  if (kept.moderation == kPassed) item.moderation = Moderation::passed;
  if (kept.moderation == kRefused) item.moderation = Moderation::refused;
  for (std::size_t i = 0; i < item.content.size(); ++i) {
    agent::ContentPart& part = item.content[i];
    if (part.kind != Kind::input_audio && part.kind != Kind::output_audio) continue;
    take_sound(std::move(sounds[i]), std::move(words[i]), status, part);
  }
  return item;
}

/// Nobody shall wait for a transcript that cannot come.
void settle(std::vector<agent::Item>& items) {
  std::size_t heard = 0;
  for (auto item = items.rbegin(); item != items.rend(); ++item) {
    for (agent::ContentPart& part : item->content) {
      if (part.kind != Kind::input_audio || part.has_transcript) continue;
      const bool can_hear = !part.audio.samples.empty() && heard < agent::kRecordingsWaitingMax;
      part.has_transcript = !can_hear;
      heard += can_hear ? 1U : 0U;
    }
  }
}

}  // namespace

std::string kept_json(const agent::Item& item, const Redaction& redaction) {
  protocol::KeptItem kept{.item = to_protocol(item), .sounds = {}};
  for (std::size_t i = 0; i < item.content.size(); ++i) {
    const agent::ContentPart& part = item.content[i];
    kept.sounds.push_back(sound_of(part, item.status));
    kept.item.content[i].words = to_protocol(agent::word_times(part, part.audio.duration()));
  }
  if (item.moderation == Moderation::passed) kept.moderation = kPassed;
  if (item.moderation == Moderation::refused) kept.moderation = kRefused;
  if (!redaction.empty()) redact(kept, redaction);
  return protocol::to_json(kept);
}

Result<std::vector<agent::Item>> to_items(store::Conversation& conversation) {
  std::vector<agent::Item> items;
  items.reserve(conversation.items.size());
  for (const store::Item& record : conversation.items) {
    PARLEY_TRY(protocol::KeptItem kept, protocol::read_kept_item(record.json));
    items.push_back(to_item(std::move(kept)));
  }
  for (store::Audio& audio : conversation.audio) {
    const auto item = std::ranges::find(items, audio.item_id, &agent::Item::id);
    const auto part = static_cast<std::size_t>(audio.part);
    if (item == items.end() || audio.part < 0 || part >= item->content.size()) continue;
    agent::StoredAudio& sound = item->content[part].audio;
    // The record says how much there is: a reply may have been cut off after its sound was kept.
    const auto count = std::min(audio.samples.size(), static_cast<std::size_t>(sound.absent));
    audio.samples.resize(count);
    sound.rate = audio.rate;
    sound.samples = std::move(audio.samples);
    sound.absent -= static_cast<std::int64_t>(count);
  }
  settle(items);
  return items;
}

}  // namespace parley::service
