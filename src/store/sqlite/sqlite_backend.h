// SPDX-License-Identifier: Apache-2.0
//
// Conversations in one SQLite file, in write-ahead mode. A commit is handed to the system before
// `write` returns, so it survives the end of the process, however it ends; with `sync_full` it is
// on the disk, so it survives a power cut, too. Several processes may use one file.
//
// Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "store/sqlite/database.h"
#include "store/sqlite/store_file.h"
#include "store/store_backend.h"

namespace parley::store {

/// Files up to this size are looked through when they are opened; larger ones as they are read.
inline constexpr std::int64_t kCheckedBytesMax = 64 << 20;

class SqliteBackend final : public StoreBackend {
 public:
  struct Options {
    std::string path;        // a file; a folder means kDefaultName in it
    bool sync_full = false;  // wait for the disk at each write
  };
  static constexpr const char* kDefaultName = kStoreFileName;

  /// Makes file and folders where they are missing. Errors also: failed_precondition (it is the
  /// database of another program, or of a newer Parley).
  static Result<std::unique_ptr<SqliteBackend>> open(const Options& options);

  void write(std::span<const Batch> batches, std::span<Status> outcomes) override;
  Result<Conversation> load(const Key& key) override;
  Result<Conversation> take(const Key& key) override;
  Result<Page> list(const ListQuery& query) override;
  Status erase(const Key& key) override;
  Result<std::size_t> sweep(std::int64_t before, std::size_t count_max) override;
  void rest() override;

 private:
  struct Apply;
  explicit SqliteBackend(Database database);
  Status write(const Batch& batch);
  Result<std::int64_t> enter(const Batch& batch);
  Result<Conversation> read(const Key& key, std::int64_t& number);
  Status read_audio(std::int64_t number, Conversation& to);

  Database database_;
  int log_pages_ = 0;  // in the write-ahead log, after the last commit

  Statement begin_, commit_, rollback_, savepoint_, release_, rollback_to_;
  Statement find_, find_owned_, insert_, touch_, raise_epoch_, erase_, sweep_;
  Statement put_item_, move_item_, put_audio_, drop_audio_, drop_item_, clear_items_;
  Statement put_response_;
  Statement items_, responses_, audio_, page_;
};

}  // namespace parley::store
