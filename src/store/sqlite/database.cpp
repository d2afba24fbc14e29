// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/database.h"

#include "base/check.h"

namespace parley::store {
namespace {

/// Another process that writes to the same file holds it for a group of batches, or for one check
/// point.
constexpr int kBusyTimeoutMs = 5000;

std::string shown(const std::string& path) { return "store.path '" + path + "'"; }

}  // namespace

Result<Database> Database::open(const std::string& path) {
  sqlite3* handle = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX;
  const int status = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  Database database;
  database.handle_.reset(handle);
  database.path_ = path;
  if (status == SQLITE_CANTOPEN || status == SQLITE_READONLY || status == SQLITE_PERM) {
    return Error{ErrorCode::permission_denied,
                 shown(path) +
                     " cannot be opened for writing: choose another file, or keep "
                     "nothing with store.path=\"\""};
  }
  if (status != SQLITE_OK) return database.error(status);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyTimeoutMs);
  return database;
}

Status Database::run(const char* sql) {
  const int status = sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr);
  if (status != SQLITE_OK) return error(status);
  return {};
}

Result<std::int64_t> Database::number(const char* sql) {
  sqlite3_stmt* handle = nullptr;
  int status = sqlite3_prepare_v2(handle_.get(), sql, -1, &handle, nullptr);
  std::int64_t number = 0;
  if (status == SQLITE_OK) {
    status = sqlite3_step(handle);
    if (status == SQLITE_ROW) number = sqlite3_column_int64(handle, 0);
  }
  sqlite3_finalize(handle);
  if (status != SQLITE_ROW && status != SQLITE_DONE) return error(status);
  return number;
}

Error Database::error(int status) const {
  const std::string reason = sqlite3_errstr(status & 0xFF);
  switch (status & 0xFF) {
    case SQLITE_FULL:
      return {ErrorCode::resource_exhausted,
              "the disk of " + shown(path_) + " is full: make room, or erase conversations"};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return {ErrorCode::data_corrupt,
              shown(path_) + " is damaged (" + reason + "). Move the file away and start again; " +
                  "what can still be read of it, `sqlite3 FILE .recover | sqlite3 NEW` saves"};
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_PERM:
      return {ErrorCode::permission_denied, shown(path_) + " cannot be written: " + reason};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::unavailable, shown(path_) + " is held by another process for too long"};
    case SQLITE_IOERR:
      return {ErrorCode::unavailable, shown(path_) + " cannot be read or written: " + reason};
    default:
      return {ErrorCode::internal, shown(path_) + ": " + reason};
  }
}

Statement::Statement(Database& database, const char* sql) : database_(&database) {
  sqlite3_stmt* handle = nullptr;
  const int status =
      sqlite3_prepare_v3(database.handle(), sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr);
  PARLEY_CHECK(status == SQLITE_OK);
  handle_.reset(handle);
}

Status Statement::run() {
  const int status = sqlite3_step(handle_.get());
  reset();
  if (status != SQLITE_DONE) return database_->error(status);
  return {};
}

Result<bool> Statement::next() {
  const int status = sqlite3_step(handle_.get());
  if (status == SQLITE_ROW) return true;
  reset();
  if (status != SQLITE_DONE) return database_->error(status);
  return false;
}

void Statement::reset() {
  // What it returns is the last step's error, which was told already.
  sqlite3_reset(handle_.get());
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(handle_.get(), column);
}

std::string Statement::text(int column) const {
  const auto* const text = sqlite3_column_text(handle_.get(), column);
  if (text == nullptr) return {};
  const auto length = static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  return {reinterpret_cast<const char*>(text), length};
}

std::span<const std::byte> Statement::bytes(int column) const {
  const auto* const data =
      static_cast<const std::byte*>(sqlite3_column_blob(handle_.get(), column));
  return {data, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

// A bind fails only for an index that the statement has not, or without memory.
void Statement::bind(int index, std::int64_t value) {
  PARLEY_CHECK(sqlite3_bind_int64(handle_.get(), index, value) == SQLITE_OK);
}

void Statement::bind(int index, std::string_view text) {
  PARLEY_CHECK(sqlite3_bind_text64(handle_.get(), index, text.data(), text.size(), SQLITE_STATIC,
                                   SQLITE_UTF8) == SQLITE_OK);
}

void Statement::bind(int index, std::span<const std::byte> bytes) {
  PARLEY_CHECK(sqlite3_bind_blob64(handle_.get(), index, bytes.data(), bytes.size(),
                                   SQLITE_STATIC) == SQLITE_OK);
}

}  // namespace parley::store
