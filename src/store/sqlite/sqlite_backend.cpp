// SPDX-License-Identifier: Apache-2.0
#include "store/sqlite/sqlite_backend.h"

#include <algorithm>
#include <filesystem>
#include <system_error>
#include <utility>

#include "store/refusals.h"
#include "store/sqlite/store_file.h"

namespace parley::store {
namespace {

/// The log goes into the database when nothing waits and it has so many pages (4 MB)…
constexpr int kLogPagesTidy = 1000;
/// … and at the latest with so many, whoever waits.
constexpr int kLogPagesFull = 16'000;

constexpr const char* kSummary =
    "SELECT number, epoch, model, metadata, created, updated, "
    "(SELECT count(*) FROM items WHERE conversation = number), id FROM conversations ";

std::int64_t signed_of(std::uint64_t value) { return static_cast<std::int64_t>(value); }

Summary summary_of(const Statement& row) {
  return {.id = row.text(7),
          .model = row.text(2),
          .metadata = row.text(3),
          .created = row.integer(4),
          .updated = row.integer(5),
          .items = row.integer(6)};
}

}  // namespace

/// Writes one change of the conversation `number`.
struct SqliteBackend::Apply {
  SqliteBackend& to;
  std::int64_t number;

  Status operator()(const PutItem& put) const {
    return to.put_item_.with(number, put.item.id, put.item.position, put.item.json).run();
  }
  Status operator()(const MoveItem& move) const {
    return to.move_item_.with(move.position, number, move.item_id).run();
  }
  Status operator()(const PutAudio& put) const {
    const Audio& audio = put.audio;
    if (audio.samples.empty()) {
      return to.drop_audio_.with(number, audio.item_id, std::int64_t{audio.part}).run();
    }
    return to.put_audio_
        .with(number, audio.item_id, std::int64_t{audio.part}, std::int64_t{audio.rate},
              std::as_bytes(std::span(audio.samples)))
        .run();
  }
  Status operator()(const DropItem& drop) const {
    return to.drop_item_.with(number, drop.item_id).run();
  }
  Status operator()(const ClearItems& /*clear*/) const {
    return to.clear_items_.with(number).run();
  }
  Status operator()(const PutResponse& put) const {
    return to.put_response_.with(number, put.response.id, put.response.json).run();
  }
};

Result<std::unique_ptr<SqliteBackend>> SqliteBackend::open(const Options& options) {
  PARLEY_TRY(StoreFile file, open_store_file(options.path, options.sync_full));
  Database& database = file.database;
  PARLEY_TRY_STATUS(database.run("PRAGMA wal_autocheckpoint=0"));
  std::error_code unknown_size;
  const std::uintmax_t bytes = std::filesystem::file_size(file.path, unknown_size);
  if (!unknown_size && bytes <= static_cast<std::uintmax_t>(kCheckedBytesMax)) {
    Statement check(database, "PRAGMA quick_check(1)");
    PARLEY_TRY(const bool answered, check.next());
    if (!answered || check.text(0) != "ok") return database.error(SQLITE_CORRUPT);
  }
  return std::unique_ptr<SqliteBackend>(new SqliteBackend(std::move(database)));
}

SqliteBackend::SqliteBackend(Database database) : database_(std::move(database)) {
  const auto prepare = [this](const std::string& sql) { return Statement(database_, sql.c_str()); };
  begin_ = prepare("BEGIN IMMEDIATE");
  commit_ = prepare("COMMIT");
  rollback_ = prepare("ROLLBACK");
  savepoint_ = prepare("SAVEPOINT batch");
  release_ = prepare("RELEASE batch");
  rollback_to_ = prepare("ROLLBACK TO batch");

  find_ = prepare("SELECT number, epoch FROM conversations WHERE id = ?");
  find_owned_ = prepare(std::string(kSummary) + "WHERE id = ? AND owner = ?");
  insert_ = prepare(
      "INSERT INTO conversations(id, owner, model, metadata, epoch, created, updated) "
      "VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6) RETURNING number");
  touch_ = prepare("UPDATE conversations SET updated = ? WHERE number = ?");
  raise_epoch_ = prepare("UPDATE conversations SET epoch = epoch + 1 WHERE number = ?");
  erase_ = prepare("DELETE FROM conversations WHERE id = ? AND owner = ?");
  sweep_ = prepare(
      "DELETE FROM conversations WHERE number IN "
      "(SELECT number FROM conversations WHERE updated < ? LIMIT ?)");

  put_item_ = prepare(
      "INSERT INTO items(conversation, id, position, json) VALUES(?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET position = excluded.position, json = excluded.json");
  move_item_ = prepare("UPDATE items SET position = ? WHERE conversation = ? AND id = ?");
  put_audio_ = prepare(
      "INSERT INTO audio(conversation, item, part, rate, samples) VALUES(?, ?, ?, ?, ?) "
      "ON CONFLICT DO UPDATE SET rate = excluded.rate, samples = excluded.samples");
  drop_audio_ = prepare("DELETE FROM audio WHERE conversation = ? AND item = ? AND part = ?");
  drop_item_ = prepare("DELETE FROM items WHERE conversation = ? AND id = ?");
  clear_items_ = prepare("DELETE FROM items WHERE conversation = ?");
  put_response_ = prepare(
      "INSERT INTO responses(conversation, id, json) VALUES(?, ?, ?) "
      "ON CONFLICT DO UPDATE SET json = excluded.json");

  items_ = prepare("SELECT id, position, json FROM items WHERE conversation = ? ORDER BY position");
  responses_ = prepare("SELECT id, json FROM responses WHERE conversation = ? ORDER BY number");
  audio_ = prepare(
      "SELECT item, part, rate, samples FROM audio JOIN items "
      "ON items.conversation = audio.conversation AND items.id = item "
      "WHERE audio.conversation = ? ORDER BY position DESC");
  page_ = prepare(std::string(kSummary) +
                  "WHERE owner = ? AND number < ? ORDER BY number DESC LIMIT ?");

  sqlite3_wal_hook(
      database_.handle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<SqliteBackend*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
}

void SqliteBackend::write(std::span<const Batch> batches, std::span<Status> outcomes) {
  Status whole = begin_.with().run();
  for (std::size_t i = 0; i < batches.size() && whole; ++i) outcomes[i] = write(batches[i]);
  if (whole) whole = commit_.with().run();
  if (!whole) {
    if (sqlite3_get_autocommit(database_.handle()) == 0) static_cast<void>(rollback_.with().run());
    std::ranges::fill(outcomes, whole);
  }
  if (log_pages_ >= kLogPagesFull) rest();
}

Status SqliteBackend::write(const Batch& batch) {
  PARLEY_TRY_STATUS(savepoint_.with().run());
  Status outcome;
  const Result<std::int64_t> number = enter(batch);
  if (!number) outcome = number.error();
  for (const Change& change : batch.changes) {
    if (!outcome) break;
    outcome = std::visit(Apply{*this, *number}, change);
  }
  // A full disk may have rolled the whole transaction back by itself; the commit then says so.
  if (!outcome) static_cast<void>(rollback_to_.with().run());
  static_cast<void>(release_.with().run());
  return outcome;
}

/// The conversation's number, after it was made or found to be the writer's.
Result<std::int64_t> SqliteBackend::enter(const Batch& batch) {
  PARLEY_TRY(const bool is_there, find_.with(batch.conversation).next());
  if (!is_there) {
    if (!batch.birth) return is_gone(batch.conversation);
    const Birth& birth = *batch.birth;
    insert_.with(batch.conversation, birth.owner, birth.model, birth.metadata,
                 signed_of(batch.epoch), batch.at);
    PARLEY_TRY(const bool inserted, insert_.next());
    const std::int64_t number = inserted ? insert_.integer(0) : 0;
    insert_.reset();
    return number;
  }
  const std::int64_t number = find_.integer(0);
  const bool is_ours = find_.integer(1) == signed_of(batch.epoch);
  find_.reset();
  if (!is_ours) return is_taken(batch.conversation);
  PARLEY_TRY_STATUS(touch_.with(batch.at, number).run());
  return number;
}

Result<Conversation> SqliteBackend::read(const Key& key, std::int64_t& number) {
  PARLEY_TRY(const bool is_there, find_owned_.with(key.id, key.owner).next());
  if (!is_there) return is_unknown(key.id);
  Conversation conversation;
  number = find_owned_.integer(0);
  conversation.epoch = static_cast<std::uint64_t>(find_owned_.integer(1));
  conversation.summary = summary_of(find_owned_);
  find_owned_.reset();
  PARLEY_TRY_STATUS(items_.with(number).each_row([&] {
    conversation.items.push_back({items_.text(0), items_.integer(1), items_.text(2)});
    return true;
  }));
  PARLEY_TRY_STATUS(responses_.with(number).each_row([&] {
    conversation.responses.push_back({responses_.text(0), responses_.text(1)});
    return true;
  }));
  return conversation;
}

Status SqliteBackend::read_audio(std::int64_t number, Conversation& to) {
  std::size_t bytes_left = kTakenAudioBytesMax;
  return audio_.with(number).each_row([&] {
    const std::span<const std::byte> bytes = audio_.bytes(3);
    if (bytes.size() > bytes_left) return false;
    bytes_left -= bytes.size();
    to.audio.push_back({.item_id = audio_.text(0),
                        .part = static_cast<std::int32_t>(audio_.integer(1)),
                        .rate = static_cast<std::int32_t>(audio_.integer(2)),
                        .samples = samples_of(bytes)});
    return true;
  });
}

Result<Conversation> SqliteBackend::load(const Key& key) {
  // One picture: another process may write meanwhile.
  PARLEY_TRY_STATUS(database_.run("BEGIN"));
  std::int64_t number = 0;
  Result<Conversation> conversation = read(key, number);
  static_cast<void>(rollback_.with().run());
  return conversation;
}

Result<Conversation> SqliteBackend::take(const Key& key) {
  PARLEY_TRY_STATUS(begin_.with().run());
  std::int64_t number = 0;
  Result<Conversation> conversation = read(key, number);
  Status outcome = conversation ? read_audio(number, *conversation) : Status(conversation.error());
  if (outcome) outcome = raise_epoch_.with(number).run();
  if (outcome) outcome = commit_.with().run();
  if (!outcome) {
    static_cast<void>(rollback_.with().run());
    return std::move(outcome).error();
  }
  ++conversation->epoch;
  return conversation;
}

Result<Page> SqliteBackend::list(const ListQuery& query) {
  std::int64_t below = INT64_MAX;
  if (query.after) {
    PARLEY_TRY(const bool is_there, find_owned_.with(*query.after, query.owner).next());
    if (!is_there) return is_no_cursor(*query.after);
    below = find_owned_.integer(0);
    find_owned_.reset();
  }
  Page page;
  const std::int64_t one_more = static_cast<std::int64_t>(query.limit) + 1;
  PARLEY_TRY_STATUS(page_.with(query.owner, below, one_more).each_row([&] {
    page.conversations.push_back(summary_of(page_));
    return true;
  }));
  page.has_more = page.conversations.size() > query.limit;
  if (page.has_more) page.conversations.pop_back();
  return page;
}

Status SqliteBackend::erase(const Key& key) {
  PARLEY_TRY_STATUS(erase_.with(key.id, key.owner).run());
  if (database_.changes() == 0) return is_unknown(key.id);
  return {};
}

Result<std::size_t> SqliteBackend::sweep(std::int64_t before, std::size_t count_max) {
  PARLEY_TRY_STATUS(sweep_.with(before, static_cast<std::int64_t>(count_max)).run());
  return static_cast<std::size_t>(database_.changes());
}

void SqliteBackend::rest() {
  if (log_pages_ < kLogPagesTidy) return;
  int left = 0;
  int moved = 0;
  sqlite3_wal_checkpoint_v2(database_.handle(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &left, &moved);
  // Readers of other processes may hold some of it back: then it is tried again after more writes.
  log_pages_ = 0;
}

}  // namespace parley::store
