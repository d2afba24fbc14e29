// SPDX-License-Identifier: Apache-2.0
//
// Checks a pipeline of names before it runs, as far as its operators list what they read and
// write: that somebody gives each name, and that there is no cycle. The engine's own compiler
// (graph/plan.h) does the latter, on a graph whose ports are the names.
//
// Threads: any.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "exchange.h"

namespace parley::python {

struct DeclaredOperator {
  std::string id;
  bool has_lists = false;  // otherwise nothing is known of it
  Names reads;
  Names writes;
};

/// `given`: the names that come from outside, if they are known. Errors: invalid_argument.
Status check_declared(const std::vector<DeclaredOperator>& operators,
                      const std::optional<Names>& given);

}  // namespace parley::python
