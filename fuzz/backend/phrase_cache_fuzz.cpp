// SPDX-License-Identifier: Apache-2.0
//
// A file of the phrase cache as it may lie on a disk: as it is, and with key, size and checksum put
// right, so that what comes after them is looked at, too. What is accepted is written again.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

#include "backend/phrase_cache/phrase_file.h"
#include "base/check.h"
#include "base/sha256.h"

namespace {

using parley::backend::Phrase;
using parley::backend::PhraseKey;

constexpr std::size_t kSizeAt = 16;  // as phrase_file.h says
constexpr std::size_t kKeyAt = 24;
constexpr std::size_t kHeaderBytes = 72;
constexpr std::size_t kChecksumBytes = 32;

void put_right(std::string& file, const PhraseKey& key) {
  if (file.size() < kHeaderBytes + kChecksumBytes) return;
  std::memcpy(file.data(), "ParleyPh\1\0\0", 12);
  const std::uint64_t size = file.size();
  std::memcpy(file.data() + kSizeAt, &size, sizeof(size));
  std::memcpy(file.data() + kKeyAt, key.digest.data(), key.digest.size());
  const auto bytes = std::as_writable_bytes(std::span(file));
  parley::Sha256 hash;
  hash.update(bytes.first(bytes.size() - kChecksumBytes));
  std::ranges::copy(hash.finish_bytes(), bytes.last(kChecksumBytes).begin());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static parley::media::BufferPool buffers;
  const PhraseKey key = parley::backend::phrase_key({.text = "fuzz"});
  std::string file(reinterpret_cast<const char*>(data), size);
  for (int round = 0; round < 2; ++round) {
    const auto phrase = parley::backend::read_phrase(std::as_bytes(std::span(file)), key, buffers);
    if (phrase) {
      const std::string again = parley::backend::write_phrase(key, *phrase);
      const auto second =
          parley::backend::read_phrase(std::as_bytes(std::span(again)), key, buffers);
      PARLEY_CHECK(second && second->words == phrase->words &&
                   second->phonemes == phrase->phonemes && second->samples() == phrase->samples());
    }
    put_right(file, key);
  }
  return 0;
}
