// SPDX-License-Identifier: Apache-2.0
//
// The models on this machine: folders below ROOT/models, each with the files that the catalogue
// names. A file whose hash the catalogue does not know has it recorded beside it when it is fetched
// (SHA256SUMS, as sha256sum writes it), and must match it from then on.
//
// Threads: one owner. Blocks on the disk.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/model_catalogue.h"
#include "base/result.h"

namespace parley::cli {

inline constexpr std::string_view kRecordedHashes = "SHA256SUMS";

/// The catalogue that was built in.
[[nodiscard]] std::string_view catalogue_text();

class ModelStore {
 public:
  enum class State : std::uint8_t {
    absent,      // no file of it
    incomplete,  // some are missing
    present,     // all are there; nobody has looked inside
  };
  enum class Check : std::uint8_t {
    ok,          // the catalogue's hash
    recorded,    // the hash of when it was fetched
    unverified,  // nobody knows its hash
    missing,
    wrong,
  };
  struct FileCheck {
    std::string path;
    Check check = Check::missing;
    std::string detail;  // wrong: what it is and what it should be
  };

  /// `root`: models_root(config).
  ModelStore(const std::filesystem::path& root, std::vector<CatalogueModel> catalogue)
      : folder_(root / "models"), catalogue_(std::move(catalogue)) {}

  [[nodiscard]] const std::vector<CatalogueModel>& catalogue() const { return catalogue_; }
  /// Null: the catalogue does not know it.
  [[nodiscard]] const CatalogueModel* find(std::string_view name) const;
  /// Folders that the catalogue does not know, with the files that are recorded in them: what was
  /// fetched by URL.
  [[nodiscard]] std::vector<CatalogueModel> others() const;
  /// The first name that has `name` in it, or else the one that is the fewest edits away.
  [[nodiscard]] std::string nearest(std::string_view name) const;

  [[nodiscard]] std::filesystem::path folder(std::string_view name) const { return folder_ / name; }
  [[nodiscard]] State state(const CatalogueModel& model) const;
  [[nodiscard]] std::uint64_t bytes_on_disk(std::string_view name) const;
  /// True when the hash of each file is known, from the catalogue or from the first fetch.
  [[nodiscard]] bool is_verifiable(const CatalogueModel& model) const;
  /// Reads every byte.
  [[nodiscard]] std::vector<FileCheck> verify(const CatalogueModel& model) const;

  /// Errors: invalid_argument (no such name), not_found (no such folder), what the disk says.
  [[nodiscard]] Status remove(std::string_view name) const;
  /// Notes the hash of a file that was fetched.
  [[nodiscard]] Status record(std::string_view name, const std::string& path,
                              const std::string& sha256) const;
  /// By path; empty when nothing is recorded.
  [[nodiscard]] std::map<std::string, std::string> recorded(std::string_view name) const;

 private:
  std::filesystem::path folder_;
  std::vector<CatalogueModel> catalogue_;
};

}  // namespace parley::cli
