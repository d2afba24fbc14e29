// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_folder.h"

#include <algorithm>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

#include <boost/json.hpp>

namespace parley::backend {
namespace {

namespace json = boost::json;

Result<SherpaFiles> files_of(const json::value& value, const std::string& family,
                             const std::string& folder, std::span<const SherpaFile> known) {
  PARLEY_TRY(const json::object* const named, sherpa_object(value, "files"));
  SherpaFiles files;
  for (const auto& [name, path] : *named) {
    const bool is_known = std::ranges::any_of(known, [&](const SherpaFile& file) {
      return file.family == family && file.name == std::string_view(name);
    });
    if (!is_known) {
      return sherpa_error("files." + std::string(name) + ": " + family + " has no such file");
    }
    PARLEY_TRY(const std::string file, sherpa_text(path, "files." + std::string(name)));
    files[std::string(name)] = folder + "/" + file;
  }
  for (const SherpaFile& file : known) {
    if (file.family == family && file.is_required && !files.contains(file.name)) {
      return sherpa_error("files." + std::string(file.name) + " is missing");
    }
  }
  return files;
}

}  // namespace

std::string sherpa_description_file(const std::string& folder) { return folder + "/sherpa.json"; }

Result<std::string> read_sherpa_description(const std::string& folder) {
  const std::string path = sherpa_description_file(folder);
  std::ifstream file(path, std::ios::binary);
  if (!file) return Error{ErrorCode::not_found, path + ": there is no such file"};
  std::string text(std::istreambuf_iterator<char>(file), {});
  if (text.size() > kSherpaDescriptionMax) return sherpa_error(path + ": it is too large");
  return text;
}

Error sherpa_error(std::string what) { return {ErrorCode::data_corrupt, std::move(what)}; }

Result<std::string> sherpa_text(const json::value& value, std::string_view what) {
  if (value.is_string()) return std::string(value.get_string());
  return sherpa_error(std::string(what) + " is not a text");
}

Result<const json::object*> sherpa_object(const json::value& value, std::string_view what) {
  if (value.is_object()) return &value.get_object();
  return sherpa_error(std::string(what) + " is not an object");
}

Result<SherpaParts> sherpa_parts(const json::object& description, const std::string& folder,
                                 std::span<const SherpaFile> known) {
  SherpaParts parts;
  const json::value* const family = description.if_contains("family");
  if (family == nullptr) return sherpa_error("family is missing");
  PARLEY_TRY(parts.family, sherpa_text(*family, "family"));
  if (!std::ranges::any_of(known, [&](const auto& file) { return file.family == parts.family; })) {
    return sherpa_error("family: '" + parts.family + "' is not known");
  }
  const json::value* const files = description.if_contains("files");
  if (files == nullptr) return sherpa_error("files is missing");
  PARLEY_TRY(parts.files, files_of(*files, parts.family, folder, known));
  return parts;
}

Status check_sherpa_files(const SherpaFiles& files) {
  for (const auto& [name, path] : files) {
    std::error_code failure;
    if (std::filesystem::file_size(path, failure) == 0 || failure) {
      return Error{ErrorCode::not_found, path + ": there is no such file, or it is empty"};
    }
  }
  return {};
}

void put_sherpa_files(const SherpaParts& parts, std::span<const SherpaFile> known, void* config) {
  for (const SherpaFile& file : known) {
    const auto found = parts.files.find(file.name);
    if (file.family != parts.family || found == parts.files.end()) continue;
    const char* const path = found->second.c_str();
    std::memcpy(static_cast<char*>(config) + file.offset, static_cast<const void*>(&path),
                sizeof path);
  }
}

}  // namespace parley::backend
