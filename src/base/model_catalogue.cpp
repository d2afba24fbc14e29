// SPDX-License-Identifier: Apache-2.0
#include "base/model_catalogue.h"

#include <algorithm>
#include <cctype>
#include <set>

#include <yaml-cpp/yaml.h>

#include "base/sha256.h"

namespace parley {

namespace {

Error wrong(const YAML::Node& at, const std::string& what) {
  return {ErrorCode::data_corrupt,
          "model catalogue, line " + std::to_string(at.Mark().line + 1) + ": " + what};
}

std::string text_of(const YAML::Node& map, const char* key) {
  const YAML::Node value = map[key];
  return value && value.IsScalar() ? value.Scalar() : std::string();
}

/// A relative path whose parts are names: it cannot leave its folder.
bool is_inner_path(std::string_view path) {
  while (true) {
    const std::size_t slash = path.find('/');
    if (!is_model_name(path.substr(0, slash))) return false;
    if (slash == std::string_view::npos) return true;
    path.remove_prefix(slash + 1);
  }
}

Result<CatalogueFile> read_file(const YAML::Node& node) {
  CatalogueFile file;
  file.path = text_of(node, "path");
  file.url = text_of(node, "url");
  file.sha256 = text_of(node, "sha256");
  if (node["bytes"]) file.bytes = node["bytes"].as<std::uint64_t>();
  if (!is_inner_path(file.path)) return wrong(node, "'" + file.path + "' is not a file's path");
  if (!file.sha256.empty() && !is_sha256(file.sha256)) {
    return wrong(node, file.path + ": sha256 has 64 hexadecimal digits");
  }
  std::ranges::transform(file.sha256, file.sha256.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return file;
}

Result<CatalogueModel> read_model(const YAML::Node& node) {
  CatalogueModel model;
  model.name = text_of(node, "name");
  model.job = text_of(node, "job");
  model.about = text_of(node, "about");
  model.licence = text_of(node, "licence");
  model.origin = text_of(node, "origin");
  model.is_demonstration = text_of(node, "demonstration") == "true";
  if (!is_model_name(model.name)) return wrong(node, "'" + model.name + "' is not a model's name");
  const std::string fetch = text_of(node, "fetch");
  if (fetch != "deps" && fetch != "pull") {
    return wrong(node, model.name + ": fetch is deps or pull");
  }
  model.fetch = fetch == "pull" ? CatalogueModel::Fetch::pull : CatalogueModel::Fetch::deps;
  model.set = text_of(node, "set");
  if (!node["files"] || !node["files"].IsSequence() || node["files"].size() == 0) {
    return wrong(node, model.name + ": no files");
  }
  for (const YAML::Node& entry : node["files"]) {
    PARLEY_TRY(CatalogueFile file, read_file(entry));
    if (model.fetch == CatalogueModel::Fetch::pull && file.url.empty()) {
      return wrong(entry, model.name + ": " + file.path + " has no url");
    }
    model.files.push_back(std::move(file));
  }
  return model;
}

}  // namespace

std::string fetch_command(const CatalogueModel& model) {
  if (model.fetch == CatalogueModel::Fetch::pull) return "parley models pull " + model.name;
  return model.set.empty() ? "tools/deps" : "tools/deps --with " + model.set;
}

bool is_model_name(std::string_view name) noexcept {
  constexpr std::size_t kLengthMax = 128;
  return !name.empty() && name.size() <= kLengthMax && name.front() != '.' &&
         std::ranges::all_of(name, [](unsigned char c) {
           return std::isalnum(c) != 0 || c == '.' || c == '_' || c == '-';
         });
}

Result<std::vector<CatalogueModel>> parse_model_catalogue(std::string_view yaml) {
  try {
    const YAML::Node root = YAML::Load(std::string(yaml));
    if (!root.IsMap() || !root["models"] || !root["models"].IsSequence()) {
      return Error{ErrorCode::data_corrupt, "model catalogue: expected a list `models`"};
    }
    std::vector<CatalogueModel> models;
    std::set<std::string> names;
    for (const YAML::Node& node : root["models"]) {
      PARLEY_TRY(CatalogueModel model, read_model(node));
      if (!names.insert(model.name).second) return wrong(node, model.name + " is there twice");
      models.push_back(std::move(model));
    }
    return models;
  } catch (const YAML::Exception& failure) {
    return Error{
        ErrorCode::data_corrupt,
        "model catalogue, line " + std::to_string(failure.mark.line + 1) + ": " + failure.msg};
  }
}

}  // namespace parley
