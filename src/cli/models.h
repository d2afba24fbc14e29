// SPDX-License-Identifier: Apache-2.0
//
// What `parley models` does: list, verify, remove, pull. Results go to `out`, what went wrong and
// what is under way to `err`; each returns the exit status.
//
// Threads: main.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "cli/model_store.h"

namespace parley::cli {

[[nodiscard]] int list_models(const ModelStore& store, bool json, std::ostream& out);

/// `names` empty: every model that is there. Fails when a file is missing or not what it should be.
[[nodiscard]] int verify_models(const ModelStore& store, const std::vector<std::string>& names,
                                std::ostream& out, std::ostream& err);

[[nodiscard]] int remove_models(const ModelStore& store, const std::vector<std::string>& names,
                                std::ostream& out, std::ostream& err);

struct PullOptions {
  std::string what = {};    // a name of the catalogue, or a URL
  std::string sha256 = {};  // of a URL: must be there
  std::string name = {};  // of a URL: the model's folder; empty: the file's name without its ending
};
[[nodiscard]] int pull_model(const ModelStore& store, const PullOptions& options, std::ostream& out,
                             std::ostream& err);

}  // namespace parley::cli
