// SPDX-License-Identifier: Apache-2.0
//
// Decides which operator may run on which activation: when every name that it asks for is there.
// The engine calls the operators (each is a node of a graph::Runner); they ask here for work, and
// tell what came of it; whoever may go on because of that is woken.
//
// The rules (python/README.md has them for users):
// - An operator sees activations in the order in which they began, and each at most once.
// - Names are known from the operator's lists, or are learned when it asks for them. An operator
//   without lists is tried when the names are there that it is expected to ask for, or when nobody
//   else can go on; when it asks for a name that is not there, the call is given up and repeated as
//   soon as the name is there.
// - Serially (scheduler sync, and until the first activation is over, unless all have lists) the
// operator that was added
//   first goes first. Otherwise operators run side by side; one waits for those added before it
//   that are known to write what it reads.
// - A name that is written twice has the value of the operator that was added later. Of operators
//   with lists, and those of the box, that holds for whoever reads it, too: nobody sees the value
//   before it.
// - An activation is over when no operator runs on it, and none can. They end in order.
//
// Threads: any. One lock, held for look-ups; never while Python runs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "activation.h"
#include "exec/strand.h"

namespace parley::python {

/// A set of names that strings and views are looked up in.
using Names = std::set<std::string, std::less<>>;

/// A name that was read in a call, and which version of it.
struct ReadNote {
  Slot* slot;
  std::uint64_t version;
};

/// What one call of an operator read and wrote; nothing counts before it is settled.
struct CallNotes {
  Names asked;
  std::vector<ReadNote> read;
  std::map<std::string, media::Frame, std::less<>> written;
};

class Exchange {
 public:
  struct Member {
    std::string id;
    Names needs;                       // without these it is not called before it must be
    Names reads;                       // known
    Names writes;                      // known
    bool has_lists = false;            // both are all that there is
    std::optional<std::size_t> box{};  // a feed of this box: the number is the box's own
  };
  struct Options {
    bool is_serial = true;
    std::size_t activations_max = 1024;  // under way, and not taken by `next_result`
  };

  explicit Exchange(Options options) : options_(options) {}

  // --- while the graph is made
  std::size_t add_member(Member member);
  /// Threads: the members' own.
  void set_waker(std::size_t member, exec::Waker waker);
  void set_entry_waker(exec::Waker waker);
  void set_exit_waker(exec::Waker waker);

  // --- activations
  [[nodiscard]] ActivationPtr make(ActivationPtr parent = nullptr);
  [[nodiscard]] bool has_room() const;
  void start(const ActivationPtr& activation);
  /// The oldest that is over.
  [[nodiscard]] ActivationPtr next_result();
  /// Nothing is under way, and every result was taken.
  [[nodiscard]] bool is_quiet() const;
  /// From now on everybody is woken when it becomes quiet: Runner::run waits for that.
  void tell_when_quiet() noexcept;
  /// `member` has nothing more to do with it.
  [[nodiscard]] bool is_settled(std::size_t member, std::uint64_t activation) const;

  // --- an operator's work
  /// What `member` may run on now; it then has to settle it.
  [[nodiscard]] ActivationPtr take(std::size_t member);
  /// The value, or none when the operator has to wait. `notes` learns of it.
  [[nodiscard]] std::optional<media::Frame> read(std::size_t member, Activation& activation,
                                                 std::string_view name, CallNotes& notes);
  /// Whether `read` would give one.
  [[nodiscard]] bool has(std::size_t member, Activation& activation, std::string_view name);
  /// The names that `read` would give a value of, in the order of writing.
  [[nodiscard]] std::vector<std::string> names(std::size_t member, Activation& activation);
  void settle(std::size_t member, CallNotes notes);
  /// Call it again when `missing` is there.
  void settle_waiting(std::size_t member, const CallNotes& notes, std::string missing);
  /// `is_handled`: the activation goes on without it.
  void settle_failed(std::size_t member, bool is_handled, Held exception);
  /// The activation that `member` runs on.
  [[nodiscard]] ActivationPtr current(std::size_t member) const;
  /// An operator with other lists took the member's place.
  void replace(std::size_t member, Names needs, Names writes, bool has_lists);

  // --- operators of the box
  /// `value` is the frame number `index` (from 0) of `name` for `activation`, which a feed of the
  /// box has not settled.
  void give(std::size_t member, const ActivationPtr& activation, std::size_t index,
            const std::string& name, media::Frame value);

  /// Begins one with these values of `member`; `parent`: whose names can be seen from it, or null.
  void begin(std::size_t member, ActivationPtr parent,
             std::map<std::string, media::Frame, std::less<>> values);

  // --- what was learned
  /// That `to` has read what `from` wrote.
  struct Flow {
    std::string from;
    std::string to;
  };
  [[nodiscard]] std::vector<Flow> flows() const;
  [[nodiscard]] const Member& member(std::size_t index) const { return entries_[index].member; }
  [[nodiscard]] std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Member member;
    exec::Waker waker{};
    ActivationPtr current{};
    std::set<int> sources{};  // the members whose values it has read
  };

  [[nodiscard]] ActivationPtr find_work(std::size_t member);
  [[nodiscard]] bool may_go(std::size_t member);
  [[nodiscard]] bool can_start(Activation& activation, std::size_t member);
  [[nodiscard]] bool is_open(const Activation& activation, std::size_t member) const;
  [[nodiscard]] bool has_its_names(Activation& activation, std::size_t member, Reading reading);
  [[nodiscard]] bool is_stalled(Activation& activation);
  [[nodiscard]] std::size_t next_when_stalled(Activation& activation);
  [[nodiscard]] Slot* readable(Activation& activation, std::size_t member, std::string_view name,
                               Reading reading);
  void add_wakers_after_end(std::vector<exec::Waker>& wakers) const;
  [[nodiscard]] bool is_in_scope(const Activation& activation, std::size_t member) const;
  [[nodiscard]] Slot* readable(Activation& activation, std::size_t member, std::string_view name);
  [[nodiscard]] bool is_live(Activation& activation);
  void write(Activation& activation, std::size_t member, const std::string& name,
             media::Frame value);
  [[nodiscard]] ActivationPtr make_locked(ActivationPtr parent);
  void end_activations();
  Entry& settling(std::size_t member);
  std::vector<exec::Waker> to_wake();
  /// Without the lock.
  static void wake_all(const std::vector<exec::Waker>& wakers);

  const Options options_;
  mutable std::mutex mutex_;
  std::vector<Entry> entries_;           // fixed once it runs; GUARDED_BY(mutex_)
  std::deque<ActivationPtr> under_way_;  // in order; GUARDED_BY(mutex_)
  std::deque<ActivationPtr> results_;    // GUARDED_BY(mutex_)
  exec::Waker entry_waker_;              // GUARDED_BY(mutex_)
  exec::Waker exit_waker_;               // GUARDED_BY(mutex_)
  std::uint64_t next_number_ = 0;        // GUARDED_BY(mutex_)
  std::uint64_t next_version_ = 0;       // GUARDED_BY(mutex_)
  std::size_t calls_ = 0;                // under way, boxes not counted; GUARDED_BY(mutex_)
  bool has_ended_ = false;               // without a result, not told yet; GUARDED_BY(mutex_)
  bool is_learned_ = false;              // names are known; GUARDED_BY(mutex_)
  bool tells_when_quiet_ = false;        // GUARDED_BY(mutex_)
};

}  // namespace parley::python
