// SPDX-License-Identifier: Apache-2.0
//
// Fetches one large file over HTTP: what is there after a broken transfer is kept in FILE.part and
// gone on from, lost connections are made again, and the file appears under its name only when it
// is whole and its SHA-256 is the expected one.
//
// Threads: one owner, which it blocks.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace parley::cli {

struct Download {
  std::string url;
  std::filesystem::path file;  // its folder exists
  std::string sha256;          // lower case; empty: any, see the result
  /// Bytes there and bytes in all (0: not known), at most once per 1/100 of the file or per MiB.
  std::function<void(std::uint64_t done, std::uint64_t total)> progress = {};
  Millis silence_max{30'000};  // without a byte before the connection counts as lost
  int retries = 3;             // of connections that were lost, each after some bytes had come
};

/// Its SHA-256, in lower case. Errors: invalid_argument (the URL), unavailable (no connection, or
/// lost too often; the part is kept), not_found and permission_denied (the server says so),
/// data_corrupt (another SHA-256 than expected; the part is removed), already_exists (another
/// process is fetching it), resource_exhausted (no room on the disk; the part is kept).
[[nodiscard]] Result<std::string> fetch(const Download& download);

}  // namespace parley::cli
