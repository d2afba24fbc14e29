// SPDX-License-Identifier: Apache-2.0
//
// What tells one model from another: SHA-256 over the names and contents of the files in its
// folder. Computed when the model is loaded and never remembered: a voice of 63 MB takes 0.1 s or
// less, the model itself takes longer to load, and a hash that is looked up by size and time can be
// wrong.
//
// Threads: any. Blocks on the disk.
#pragma once

#include <string>

#include "base/result.h"

namespace parley::backend {

/// Of the plain files directly in `folder`, but for those whose names begin with a dot: notes of
/// whoever fetched them. Errors: not_found, permission_denied, unavailable.
[[nodiscard]] Result<std::string> hash_of_model(const std::string& folder);

}  // namespace parley::backend
