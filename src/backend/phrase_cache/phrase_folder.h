// SPDX-License-Identifier: Apache-2.0
//
// The folder of phrase files: `<path>/3f/3f09…e1.phrase`, named by key, in one folder for each
// first byte. A file is written under a temporary name and renamed, so nobody ever sees half of
// one, not even another process that shares the folder. When a phrase was last used is its file's
// time of change, so it is known after a restart. Files with other names are left alone.
//
// Threads: any, one at a time for each key. Every call blocks on the disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "backend/phrase_cache/phrase_key.h"
#include "base/result.h"

namespace parley::backend {

class PhraseFolder {
 public:
  static constexpr std::size_t kFolders = 256;

  /// Made when the first file is written.
  explicit PhraseFolder(std::string path) : path_(std::move(path)) {}

  /// The whole file. Errors: not_found; data_corrupt: no plain file, or too long; unavailable.
  [[nodiscard]] Result<std::string> read(const PhraseKey& key) const;
  /// Only this user may read it. `last_use` in seconds since 1970. Errors: unavailable says why: no
  /// room, no permission; then nothing of it is left.
  [[nodiscard]] Status write(const PhraseKey& key, std::string_view bytes,
                             std::int64_t last_use) const;
  /// Also when there is none. Errors: unavailable.
  [[nodiscard]] Status remove(const PhraseKey& key) const;
  void touch(const PhraseKey& key, std::int64_t last_use) const;

  struct Found {
    PhraseKey key;
    std::size_t bytes = 0;  // on the disk: whole blocks
    std::int64_t last_use = 0;
  };
  /// The phrases of one of the kFolders folders. Removes what was left of writes that a process did
  /// not live to finish.
  [[nodiscard]] std::vector<Found> list(std::size_t folder, std::int64_t now) const;

  /// What a file of so many bytes takes.
  [[nodiscard]] static std::size_t disk_bytes(std::size_t file_bytes);

 private:
  [[nodiscard]] std::string folder_of(std::size_t folder) const;
  [[nodiscard]] std::string path_of(const PhraseKey& key) const;

  const std::string path_;
};

}  // namespace parley::backend
