// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/model_hash.h"

#include <filesystem>
#include <set>
#include <span>
#include <system_error>

#include "base/sha256.h"

namespace parley::backend {

namespace fs = std::filesystem;

Result<std::string> hash_of_model(const std::string& folder) {
  std::set<std::string> names;  // in an order that no file system decides
  std::error_code error;
  for (fs::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    std::error_code ignored;
    std::string name = entry->path().filename().string();
    if (!name.starts_with('.') && entry->is_regular_file(ignored)) names.insert(std::move(name));
  }
  if (error) {
    const bool is_missing = error == std::errc::no_such_file_or_directory;
    return Error{is_missing ? ErrorCode::not_found : ErrorCode::unavailable,
                 folder + ": " + error.message()};
  }
  Sha256 hash;
  for (const std::string& name : names) {
    PARLEY_TRY(const std::string contents, sha256_of_file(folder + "/" + name));
    // A name holds no line feed that could pass for the end of another's line: it ends in digits.
    const std::string line = name + " " + contents + "\n";
    hash.update(std::as_bytes(std::span(line)));
  }
  return hash.finish();
}

}  // namespace parley::backend
