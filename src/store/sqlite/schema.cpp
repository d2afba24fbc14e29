// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/schema.h"

#include <array>
#include <string>

namespace parley::store {
namespace {

// "PARL": how `file` and we recognise the database.
constexpr std::int64_t kApplicationId = 0x5041524C;

// Entry i makes version i + 1 of version i. Never change one that was released: add another.
// `number` grows with each conversation and is never used again, so it is their order.
constexpr std::array kVersions{
    R"sql(
      CREATE TABLE conversations(
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        owner TEXT NOT NULL,
        model TEXT NOT NULL,
        metadata TEXT NOT NULL,
        epoch INTEGER NOT NULL,
        created INTEGER NOT NULL,
        updated INTEGER NOT NULL) STRICT;
      CREATE INDEX conversations_by_owner ON conversations(owner, number);
      CREATE INDEX conversations_by_time ON conversations(updated);
      CREATE TABLE items(
        conversation INTEGER NOT NULL REFERENCES conversations(number) ON DELETE CASCADE,
        id TEXT NOT NULL,
        position INTEGER NOT NULL,
        json TEXT NOT NULL,
        UNIQUE(conversation, id)) STRICT;
      CREATE TABLE audio(
        conversation INTEGER NOT NULL,
        item TEXT NOT NULL,
        part INTEGER NOT NULL,
        rate INTEGER NOT NULL,
        samples BLOB NOT NULL,
        UNIQUE(conversation, item, part),
        FOREIGN KEY(conversation, item) REFERENCES items(conversation, id) ON DELETE CASCADE) STRICT;
      CREATE TABLE responses(
        number INTEGER PRIMARY KEY,
        conversation INTEGER NOT NULL REFERENCES conversations(number) ON DELETE CASCADE,
        id TEXT NOT NULL,
        json TEXT NOT NULL,
        UNIQUE(conversation, id)) STRICT;
    )sql",
    R"sql(
      CREATE TABLE speakers(
        owner TEXT NOT NULL,
        tag TEXT NOT NULL,
        sealed BLOB NOT NULL,
        PRIMARY KEY(owner, tag)) STRICT, WITHOUT ROWID;
    )sql"};

}  // namespace

Status bring_up_to_date(Database& database) {
  // Under the writer's lock: two processes may start at once.
  PARLEY_TRY_STATUS(database.run("BEGIN IMMEDIATE"));
  PARLEY_TRY(const std::int64_t version, database.number("PRAGMA user_version"));
  PARLEY_TRY(const std::int64_t application, database.number("PRAGMA application_id"));
  PARLEY_TRY(const std::int64_t tables, database.number("SELECT count(*) FROM sqlite_schema"));
  const bool is_empty = version == 0 && application == 0 && tables == 0;
  if (!is_empty && application != kApplicationId) {
    return Error{ErrorCode::failed_precondition,
                 "it is the database of another program: choose another store.path"};
  }
  const auto newest = static_cast<std::int64_t>(kVersions.size());
  if (version > newest) {
    return Error{ErrorCode::failed_precondition,
                 "it was written by a newer Parley (schema " + std::to_string(version) +
                     ", this one knows " + std::to_string(newest) +
                     "): use that one, or choose another store.path"};
  }
  for (auto at = static_cast<std::size_t>(version); at < kVersions.size(); ++at) {
    PARLEY_TRY_STATUS(database.run(kVersions[at]));
  }
  PARLEY_TRY_STATUS(
      database.run(("PRAGMA application_id=" + std::to_string(kApplicationId)).c_str()));
  PARLEY_TRY_STATUS(database.run(("PRAGMA user_version=" + std::to_string(newest)).c_str()));
  return database.run("COMMIT");
}

}  // namespace parley::store
