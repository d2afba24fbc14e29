// SPDX-License-Identifier: Apache-2.0
#include "cli/models.h"

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <iomanip>
#include <system_error>

#include "base/sha256.h"
#include "cli/cli.h"
#include "cli/download.h"
#include "protocol/json_writer.h"

namespace parley::cli {
namespace {

namespace fs = std::filesystem;

std::string size_text(std::uint64_t bytes) {
  constexpr double kMega = 1e6;
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%.1f MB", static_cast<double>(bytes) / kMega);
  return text.data();
}

std::string_view state_text(ModelStore::State state) {
  switch (state) {
    case ModelStore::State::absent:
      return "absent";
    case ModelStore::State::incomplete:
      return "incomplete";
    case ModelStore::State::present:
      break;
  }
  return "present";
}

std::string_view check_text(ModelStore::Check check) {
  switch (check) {
    case ModelStore::Check::ok:
      return "ok";
    case ModelStore::Check::recorded:
      return "ok (as first fetched)";
    case ModelStore::Check::unverified:
      return "unverified";
    case ModelStore::Check::missing:
      return "missing";
    case ModelStore::Check::wrong:
      break;
  }
  return "WRONG";
}

std::vector<CatalogueModel> all_models(const ModelStore& store) {
  std::vector<CatalogueModel> models = store.catalogue();
  for (CatalogueModel& other : store.others()) models.push_back(std::move(other));
  return models;
}

std::string json_of(const ModelStore& store, const CatalogueModel& model) {
  std::string line;
  protocol::JsonWriter json(line);
  json.begin_object();
  json.field("name", model.name);
  json.field("job", model.job);
  json.field("state", state_text(store.state(model)));
  json.field("verifiable", store.is_verifiable(model));
  json.field("bytes", store.bytes_on_disk(model.name));
  json.field("licence", model.licence);
  json.field("about", model.about);
  json.field("demonstration", model.is_demonstration);
  json.end_object();
  return line;
}

std::string unknown_name(const ModelStore& store, const std::string& name) {
  return "there is no model '" + name + "'; the nearest is '" + store.nearest(name) + "'";
}

/// How to get what is not whole.
std::string advice(const CatalogueModel* model, const std::string& name) {
  return "`" + (model == nullptr ? "parley models pull " + name : fetch_command(*model)) +
         "` fetches it";
}

class Puller {
 public:
  Puller(const ModelStore& store, std::ostream& out, std::ostream& err)
      : store_(store), out_(out), err_(err) {}

  Status pull(const CatalogueModel& model) {
    std::error_code code;
    for (const CatalogueFile& file : model.files) {
      const fs::path path = store_.folder(model.name) / file.path;
      fs::create_directories(path.parent_path(), code);
      if (code) {
        return Error{ErrorCode::unavailable, path.parent_path().string() + ": " + code.message()};
      }
      PARLEY_TRY_STATUS(pull(model, file, path));
    }
    return {};
  }

 private:
  Status pull(const CatalogueModel& model, const CatalogueFile& file, const fs::path& path) {
    const auto known = store_.recorded(model.name);
    const auto record = known.find(file.path);
    const std::string& expected =
        file.sha256.empty() && record != known.end() ? record->second : file.sha256;
    if (!expected.empty()) {
      if (const auto there = sha256_of_file(path); there && *there == expected) {
        out_ << model.name << ": " << file.path << " is there\n";
        return {};
      }
    }
    PARLEY_TRY(const std::string sha256,
               fetch({.url = file.url,
                      .file = path,
                      .sha256 = expected,
                      .progress = [&](std::uint64_t done, std::uint64_t total) {
                        show(file.path, done, total);
                      }}));
    if (file.sha256.empty()) {
      PARLEY_TRY_STATUS(store_.record(model.name, file.path, sha256));
    }
    out_ << model.name << ": " << file.path << " fetched, SHA-256 " << sha256
         << (expected.empty() ? " (unverified: recorded now)" : "") << '\n';
    return {};
  }

  void show(const std::string& file, std::uint64_t done, std::uint64_t total) {
    err_ << file << "  " << size_text(done);
    if (total > 0) err_ << " of " << size_text(total);
    err_ << '\n';
  }

  const ModelStore& store_;
  std::ostream& out_;
  std::ostream& err_;
};

/// A model of one file, as a URL names it.
Result<CatalogueModel> model_of_url(const PullOptions& options) {
  if (!is_sha256(options.sha256)) {
    return Error{ErrorCode::invalid_argument,
                 "a URL needs --sha256 with the 64 hexadecimal digits that its file must have"};
  }
  const std::string path = options.what.substr(0, options.what.find_first_of("?#"));
  const fs::path file = path.substr(path.rfind('/') + 1);
  if (!is_model_name(file.string())) {
    return Error{ErrorCode::invalid_argument,
                 options.what + ": the URL does not end in a file name"};
  }
  CatalogueModel model;
  model.name = options.name.empty() ? file.stem().string() : options.name;
  if (!is_model_name(model.name)) {
    return Error{ErrorCode::invalid_argument, "--name: '" + model.name + "' is not a model's name"};
  }
  // Where the configuration looks for a language model.
  const std::string kept = file.extension() == ".gguf" ? "model.gguf" : file.string();
  std::string sha256 = options.sha256;
  std::ranges::transform(sha256, sha256.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  model.files.push_back({.path = kept, .url = options.what, .sha256 = sha256});
  return model;
}

}  // namespace

int list_models(const ModelStore& store, bool json, std::ostream& out) {
  const std::vector<CatalogueModel> models = all_models(store);
  if (json) {
    for (const CatalogueModel& model : models) out << json_of(store, model) << '\n';
    return kDone;
  }
  std::size_t width = 4;
  for (const CatalogueModel& model : models) width = std::max(width, model.name.size());
  const auto row = [&](std::string_view name, std::string_view job, std::string_view state,
                       std::string_view size, std::string_view hash, std::string_view about) {
    out << std::left << std::setw(static_cast<int>(width)) << name << "  " << std::setw(7) << job
        << "  " << std::setw(10) << state << "  " << std::right << std::setw(10) << size << "  "
        << std::left << std::setw(10) << hash << "  " << about << '\n';
  };
  row("NAME", "JOB", "STATE", "ON DISK", "HASH", "ABOUT");
  for (const CatalogueModel& model : models) {
    const std::uint64_t bytes = store.bytes_on_disk(model.name);
    row(model.name, model.job, state_text(store.state(model)), bytes > 0 ? size_text(bytes) : "-",
        store.is_verifiable(model) ? "known" : "unverified",
        model.about.empty() ? "(not in the catalogue)" : model.about);
  }
  return kDone;
}

int verify_models(const ModelStore& store, const std::vector<std::string>& names, std::ostream& out,
                  std::ostream& err) {
  int status = kDone;
  std::vector<CatalogueModel> wanted;
  const std::vector<CatalogueModel> all = all_models(store);
  for (const CatalogueModel& model : all) {
    const bool is_there = store.state(model) != ModelStore::State::absent;
    if (names.empty() && is_there) wanted.push_back(model);
  }
  for (const std::string& name : names) {
    const auto found = std::ranges::find(all, name, &CatalogueModel::name);
    if (found == all.end()) {
      err << "parley models: " << unknown_name(store, name) << '\n';
      status = kFailed;
    } else {
      wanted.push_back(*found);
    }
  }
  for (const CatalogueModel& model : wanted) {
    bool is_whole = true;
    for (const ModelStore::FileCheck& check : store.verify(model)) {
      out << model.name << '/' << check.path << ": " << check_text(check.check);
      const bool is_wrong = check.check == ModelStore::Check::wrong;
      if (is_wrong) out << ": " << check.detail;
      out << '\n' << std::flush;  // the next file may take long
      if (is_wrong || check.check == ModelStore::Check::missing) is_whole = false;
    }
    if (is_whole) continue;
    status = kFailed;
    err << "parley models: " << model.name << " is damaged: remove it (`parley models remove "
        << model.name << "`); " << advice(store.find(model.name), model.name) << '\n';
  }
  return status;
}

int remove_models(const ModelStore& store, const std::vector<std::string>& names, std::ostream& out,
                  std::ostream& err) {
  int status = kDone;
  for (const std::string& name : names) {
    const std::uint64_t bytes = is_model_name(name) ? store.bytes_on_disk(name) : 0;
    const Status removed = store.remove(name);
    if (removed) {
      out << "removed " << name << " (" << size_text(bytes) << ")\n";
    } else {
      err << "parley models: " << removed.error().message << '\n';
      status = kFailed;
    }
  }
  return status;
}

int pull_model(const ModelStore& store, const PullOptions& options, std::ostream& out,
               std::ostream& err) {
  const auto fail = [&](const std::string& message) {
    err << "parley models: " << message << '\n';
    return kFailed;
  };
  CatalogueModel model;
  if (options.what.find("://") != std::string::npos) {
    Result<CatalogueModel> made = model_of_url(options);
    if (!made) return fail(made.error().message);
    model = std::move(*made);
    if (store.find(model.name) != nullptr) {
      return fail("'" + model.name + "' is a name of the catalogue: give another with --name");
    }
  } else {
    const CatalogueModel* const known = store.find(options.what);
    if (known == nullptr) return fail(unknown_name(store, options.what));
    model = *known;
    const bool has_urls =
        std::ranges::none_of(model.files, &std::string::empty, &CatalogueFile::url);
    if (!has_urls) return fail(model.name + ": " + advice(known, model.name));
  }
  const Status pulled = Puller(store, out, err).pull(model);
  if (!pulled) {
    return fail(pulled.error().message + " (what has come is kept; the same command goes on)");
  }
  // What the catalogue does not know is known by its record from now on.
  for (const CatalogueFile& file : model.files) {
    if (store.find(model.name) != nullptr) break;
    const Status recorded = store.record(model.name, file.path, file.sha256);
    if (!recorded) return fail(recorded.error().message);
  }
  return kDone;
}

}  // namespace parley::cli
