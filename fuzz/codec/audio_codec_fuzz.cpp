// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as wire audio, cut anywhere: decoding in pieces equals decoding at once, and samples
// that were decoded encode to codes that decode to the same samples. Byte 0 chooses the codec,
// byte 1 the sizes of the pieces.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "base/check.h"
#include "codec/audio_codec.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace parley;
  if (size < 2) return 0;
  const auto codec = static_cast<media::Codec>(data[0] % 3);
  const std::size_t piece_max = data[1] % 7U + 1;
  const auto bytes = std::as_bytes(std::span(data, size)).subspan(2);

  const std::size_t samples = codec::sample_count(codec, bytes.size());
  const auto whole = bytes.first(samples * codec::bytes_per_sample(codec));
  std::vector<float> once(samples);
  codec::decode(codec, whole, once);

  codec::SampleAssembler assembler(codec);
  std::vector<float> pieces;
  for (std::size_t at = 0, round = 0; at < bytes.size(); ++round) {
    const auto piece = bytes.subspan(at, std::min(bytes.size() - at, round % (piece_max + 1)));
    const std::size_t before = pieces.size();
    pieces.resize(before + assembler.samples_with(piece.size()));
    assembler.decode(piece, std::span(pieces).subspan(before));
    at += piece.size();
  }
  PARLEY_CHECK(pieces == once);

  std::vector<std::byte> encoded(whole.size());
  codec::encode(codec, once, encoded);
  std::vector<float> again(samples);
  codec::decode(codec, encoded, again);
  PARLEY_CHECK(again == once);
  return 0;
}
