// SPDX-License-Identifier: Apache-2.0
//
// The one file of this folder's backends: each has a connection of its own to it. Private to this
// folder. Threads: any.
#pragma once

#include <string>

#include "base/result.h"
#include "store/sqlite/database.h"

namespace parley::store {

inline constexpr const char* kStoreFileName = "conversations.db";

struct StoreFile {
  Database database;
  std::string path;
};

/// Makes file and folders where they are missing, for their owner only, and brings the tables up to
/// date; a folder means kStoreFileName in it. `sync_full`: a commit waits for the disk.
Result<StoreFile> open_store_file(const std::string& path, bool sync_full);

}  // namespace parley::store
