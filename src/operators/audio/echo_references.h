// SPDX-License-Identifier: Apache-2.0
//
// Echo references by name, so that a graph file can give the same one to a loudspeaker and to an
// echo canceller. Made when first asked for; they live as long as this.
//
// Threads: control path, one owner. Allocates.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "base/result.h"
#include "operators/audio/echo_reference.h"

namespace parley::operators {

class EchoReferences {
 public:
  static constexpr std::size_t kCountMax = 64;  // policy: fail

  /// Errors: invalid_argument (the name stands for another rate), resource_exhausted.
  Result<EchoReference*> get(const std::string& name, int rate) {
    const auto found = references_.find(name);
    if (found != references_.end()) {
      if (found->second->rate() == rate) return found->second.get();
      return Error{ErrorCode::invalid_argument,
                   "echo reference '" + name + "' has " + std::to_string(found->second->rate()) +
                       " Hz, not " + std::to_string(rate) +
                       ": loudspeaker and microphone need the same rate"};
    }
    if (references_.size() >= kCountMax) {
      return Error{ErrorCode::resource_exhausted,
                   "more than " + std::to_string(kCountMax) + " echo references"};
    }
    return references_.emplace(name, std::make_unique<EchoReference>(rate)).first->second.get();
  }

 private:
  std::map<std::string, std::unique_ptr<EchoReference>> references_;
};

}  // namespace parley::operators
