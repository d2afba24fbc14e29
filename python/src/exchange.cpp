// SPDX-License-Identifier: Apache-2.0
#include "exchange.h"

#include <algorithm>
#include <map>
#include <utility>

namespace parley::python {

using State = Part::State;

ActivationPtr Exchange::take(std::size_t member) {
  const std::lock_guard lock(mutex_);
  ActivationPtr found = find_work(member);
  if (found == nullptr || !may_go(member)) return nullptr;
  const bool has_last = has_its_names(*found, member, Reading::last_value);
  found->parts[member].reading = has_last ? Reading::last_value : Reading::any_value;
  found->parts[member].state = State::running;
  entries_[member].current = found;
  if (!entries_[member].member.box) ++calls_;
  return found;
}

/// The oldest activation that `member` has not settled, if it can start on it.
ActivationPtr Exchange::find_work(std::size_t member) {
  for (const ActivationPtr& activation : under_way_) {
    const Part& part = activation->parts[member];
    if (part.state == State::settled) continue;
    if (part.state == State::running) return nullptr;
    if (activation->is_over || activation->failed || !is_in_scope(*activation, member)) continue;
    // What it cannot start on comes before what it could: order is kept.
    return can_start(*activation, member) ? activation : nullptr;
  }
  return nullptr;
}

bool Exchange::may_go(std::size_t member) {
  if (!options_.is_serial && is_learned_) return true;
  if (calls_ != 0) return false;
  for (std::size_t earlier = 0; earlier < member; ++earlier) {
    if (find_work(earlier) != nullptr) return false;
  }
  return true;
}

bool Exchange::can_start(Activation& activation, std::size_t member) {
  if (!is_open(activation, member)) return false;
  if (has_its_names(activation, member, Reading::last_value)) return true;
  return is_stalled(activation) && next_when_stalled(activation) == member;
}

/// It may be called yet.
bool Exchange::is_open(const Activation& activation, std::size_t member) const {
  const State state = activation.parts[member].state;
  return (state == State::pending || state == State::waiting) && is_in_scope(activation, member);
}

/// As far as we know them.
bool Exchange::has_its_names(Activation& activation, std::size_t member, Reading reading) {
  if (activation.begun_for == member) return true;
  const Part& part = activation.parts[member];
  if (part.state == State::waiting) {
    return readable(activation, member, part.missing, reading) != nullptr;
  }
  const Names& needs = entries_[member].member.needs;
  return std::all_of(needs.begin(), needs.end(), [&](const std::string& name) {
    return readable(activation, member, name, reading) != nullptr;
  });
}

/// Nobody runs on it, and nobody has its names.
bool Exchange::is_stalled(Activation& activation) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (activation.parts[i].state == State::running) return false;
    if (is_open(activation, i) && has_its_names(activation, i, Reading::last_value)) return false;
  }
  return true;
}

/// Who goes on then: whoever has values, though somebody might have written them again; or else one
/// that only seems to ask for what is not there. One at a time, so that it is always the same one.
std::size_t Exchange::next_when_stalled(Activation& activation) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (is_open(activation, i) && has_its_names(activation, i, Reading::any_value)) return i;
  }
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const bool was_tried = activation.parts[i].state == State::waiting;
    if (is_open(activation, i) && !was_tried && !entries_[i].member.has_lists) return i;
  }
  return entries_.size();
}

/// A child activation concerns those who read one of its own names; one that began for an operator
/// is none for those who read nothing.
bool Exchange::is_in_scope(const Activation& activation, std::size_t member) const {
  const Names& reads = entries_[member].member.reads;
  if (activation.begun_for && *activation.begun_for != member && reads.empty()) return false;
  if (activation.parent == nullptr) return true;
  return std::any_of(activation.slots.begin(), activation.slots.end(),
                     [&](const auto& slot) { return reads.contains(slot.first); });
}

/// Null when the name is not there, or when somebody who was added before `member` writes it yet:
/// as far as lists tell, or else (`last_value`) may do so.
Slot* Exchange::readable(Activation& activation, std::size_t member, std::string_view name,
                         Reading reading) {
  Slot* const slot = activation.find(name);
  if (slot == nullptr) return nullptr;
  const Member& known = entries_[member].member;
  for (std::size_t j = member; j-- > 0;) {
    const Member& other = entries_[j].member;
    if (!other.writes.contains(name) || (other.box && other.box == known.box)) continue;
    if (other.has_lists) {
      return slot->writer >= static_cast<int>(j) ? slot : nullptr;
    }
    if (activation.parts[j].state == State::running) return nullptr;
    if (reading == Reading::last_value && is_open(activation, j)) return nullptr;
  }
  return slot;
}

/// For the call that `member` is in.
Slot* Exchange::readable(Activation& activation, std::size_t member, std::string_view name) {
  return readable(activation, member, name, activation.parts[member].reading);
}

bool Exchange::is_live(Activation& activation) {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const State state = activation.parts[i].state;
    if (state == State::running) return true;
    if (!activation.failed && can_start(activation, i)) return true;
  }
  return false;
}

/// Everybody who may go on, once the lock is free.
std::vector<exec::Waker> Exchange::to_wake() {
  std::vector<exec::Waker> wakers;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    if (find_work(i) != nullptr && may_go(i)) wakers.push_back(entries_[i].waker);
  }
  if (!results_.empty()) wakers.push_back(exit_waker_);
  if (std::exchange(has_ended_, false)) add_wakers_after_end(wakers);
  return wakers;
}

/// There is room for another activation, and it may be quiet.
void Exchange::add_wakers_after_end(std::vector<exec::Waker>& wakers) const {
  wakers.push_back(entry_waker_);
  if (!tells_when_quiet_ || !results_.empty() || !under_way_.empty()) return;
  wakers.push_back(exit_waker_);
  for (const Entry& entry : entries_) wakers.push_back(entry.waker);
}

void Exchange::wake_all(const std::vector<exec::Waker>& wakers) {
  for (const exec::Waker& waker : wakers) waker.wake();
}

// --- what can be read ----------------------------------------------------------------------------

std::optional<media::Frame> Exchange::read(std::size_t member, Activation& activation,
                                           std::string_view name, CallNotes& notes) {
  const std::lock_guard lock(mutex_);
  notes.asked.emplace(name);
  Slot* const slot = readable(activation, member, name);
  if (slot == nullptr) return std::nullopt;
  notes.read.push_back({.slot = slot, .version = slot->version});
  return slot->value;
}

bool Exchange::has(std::size_t member, Activation& activation, std::string_view name) {
  const std::lock_guard lock(mutex_);
  return readable(activation, member, name) != nullptr;
}

std::vector<std::string> Exchange::names(std::size_t member, Activation& activation) {
  const std::lock_guard lock(mutex_);
  std::map<std::uint64_t, std::string> by_version;
  for (Activation* one = &activation; one != nullptr; one = one->parent.get()) {
    for (const auto& [name, slot] : one->slots) {
      if (readable(activation, member, name) == &slot) by_version[slot.version] = name;
    }
  }
  std::vector<std::string> names;
  for (auto& [version, name] : by_version) names.push_back(std::move(name));
  return names;
}

}  // namespace parley::python
