// SPDX-License-Identifier: Apache-2.0
//
// Where keys are kept: in a file (key_file.h), or in a Redis server that several nodes share, which
// then holds what the file would.
//
// Threads: any; blocks on the disk or on the network.
#pragma once

#include <functional>
#include <string>

#include "base/clock.h"
#include "base/result.h"
#include "server/key_file.h"

namespace parley::server {

/// Times that a change of keys in Redis is tried anew because somebody else was faster.
inline constexpr int kKeyChangesTriedMax = 8;

struct KeyPlace {
  std::string file;
  std::string url;  // redis://…; goes before the file
};

/// Errors: those of read_key_file, and of the server; not_found when there are no keys yet.
[[nodiscard]] Result<KeyRecords> read_keys(const KeyPlace& place, const Clock& clock);
/// All of it or nothing; what others change meanwhile is not lost. Errors: those of `change`, after
/// which nothing is written, and of the disk or the server.
[[nodiscard]] Status change_keys(const KeyPlace& place, const Clock& clock,
                                 const std::function<Status(KeyRecords&)>& change);

}  // namespace parley::server
