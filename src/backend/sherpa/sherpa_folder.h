// SPDX-License-Identifier: Apache-2.0
//
// What every sherpa.json has in common, be it of a voice, of a recogniser or of a model of
// speakers: a family, and the files that its family needs or takes, named relative to the folder.
//
// Threads: pure functions; those of files block on the disk.
#pragma once

#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>

#include <boost/json/fwd.hpp>

#include "base/result.h"

namespace parley::backend {

/// One that a family needs, or takes.
struct SherpaFile {
  std::string_view family;
  std::string_view name;
  bool is_required;
  std::size_t offset;  // of its path in the family's configuration in c-api.h
};

using SherpaFiles = std::map<std::string, std::string, std::less<>>;  // name → path

inline constexpr std::size_t kSherpaDescriptionMax = 1U << 20U;  // bytes of a sherpa.json

[[nodiscard]] std::string sherpa_description_file(const std::string& folder);

/// The text of it. Errors: not_found; data_corrupt (too large).
[[nodiscard]] Result<std::string> read_sherpa_description(const std::string& folder);

[[nodiscard]] Error sherpa_error(std::string what);  // data_corrupt

/// `what` names the value in errors, which are data_corrupt.
[[nodiscard]] Result<std::string> sherpa_text(const boost::json::value& value,
                                              std::string_view what);
[[nodiscard]] Result<const boost::json::object*> sherpa_object(const boost::json::value& value,
                                                               std::string_view what);

/// The object of a description, whose family is one of `known`.
struct SherpaParts {
  std::string family;
  SherpaFiles files;
};
[[nodiscard]] Result<SherpaParts> sherpa_parts(const boost::json::object& description,
                                               const std::string& folder,
                                               std::span<const SherpaFile> known);

/// Each is there, and not empty. Errors: not_found.
[[nodiscard]] Status check_sherpa_files(const SherpaFiles& files);

/// Writes the paths of a family's files to where c-api.h has them in `config`, as pointers into
/// `files`.
void put_sherpa_files(const SherpaParts& parts, std::span<const SherpaFile> known, void* config);

}  // namespace parley::backend
