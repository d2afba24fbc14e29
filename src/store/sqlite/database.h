// SPDX-License-Identifier: Apache-2.0
//
// SQLite's C interface as owned objects and Results. Private to this folder.
// Threads: one at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include <sqlite3.h>

#include "base/result.h"

namespace parley::store {

class Database {
 public:
  /// Makes the file where there is none. Errors: permission_denied, data_corrupt (it is no
  /// database), unavailable; each says what to do.
  static Result<Database> open(const std::string& path);

  /// One or more statements without results.
  Status run(const char* sql);
  /// The one number that a statement answers.
  Result<std::int64_t> number(const char* sql);
  /// What `status` of the last call means.
  [[nodiscard]] Error error(int status) const;
  /// Rows that the last statement changed.
  [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(handle_.get()); }
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }
  };
  std::unique_ptr<sqlite3, Close> handle_;
  std::string path_;
};

/// A prepared statement, used again and again:
///   PARLEY_TRY_STATUS(statement.with(id, 3).run());
///   statement.with(id).each_row([&] { use(statement.text(0)); return true; });
class Statement {
 public:
  Statement() = default;
  /// `sql` is our own: a mistake in it is a check.
  Statement(Database& database, const char* sql);

  /// Binds all parameters, in order, after resetting. Text and blobs must live until `run`, or
  /// until `next` said that there is no more.
  template <typename... Values>
  Statement& with(const Values&... values) {
    reset();
    int index = 0;
    (bind(++index, values), ...);
    return *this;
  }
  /// To its end; it answers no rows.
  Status run();
  /// True: there is a row, whose columns can be read until the next call.
  Result<bool> next();
  void reset();
  /// To its end, or until `visit`, called with each row in place, returns false.
  template <typename Visit>
  Status each_row(Visit visit) {
    while (true) {
      PARLEY_TRY(const bool more, next());
      if (!more) return {};
      if (!visit()) break;
    }
    reset();
    return {};
  }

  [[nodiscard]] std::int64_t integer(int column) const;
  [[nodiscard]] std::string text(int column) const;
  [[nodiscard]] std::span<const std::byte> bytes(int column) const;

 private:
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view text);
  void bind(int index, std::span<const std::byte> bytes);
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept { sqlite3_finalize(handle); }
  };
  Database* database_ = nullptr;
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace parley::store
