// SPDX-License-Identifier: Apache-2.0
//
// What is computed at once: one value for each name. A push, a run, a timer of an operator, or a
// frame that an operator of the box gave by itself begins one; operators add names to it.
//
// When an operator of the box gives several frames for one activation, the second goes into a child
// activation, which sees the names of its parent, and so on.
//
// Threads: everything but the constants belongs to the Exchange, under its lock.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "held.h"
#include "media/frame.h"

namespace parley::python {

/// A value under a name. Values of Python ride in Opaque::object.
struct Slot {
  media::Frame value;
  int writer = -1;            // the member that wrote it; -1: it was given from outside
  std::uint64_t version = 0;  // changes when it is written again
  bool is_read = false;       // this version
};

/// Which value of a name counts for a call.
enum class Reading : std::uint8_t {
  last_value,  // when nobody who was added before may write it again
  any_value,   // the one that is there, because nobody else can go on
};

/// Where one member (operator) stands in one activation.
struct Part {
  enum class State : std::uint8_t {
    pending,  // not looked at
    waiting,  // asked for `missing`, and is called again when it is there
    running,
    settled,    // done, failed, or not to be called here
    unreached,  // the activation ended without it; `missing` says for want of what
  };
  State state = State::pending;
  std::string missing;
  Reading reading = Reading::last_value;  // of the call that runs
};

struct Activation {
  Activation(std::uint64_t its_number, std::shared_ptr<Activation> its_parent)
      : number(its_number), parent(std::move(its_parent)) {}

  const std::uint64_t number;
  const std::shared_ptr<Activation> parent;  // shared: a child may outlive it; null: none
  std::size_t index = 0;                     // among the frames of its parent
  bool is_one_shot = false;                  // of `run`: nothing follows on its streams
  bool is_over = false;                      // no operator will be called for it any more
  std::optional<media::MediaTime> time;      // if whoever began it said one
  std::optional<std::size_t> begun_for;  // the member whose `method` it calls, and nobody else's
  const char* method = "process";        // for others it is that
  std::map<std::string, Slot, std::less<>> slots;
  std::vector<Part> parts;  // by member

  // When an operator failed and nobody dealt with it.
  bool failed = false;
  Held exception;
  std::string failed_operator;

  /// Its own, or else its parent's.
  [[nodiscard]] Slot* find(std::string_view name);
};

using ActivationPtr = std::shared_ptr<Activation>;  // shared by the members and the caller

/// Its number alone, for ports where frames are only counted.
[[nodiscard]] media::Opaque token_of(const Activation& activation);
/// An activation as a frame, for the ports that it crosses.
[[nodiscard]] media::Opaque to_frame(ActivationPtr activation);
[[nodiscard]] ActivationPtr activation_of(const media::Opaque& frame);

}  // namespace parley::python
