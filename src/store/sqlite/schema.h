// SPDX-License-Identifier: Apache-2.0
//
// The tables, and how an older file becomes a new one. Private to this folder.
// Threads: one at a time.
#pragma once

#include "base/result.h"
#include "store/sqlite/database.h"

namespace parley::store {

/// Brings the file to the newest schema. Errors: failed_precondition when it belongs to another
/// program or to a newer Parley.
[[nodiscard]] Status bring_up_to_date(Database& database);

}  // namespace parley::store
