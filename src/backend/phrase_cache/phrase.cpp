// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/phrase.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <string>

namespace parley::backend {
namespace {

/// Frees blocks; the token is the block's address. It has no state, so it can live for ever.
class BlockOwner final : public media::ExternalMemory {
 public:
  void release(std::uint64_t token) noexcept override {
    const std::unique_ptr<float[]> freed(std::bit_cast<float*>(token));
  }
};

BlockOwner& block_owner() {
  static BlockOwner owner;
  return owner;
}

std::size_t bytes_of(const std::vector<media::WordTime>& words) {
  constexpr std::size_t kInPlace = 15;  // letters that a std::string holds without a block
  std::size_t bytes = words.capacity() * sizeof(media::WordTime);
  for (const media::WordTime& word : words) {
    if (word.text.capacity() > kInPlace) bytes += word.text.capacity() + 1;
  }
  return bytes;
}

}  // namespace

std::size_t Phrase::bytes() const noexcept {
  return sizeof(Phrase) + audio.size() + bytes_of(words) + bytes_of(phonemes);
}

AudioBlock make_audio_block(std::size_t samples, media::BufferPool& buffers) {
  auto memory = std::make_unique_for_overwrite<float[]>(samples);
  const std::span<float> all(memory.get(), samples);
  media::BufferRef buffer =
      buffers.wrap(std::as_bytes(all), block_owner(), std::bit_cast<std::uint64_t>(memory.get()));
  static_cast<void>(memory.release());  // its owner is the buffer now
  return {std::move(buffer), all};
}

media::BufferRef joined(std::span<const media::BufferRef> parts, media::BufferPool& buffers) {
  std::size_t samples = 0;
  for (const media::BufferRef& part : parts) samples += part.floats().size();
  if (samples == 0) return {};
  AudioBlock block = make_audio_block(samples, buffers);
  auto to = block.samples.begin();
  for (const media::BufferRef& part : parts) to = std::ranges::copy(part.floats(), to).out;
  return std::move(block.buffer);
}

}  // namespace parley::backend
