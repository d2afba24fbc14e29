// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/store_file.h"

#include <filesystem>
#include <fstream>
#include <system_error>
#include <utility>

#include "store/sqlite/schema.h"

namespace parley::store {
namespace {

Result<std::string> file_of(const std::string& path) {
  namespace fs = std::filesystem;
  std::error_code failure;
  fs::path file(path);
  if (fs::is_directory(file, failure)) file /= kStoreFileName;
  if (file.has_parent_path()) {
    fs::create_directories(file.parent_path(), failure);
    if (failure) {
      return Error{ErrorCode::permission_denied,
                   "store.path '" + path + "': its folder cannot be made (" + failure.message() +
                       "): choose another file, or keep nothing with store.path=\"\""};
    }
  }
  if (!fs::exists(file, failure)) {
    // Only the owner of the process reads what was said. SQLite gives its log the same rights.
    std::ofstream(file).flush();
    fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, failure);
  }
  return file.string();
}

}  // namespace

Result<StoreFile> open_store_file(const std::string& path, bool sync_full) {
  PARLEY_TRY(const std::string file, file_of(path));
  PARLEY_TRY(Database database, Database::open(file));
  PARLEY_TRY_STATUS(
      database.run("PRAGMA journal_mode=WAL; PRAGMA foreign_keys=ON;"
                   // What is erased is overwritten: it may be anything that was said.
                   "PRAGMA secure_delete=ON"));
  PARLEY_TRY_STATUS(
      database.run(sync_full ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL"));
  if (const Status ready = bring_up_to_date(database); !ready) {
    return ready.error().with_context("store.path '" + file + "'");
  }
  return StoreFile{std::move(database), file};
}

}  // namespace parley::store
