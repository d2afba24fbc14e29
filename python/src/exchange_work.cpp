// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "base/check.h"
#include "exchange.h"

namespace parley::python {

using State = Part::State;

Exchange::Entry& Exchange::settling(std::size_t member) {
  Entry& entry = entries_[member];
  PARLEY_CHECK(entry.current != nullptr);
  if (!entry.member.box) --calls_;
  return entry;
}

void Exchange::settle(std::size_t member, CallNotes notes) {
  std::vector<exec::Waker> wakers;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = settling(member);
    const ActivationPtr activation = std::move(entry.current);
    entry.current = nullptr;
    activation->parts[member].state = State::settled;
    entry.member.reads.merge(notes.asked);
    for (const ReadNote& read : notes.read) {
      if (read.slot->version == read.version) read.slot->is_read = true;
      if (read.slot->writer >= 0) entry.sources.insert(read.slot->writer);
    }
    for (auto& [name, value] : notes.written) {
      if (!entry.member.writes.contains(name)) entry.member.writes.insert(name);
      write(*activation, member, name, std::move(value));
    }
    end_activations();
    wakers = to_wake();
  }
  wake_all(wakers);
}

void Exchange::settle_waiting(std::size_t member, const CallNotes& notes, std::string missing) {
  std::vector<exec::Waker> wakers;
  {
    const std::lock_guard lock(mutex_);
    Entry& entry = settling(member);
    const ActivationPtr activation = std::move(entry.current);
    entry.current = nullptr;
    activation->parts[member] = {.state = State::waiting, .missing = std::move(missing)};
    entry.member.reads.insert(notes.asked.begin(), notes.asked.end());
    end_activations();
    wakers = to_wake();
  }
  wake_all(wakers);
}

void Exchange::settle_failed(std::size_t member, bool is_handled, Held exception) {
  std::vector<exec::Waker> wakers;
  {
    const std::lock_guard lock(mutex_);
    if (entries_[member].current == nullptr) return;
    Entry& entry = settling(member);
    const ActivationPtr activation = std::move(entry.current);
    entry.current = nullptr;
    activation->parts[member].state = State::settled;
    if (!is_handled && !activation->failed) {
      activation->failed = true;
      activation->exception = std::move(exception);
      activation->failed_operator = entry.member.id;
    }
    end_activations();
    wakers = to_wake();
  }
  wake_all(wakers);
}

void Exchange::write(Activation& activation, std::size_t member, const std::string& name,
                     media::Frame value) {
  const int writer = static_cast<int>(member);
  Slot& slot = activation.slots[name];
  if (slot.version != 0 && slot.writer > writer) return;  // the later operator's value stays
  slot = {.value = std::move(value), .writer = writer, .version = ++next_version_};
}

ActivationPtr Exchange::current(std::size_t member) const {
  const std::lock_guard lock(mutex_);
  return entries_[member].current;
}

void Exchange::replace(std::size_t member, Names needs, Names writes, bool has_lists) {
  const std::lock_guard lock(mutex_);
  Member& known = entries_[member].member;
  known.reads = needs;
  known.needs = std::move(needs);
  known.writes = std::move(writes);
  known.has_lists = has_lists;
}

}  // namespace parley::python
