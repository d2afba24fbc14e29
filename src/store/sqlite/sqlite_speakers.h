// SPDX-License-Identifier: Apache-2.0
//
// Sealed speakers in a SQLite file: the one of the conversations, or another. Several processes may
// use one file. Threads: one at a time.
#pragma once

#include <memory>
#include <string>

#include "store/speaker_backend.h"
#include "store/sqlite/database.h"

namespace parley::store {

class SqliteSpeakers final : public SpeakerBackend {
 public:
  /// As SqliteBackend::open, without looking the file through. `sync_full`: wait for the disk at
  /// each change.
  static Result<std::unique_ptr<SqliteSpeakers>> open(const std::string& path, bool sync_full);

  Result<std::vector<SealedSpeaker>> all(const std::string& owner) override;
  Result<std::optional<std::string>> get(const std::string& owner, const std::string& tag) override;
  Result<bool> put(const std::string& owner, const std::string& tag,
                   const std::optional<std::string>& before, std::string_view sealed) override;
  Result<bool> remove(const std::string& owner, const std::string& tag) override;

 private:
  explicit SqliteSpeakers(Database database);

  Database database_;
  Statement all_, get_, insert_, replace_, remove_;
};

}  // namespace parley::store
