// SPDX-License-Identifier: Apache-2.0
//
// What shall not be kept of what was said: everything that matches a pattern becomes "[redacted]"
// before it is written. Patterns are POSIX extended regular expressions, without case, or one of
// the names "email", "phone", "card" and "number".
// Threads: immutable.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include <regex.h>

#include "base/result.h"

namespace parley::service {

class Redaction {
 public:
  /// Errors: invalid_argument names the pattern.
  static Result<Redaction> make(std::span<const std::string> patterns);

  /// True: everything is kept as it is.
  [[nodiscard]] bool empty() const { return patterns_.empty(); }
  [[nodiscard]] std::string apply(std::string text) const;

 private:
  struct Free {
    void operator()(regex_t* pattern) const noexcept;
  };
  std::vector<std::unique_ptr<regex_t, Free>> patterns_;
};

}  // namespace parley::service
