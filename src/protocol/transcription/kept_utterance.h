// SPDX-License-Identifier: Apache-2.0
//
// An utterance as it is kept while the rest of a long recording is still being heard: one line of
// JSON, so that what was heard before a crash is read again up to the last whole line.
//
//   {"begin":361267200,"end":1038643200,"text":"Hello.","language":"en","words":[["Hello.",…,…]]}
//
// Times are flicks (media_time.h), from the recording's first sample. Threads: any (pure).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "media/media_time.h"
#include "media/word_time.h"

namespace parley::protocol {

struct KeptUtterance {
  media::MediaTime begin = {};
  media::MediaTime end = {};             // not before `begin`
  std::string text = {};                 // UTF-8
  std::string language = {};             // ISO 639-1; empty: not known
  std::vector<media::WordTime> words{};  // may be empty
  friend bool operator==(const KeptUtterance&, const KeptUtterance&) = default;
};

/// With its line end.
void append_kept_utterance(std::string& out, const KeptUtterance& utterance);
/// `line`: without its end. Errors: data_corrupt.
[[nodiscard]] Result<KeptUtterance> read_kept_utterance(std::string_view line);

}  // namespace parley::protocol
