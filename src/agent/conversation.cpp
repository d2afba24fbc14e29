// SPDX-License-Identifier: Apache-2.0
#include "agent/conversation.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/check.h"

namespace parley::agent {
namespace {

template <typename Items>
auto find_in(Items& items, std::string_view id) {
  return std::find_if(items.begin(), items.end(), [id](const Item& item) { return item.id == id; });
}

}  // namespace

Item& Conversation::insert(Item item, const Position& position) {
  PARLEY_CHECK(!item.id.empty());
  PARLEY_CHECK(find(item.id) == nullptr);
  auto before = items_.end();
  if (position.kind == Position::Kind::front) {
    before = items_.begin();
  } else if (position.kind == Position::Kind::after) {
    before = find_in(items_, position.after_id);
    PARLEY_CHECK(before != items_.end());
    ++before;
  }
  item.serial = next_serial();
  return *items_.insert(before, std::move(item));
}

Item* Conversation::find(std::string_view id) {
  const auto found = find_in(items_, id);
  return found == items_.end() ? nullptr : &*found;
}

const Item* Conversation::find(std::string_view id) const {
  const auto found = find_in(items_, id);
  return found == items_.end() ? nullptr : &*found;
}

Item* Conversation::find(std::string_view id, std::uint64_t serial) {
  Item* const item = find(id);
  return item != nullptr && item->serial == serial ? item : nullptr;
}

std::string Conversation::previous_id(std::string_view id) const {
  const auto found = find_in(items_, id);
  if (found == items_.end() || found == items_.begin()) return "";
  return std::prev(found)->id;
}

bool Conversation::erase(std::string_view id) {
  const auto found = find_in(items_, id);
  if (found == items_.end()) return false;
  items_.erase(found);
  return true;
}

void Conversation::truncate(Item& item, std::size_t content_index, media::MediaTime end) {
  PARLEY_CHECK(content_index < item.content.size());
  ContentPart& part = item.content[content_index];
  PARLEY_CHECK(part.kind == ContentPart::Kind::output_audio);
  PARLEY_CHECK(end.flicks >= 0);
  const std::int64_t keep = end.samples(part.audio.rate);
  const auto here = static_cast<std::int64_t>(part.audio.samples.size());
  if (keep < here) part.audio.samples.resize(static_cast<std::size_t>(keep));
  part.audio.absent = std::clamp<std::int64_t>(keep - here, 0, part.audio.absent);
  // Nothing says which words were in the part that is left, so none are kept.
  part.text.clear();
  part.has_transcript = false;
}

const Item* Conversation::find_call(std::string_view call_id) const {
  const auto found = std::find_if(items_.begin(), items_.end(), [call_id](const Item& item) {
    return item.type == Item::Type::function_call && item.call_id == call_id;
  });
  return found == items_.end() ? nullptr : &*found;
}

bool Conversation::has_assistant_audio() const {
  return std::any_of(items_.begin(), items_.end(), [](const Item& item) {
    return !item.is_loaded &&
           std::any_of(item.content.begin(), item.content.end(), [](const ContentPart& part) {
             return part.kind == ContentPart::Kind::output_audio;
           });
  });
}

}  // namespace parley::agent
