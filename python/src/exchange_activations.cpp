// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <utility>

#include "exchange.h"

namespace parley::python {

using State = Part::State;

ActivationPtr Exchange::make(ActivationPtr parent) {
  const std::lock_guard lock(mutex_);
  return make_locked(std::move(parent));
}

ActivationPtr Exchange::make_locked(ActivationPtr parent) {
  auto made = std::make_shared<Activation>(++next_number_, std::move(parent));
  made->parts.resize(entries_.size());
  if (made->parent != nullptr) made->is_one_shot = made->parent->is_one_shot;
  return made;
}

bool Exchange::has_room() const {
  const std::lock_guard lock(mutex_);
  return under_way_.size() + results_.size() < options_.activations_max;
}

void Exchange::start(const ActivationPtr& activation) {
  std::vector<exec::Waker> wakers;
  {
    const std::lock_guard lock(mutex_);
    for (auto& [name, slot] : activation->slots) slot.version = ++next_version_;
    under_way_.push_back(activation);
    end_activations();
    wakers = to_wake();
  }
  wake_all(wakers);
}

namespace {

/// What nobody would hear of in a stream is not kept until somebody polls.
bool has_result(const Activation& over) {
  const bool has_output = std::any_of(over.slots.begin(), over.slots.end(), [](const auto& slot) {
    return slot.second.writer >= 0 && !slot.second.is_read;
  });
  return over.is_one_shot || over.failed || has_output;
}

}  // namespace

/// From the oldest on, so that they end in the order in which they began.
void Exchange::end_activations() {
  while (!under_way_.empty() && !is_live(*under_way_.front())) {
    const ActivationPtr over = std::move(under_way_.front());
    under_way_.pop_front();
    over->is_over = true;
    for (std::size_t i = 0; i < entries_.size(); ++i) {
      Part& part = over->parts[i];
      if (part.state == State::settled || !is_in_scope(*over, i)) continue;
      part.state = State::unreached;
      if (!part.missing.empty()) continue;
      for (const std::string& name : entries_[i].member.reads) {
        if (over->find(name) == nullptr) part.missing = name;
      }
    }
    is_learned_ = true;
    if (has_result(*over)) {
      results_.push_back(over);
    } else {
      has_ended_ = true;
    }
  }
}

ActivationPtr Exchange::next_result() {
  std::vector<exec::Waker> wakers;
  ActivationPtr result;
  {
    const std::lock_guard lock(mutex_);
    if (results_.empty()) return nullptr;
    result = std::move(results_.front());
    results_.pop_front();
    wakers.push_back(entry_waker_);
    if (tells_when_quiet_ && results_.empty() && under_way_.empty()) {
      for (const Entry& entry : entries_) wakers.push_back(entry.waker);
    }
  }
  wake_all(wakers);
  return result;
}

bool Exchange::is_quiet() const {
  const std::lock_guard lock(mutex_);
  return under_way_.empty() && results_.empty();
}

void Exchange::tell_when_quiet() noexcept {
  const std::lock_guard lock(mutex_);
  tells_when_quiet_ = true;
}

bool Exchange::is_settled(std::size_t member, std::uint64_t activation) const {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(under_way_.begin(), under_way_.end(),
                                  [&](const auto& one) { return one->number == activation; });
  return found == under_way_.end() || (*found)->parts[member].state == State::settled;
}

// --- operators of the box ------------------------------------------------------------------------

void Exchange::give(std::size_t member, const ActivationPtr& activation, std::size_t index,
                    const std::string& name, media::Frame value) {
  std::vector<exec::Waker> wakers;
  {
    const std::lock_guard lock(mutex_);
    ActivationPtr to = activation;
    if (index != 0) {
      const auto is_it = [&](const ActivationPtr& other) {
        return other->parent == activation && other->index == index;
      };
      const auto place = std::find_if(under_way_.begin(), under_way_.end(), is_it);
      if (place == under_way_.end()) {
        to = make_locked(activation);
        to->index = index;
        const auto is_after = [&](const ActivationPtr& other) {
          return other == activation || other->parent == activation;
        };
        const auto last = std::find_if(under_way_.rbegin(), under_way_.rend(), is_after);
        under_way_.insert(last.base(), to);
      } else {
        to = *place;
      }
    }
    write(*to, member, name, std::move(value));
    wakers = to_wake();
  }
  wake_all(wakers);
}

void Exchange::begin(std::size_t member, ActivationPtr parent,
                     std::map<std::string, media::Frame, std::less<>> values) {
  std::vector<exec::Waker> wakers;
  {
    const std::lock_guard lock(mutex_);
    const ActivationPtr activation = make_locked(std::move(parent));
    for (auto& [name, value] : values) write(*activation, member, name, std::move(value));
    under_way_.push_back(activation);
    end_activations();
    wakers = to_wake();
  }
  wake_all(wakers);
}

// --- the graph -----------------------------------------------------------------------------------

std::size_t Exchange::add_member(Member member) {
  const std::lock_guard lock(mutex_);
  is_learned_ = (entries_.empty() || is_learned_) && member.has_lists;  // nothing to learn
  entries_.push_back({.member = std::move(member)});
  return entries_.size() - 1;
}

void Exchange::set_waker(std::size_t member, exec::Waker waker) {
  const std::lock_guard lock(mutex_);
  entries_[member].waker = std::move(waker);
}

void Exchange::set_entry_waker(exec::Waker waker) {
  const std::lock_guard lock(mutex_);
  entry_waker_ = std::move(waker);
}

void Exchange::set_exit_waker(exec::Waker waker) {
  const std::lock_guard lock(mutex_);
  exit_waker_ = std::move(waker);
}

std::vector<Exchange::Flow> Exchange::flows() const {
  const std::lock_guard lock(mutex_);
  std::vector<Flow> all;
  for (const Entry& entry : entries_) {
    for (const int source : entry.sources) {
      all.push_back(
          {.from = entries_[static_cast<std::size_t>(source)].member.id, .to = entry.member.id});
    }
  }
  return all;
}

}  // namespace parley::python
