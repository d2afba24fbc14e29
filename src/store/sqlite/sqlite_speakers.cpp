// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_speakers.h"

#include <span>
#include <utility>

#include "store/sqlite/store_file.h"

namespace parley::store {
namespace {

std::string text_of(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::span<const std::byte> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text));
}

}  // namespace

Result<std::unique_ptr<SqliteSpeakers>> SqliteSpeakers::open(const std::string& path,
                                                             bool sync_full) {
  PARLEY_TRY(StoreFile file, open_store_file(path, sync_full));
  return std::unique_ptr<SqliteSpeakers>(new SqliteSpeakers(std::move(file.database)));
}

SqliteSpeakers::SqliteSpeakers(Database database)
    : database_(std::move(database)),
      all_(database_, "SELECT tag, sealed FROM speakers WHERE owner = ?"),
      get_(database_, "SELECT sealed FROM speakers WHERE owner = ? AND tag = ?"),
      insert_(database_, "INSERT OR IGNORE INTO speakers(owner, tag, sealed) VALUES(?, ?, ?)"),
      replace_(database_,
               "UPDATE speakers SET sealed = ? WHERE owner = ? AND tag = ? AND sealed = ?"),
      remove_(database_, "DELETE FROM speakers WHERE owner = ? AND tag = ?") {}

Result<std::vector<SealedSpeaker>> SqliteSpeakers::all(const std::string& owner) {
  std::vector<SealedSpeaker> found;
  PARLEY_TRY_STATUS(all_.with(owner).each_row([&] {
    found.push_back({all_.text(0), text_of(all_.bytes(1))});
    return true;
  }));
  return found;
}

Result<std::optional<std::string>> SqliteSpeakers::get(const std::string& owner,
                                                       const std::string& tag) {
  std::optional<std::string> found;
  PARLEY_TRY_STATUS(get_.with(owner, tag).each_row([&] {
    found = text_of(get_.bytes(0));
    return true;
  }));
  return found;
}

Result<bool> SqliteSpeakers::put(const std::string& owner, const std::string& tag,
                                 const std::optional<std::string>& before,
                                 std::string_view sealed) {
  // Each is one statement, so another process comes before it or after it.
  if (before) {
    PARLEY_TRY_STATUS(replace_.with(bytes_of(sealed), owner, tag, bytes_of(*before)).run());
  } else {
    PARLEY_TRY_STATUS(insert_.with(owner, tag, bytes_of(sealed)).run());
  }
  return database_.changes() > 0;
}

Result<bool> SqliteSpeakers::remove(const std::string& owner, const std::string& tag) {
  PARLEY_TRY_STATUS(remove_.with(owner, tag).run());
  return database_.changes() > 0;
}

}  // namespace parley::store
