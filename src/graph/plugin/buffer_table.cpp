// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/buffer_table.h"

#include <limits>
#include <utility>

namespace parley::graph {
namespace {

/// The generation, and the index counted from 1, so that no handle is zero.
constexpr BufferTable::Handle handle_of(std::uint32_t index, std::uint32_t generation) {
  return (std::uint64_t{generation} << 32U) | (index + 1);
}

}  // namespace

BufferTable::Handle BufferTable::add(Entry entry) {
  if (free_.empty()) {
    if (slots_.size() >= kBuffersMax) return kNone;
    free_.push_back(static_cast<std::uint32_t>(slots_.size()));
    slots_.emplace_back();
    in_call_.reserve(slots_.size());
  }
  const std::uint32_t index = free_.back();
  free_.pop_back();
  Slot& slot = slots_[index];
  slot.entry = std::move(entry);
  slot.is_in_call = true;
  slot.is_used = true;
  in_call_.push_back(index);
  return handle_of(index, slot.generation);
}

BufferTable::Slot* BufferTable::slot_of(Handle handle) noexcept {
  const auto index = static_cast<std::uint32_t>(handle) - 1;  // 0 becomes the highest
  if (index >= slots_.size()) return nullptr;
  Slot& slot = slots_[index];
  return slot.is_used && slot.generation == handle >> 32U ? &slot : nullptr;
}

BufferTable::Entry* BufferTable::find(Handle handle) noexcept {
  Slot* const slot = slot_of(handle);
  return slot == nullptr ? nullptr : &slot->entry;
}

bool BufferTable::retain(Handle handle) noexcept {
  Slot* const slot = slot_of(handle);
  if (slot == nullptr || slot->retains == std::numeric_limits<std::uint32_t>::max()) return false;
  ++slot->retains;
  return true;
}

bool BufferTable::release(Handle handle) noexcept {
  Slot* const slot = slot_of(handle);
  if (slot == nullptr || slot->retains == 0) return false;
  --slot->retains;
  free_if_unused(static_cast<std::uint32_t>(slot - slots_.data()));
  return true;
}

void BufferTable::drop(Handle handle) noexcept {
  Slot* const slot = slot_of(handle);
  if (slot == nullptr || slot->retains != 0) return;
  // Its place in in_call_ stays: `end_call` frees it again, which does nothing.
  slot->entry = {};
}

void BufferTable::end_call() noexcept {
  for (const std::uint32_t index : in_call_) {
    slots_[index].is_in_call = false;
    free_if_unused(index);
  }
  in_call_.clear();
}

std::size_t BufferTable::clear() noexcept {
  end_call();
  std::size_t retained = 0;
  for (std::uint32_t index = 0; index < slots_.size(); ++index) {
    if (!slots_[index].is_used) continue;
    ++retained;
    slots_[index].retains = 0;
    free_if_unused(index);
  }
  return retained;
}

void BufferTable::free_if_unused(std::uint32_t index) noexcept {
  Slot& slot = slots_[index];
  if (!slot.is_used || slot.is_in_call || slot.retains != 0) return;
  slot.entry = {};
  slot.is_used = false;
  ++slot.generation;
  free_.push_back(index);  // has room: it held this index before
}

}  // namespace parley::graph
