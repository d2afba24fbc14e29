// SPDX-License-Identifier: Apache-2.0
//
// The key that what is kept is encrypted with: given as text, or in a file of its own, which only
// its owner may read. 64 hexadecimal digits either way.
//
// Threads: any; blocks on the disk.
#pragma once

#include <string>
#include <string_view>

#include "base/aes_gcm.h"
#include "base/result.h"

namespace parley::store {

struct SecretKeySource {
  std::string hex;   // 64 digits; empty: `file`
  std::string file;  // path
};

/// Errors: invalid_argument; the message does not show the text.
[[nodiscard]] Result<AesKey> parse_secret_key(std::string_view hex);

/// Makes the file, with mode 0600 and a new key, where there is none and `may_make` is set; of two
/// processes that start at once, both get the key of one. Errors: invalid_argument (the text, or
/// neither is given), not_found, permission_denied (not ours to read, or others may read it, too),
/// data_corrupt (the file holds no key), unavailable (the disk).
[[nodiscard]] Result<AesKey> open_secret_key(const SecretKeySource& source, bool may_make);

}  // namespace parley::store
