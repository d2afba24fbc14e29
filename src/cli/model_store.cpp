// SPDX-License-Identifier: Apache-2.0
#include "cli/model_store.h"

#include <algorithm>
#include <fstream>
#include <system_error>

#include "base/edit_distance.h"
#include "base/sha256.h"

namespace parley::cli {
namespace {

namespace fs = std::filesystem;

Error disk_error(const fs::path& path, const std::error_code& code) {
  return {ErrorCode::unavailable, path.string() + ": " + code.message()};
}

}  // namespace

const CatalogueModel* ModelStore::find(std::string_view name) const {
  const auto found = std::ranges::find(catalogue_, name, &CatalogueModel::name);
  return found == catalogue_.end() ? nullptr : &*found;
}

std::vector<CatalogueModel> ModelStore::others() const {
  std::vector<CatalogueModel> models;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder_, ignored)) {
    const std::string name = entry.path().filename();
    if (!entry.is_directory(ignored) || !is_model_name(name) || find(name) != nullptr) continue;
    CatalogueModel model;
    model.name = name;
    for (const auto& [path, sha256] : recorded(name)) {
      model.files.push_back({.path = path, .url = {}, .sha256 = sha256});
    }
    models.push_back(std::move(model));
  }
  std::ranges::sort(models, {}, &CatalogueModel::name);
  return models;
}

std::string ModelStore::nearest(std::string_view name) const {
  if (catalogue_.empty()) return {};
  return std::ranges::min_element(
             catalogue_, {},
             [name](const CatalogueModel& model) { return edit_distance(name, model.name); })
      ->name;
}

ModelStore::State ModelStore::state(const CatalogueModel& model) const {
  std::error_code ignored;
  const auto there = std::ranges::count_if(model.files, [&](const CatalogueFile& file) {
    return fs::is_regular_file(folder(model.name) / file.path, ignored);
  });
  if (there == 0) return State::absent;
  return there == std::ssize(model.files) ? State::present : State::incomplete;
}

std::uint64_t ModelStore::bytes_on_disk(std::string_view name) const {
  std::uint64_t bytes = 0;
  std::error_code ignored;
  for (const fs::directory_entry& entry : fs::recursive_directory_iterator(folder(name), ignored)) {
    if (entry.is_regular_file(ignored)) bytes += entry.file_size(ignored);
  }
  return bytes;
}

bool ModelStore::is_verifiable(const CatalogueModel& model) const {
  const auto known = recorded(model.name);
  return std::ranges::all_of(model.files, [&](const CatalogueFile& file) {
    return !file.sha256.empty() || known.contains(file.path);
  });
}

std::vector<ModelStore::FileCheck> ModelStore::verify(const CatalogueModel& model) const {
  std::vector<FileCheck> checks;
  const auto known = recorded(model.name);
  for (const CatalogueFile& file : model.files) {
    FileCheck& check = checks.emplace_back();
    check.path = file.path;
    const Result<std::string> sha256 = sha256_of_file(folder(model.name) / file.path);
    if (!sha256) {
      const bool is_missing = sha256.error().code == ErrorCode::not_found;
      check.check = is_missing ? Check::missing : Check::wrong;
      check.detail = sha256.error().message;
      continue;
    }
    const auto record = known.find(file.path);
    const bool in_catalogue = !file.sha256.empty();
    if (!in_catalogue && record == known.end()) {
      check.check = Check::unverified;
      continue;
    }
    const std::string& expected = in_catalogue ? file.sha256 : record->second;
    if (*sha256 == expected) {
      check.check = in_catalogue ? Check::ok : Check::recorded;
    } else {
      check.check = Check::wrong;
      check.detail = "SHA-256 is " + *sha256 + ", expected " + expected;
    }
  }
  return checks;
}

Status ModelStore::remove(std::string_view name) const {
  if (!is_model_name(name)) {
    return Error{ErrorCode::invalid_argument, "'" + std::string(name) + "' is not a model's name"};
  }
  std::error_code code;
  if (!fs::is_directory(folder(name), code)) {
    return Error{ErrorCode::not_found,
                 "there is no model '" + std::string(name) + "' in " + folder_.string()};
  }
  fs::remove_all(folder(name), code);
  return code ? Status(disk_error(folder(name), code)) : Status();
}

Status ModelStore::record(std::string_view name, const std::string& path,
                          const std::string& sha256) const {
  std::map<std::string, std::string> hashes = recorded(name);
  hashes[path] = sha256;
  const fs::path file = folder(name) / kRecordedHashes;
  const fs::path fresh = file.string() + ".part";
  std::ofstream out(fresh, std::ios::binary);
  for (const auto& [each, hash] : hashes) out << hash << "  " << each << '\n';
  out.close();
  if (!out) return Error{ErrorCode::unavailable, fresh.string() + ": cannot write"};
  std::error_code code;
  fs::rename(fresh, file, code);
  return code ? Status(disk_error(file, code)) : Status();
}

std::map<std::string, std::string> ModelStore::recorded(std::string_view name) const {
  constexpr std::size_t kHashDigits = 64;
  constexpr std::size_t kPathAt = kHashDigits + 2;
  std::map<std::string, std::string> hashes;
  std::ifstream in(folder(name) / kRecordedHashes);
  for (std::string line; std::getline(in, line);) {
    if (line.size() <= kPathAt || !is_sha256(line.substr(0, kHashDigits))) continue;
    hashes[line.substr(kPathAt)] = line.substr(0, kHashDigits);
  }
  return hashes;
}

}  // namespace parley::cli
