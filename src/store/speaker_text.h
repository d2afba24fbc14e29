// SPDX-License-Identifier: Apache-2.0
//
// A speaker as bytes, before they are sealed: version, numbers in little-endian order, strings and
// the embedding after their lengths.
//
// Threads: pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/speaker_records.h"

namespace parley::store {

[[nodiscard]] std::string speaker_text(const Speaker& speaker);
/// Errors: data_corrupt; failed_precondition (a newer Parley wrote it).
[[nodiscard]] Result<Speaker> parse_speaker(std::string_view text);

}  // namespace parley::store
