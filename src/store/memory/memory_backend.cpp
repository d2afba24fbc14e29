// SPDX-License-Identifier: Apache-2.0
#include "store/memory/memory_backend.h"

#include <algorithm>

#include "store/refusals.h"

namespace parley::store {
namespace {

struct Apply {
  Conversation& to;

  void operator()(const PutItem& put) const {
    const auto found = std::ranges::find(to.items, put.item.id, &Item::id);
    if (found == to.items.end()) {
      to.items.push_back(put.item);
    } else {
      *found = put.item;
    }
  }
  void operator()(const MoveItem& move) const {
    const auto found = std::ranges::find(to.items, move.item_id, &Item::id);
    if (found != to.items.end()) found->position = move.position;
  }
  void operator()(const PutAudio& put) const {
    std::erase_if(to.audio, [&](const Audio& one) {
      return one.item_id == put.audio.item_id && one.part == put.audio.part;
    });
    if (!put.audio.samples.empty()) to.audio.push_back(put.audio);
  }
  void operator()(const DropItem& drop) const {
    std::erase_if(to.items, [&](const Item& one) { return one.id == drop.item_id; });
    std::erase_if(to.audio, [&](const Audio& one) { return one.item_id == drop.item_id; });
  }
  void operator()(const ClearItems& /*clear*/) const {
    to.items.clear();
    to.audio.clear();
  }
  void operator()(const PutResponse& put) const {
    const auto found = std::ranges::find(to.responses, put.response.id, &Response::id);
    if (found == to.responses.end()) {
      to.responses.push_back(put.response);
    } else {
      *found = put.response;
    }
  }
};

}  // namespace

void MemoryBackend::write(std::span<const Batch> batches, std::span<Status> outcomes) {
  for (std::size_t i = 0; i < batches.size(); ++i) outcomes[i] = write(batches[i]);
}

Status MemoryBackend::write(const Batch& batch) {
  auto found = kept_.find(batch.conversation);
  if (found == kept_.end()) {
    if (!batch.birth) return is_gone(batch.conversation);
    Kept kept;
    kept.number = ++last_number_;
    kept.owner = batch.birth->owner;
    kept.conversation.epoch = batch.epoch;
    kept.conversation.summary = {.id = batch.conversation,
                                 .model = batch.birth->model,
                                 .metadata = batch.birth->metadata,
                                 .created = batch.at};
    found = kept_.emplace(batch.conversation, std::move(kept)).first;
  }
  Conversation& conversation = found->second.conversation;
  if (conversation.epoch != batch.epoch) return is_taken(batch.conversation);
  for (const Change& change : batch.changes) std::visit(Apply{conversation}, change);
  conversation.summary.updated = batch.at;
  conversation.summary.items = static_cast<std::int64_t>(conversation.items.size());
  std::ranges::stable_sort(conversation.items, {}, &Item::position);
  return {};
}

MemoryBackend::Kept* MemoryBackend::find(const Key& key) {
  const auto found = kept_.find(key.id);
  return found == kept_.end() || found->second.owner != key.owner ? nullptr : &found->second;
}

Result<Conversation> MemoryBackend::load(const Key& key) {
  const Kept* const kept = find(key);
  if (kept == nullptr) return is_unknown(key.id);
  Conversation conversation = kept->conversation;
  conversation.audio.clear();
  return conversation;
}

Result<Conversation> MemoryBackend::take(const Key& key) {
  Kept* const kept = find(key);
  if (kept == nullptr) return is_unknown(key.id);
  ++kept->conversation.epoch;
  return kept->conversation;
}

Result<Page> MemoryBackend::list(const ListQuery& query) {
  std::vector<const Kept*> all;
  for (const auto& [id, kept] : kept_) {
    if (kept.owner == query.owner) all.push_back(&kept);
  }
  std::ranges::sort(all, std::ranges::greater(), &Kept::number);
  auto from = all.begin();
  if (query.after) {
    from = std::ranges::find_if(
        all, [&](const Kept* one) { return one->conversation.summary.id == *query.after; });
    if (from == all.end()) return is_no_cursor(*query.after);
    ++from;
  }
  Page page;
  for (; from != all.end() && page.conversations.size() < query.limit; ++from) {
    page.conversations.push_back((*from)->conversation.summary);
  }
  page.has_more = from != all.end();
  return page;
}

Status MemoryBackend::erase(const Key& key) {
  if (find(key) == nullptr) return is_unknown(key.id);
  kept_.erase(key.id);
  return {};
}

Result<std::size_t> MemoryBackend::sweep(std::int64_t before, std::size_t count_max) {
  std::size_t count = 0;
  for (auto one = kept_.begin(); one != kept_.end() && count < count_max;) {
    if (one->second.conversation.summary.updated < before) {
      one = kept_.erase(one);
      ++count;
    } else {
      ++one;
    }
  }
  return count;
}

}  // namespace parley::store
