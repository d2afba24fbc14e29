// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/phrase_file.h"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/sha256.h"
#include "codec/pcm16.h"

namespace parley::backend {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are copied as they are");

constexpr std::string_view kMagic = "ParleyPh";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kChecksumBytes = 32;

enum class Samples : std::uint32_t { float32 = 1, pcm16 = 2 };

struct Header {
  char magic[8];
  std::uint32_t version;
  Samples samples_are;
  std::uint64_t file_bytes;
  std::byte key[32];
  std::uint32_t rate;
  std::uint32_t samples;
  std::uint32_t words;
  std::uint32_t phonemes;
};
static_assert(sizeof(Header) == 72 && std::is_trivially_copyable_v<Header>);

constexpr std::size_t kWordBytes = 8 + 8 + 4;  // and its text

Error corrupt(std::string_view what) {
  return {ErrorCode::data_corrupt, "phrase file: " + std::string(what)};
}

// --- writing

template <typename Value>
void put(std::string& file, const Value& value) {
  static_assert(std::is_trivially_copyable_v<Value>);
  file.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void put(std::string& file, const std::vector<media::WordTime>& words) {
  for (const media::WordTime& word : words) {
    put(file, word.begin.flicks);
    put(file, word.end.flicks);
    put(file, static_cast<std::uint32_t>(word.text.size()));
    file += word.text;
  }
}

bool fits_pcm16(std::span<const float> samples) {
  return std::ranges::all_of(samples, [](float s) { return s >= -1.0F && s <= 1.0F; });
}

void put_samples(std::string& file, std::span<const float> samples, Samples form) {
  const std::size_t at = file.size();
  if (form == Samples::float32) {
    file.append(reinterpret_cast<const char*>(samples.data()), samples.size_bytes());
    return;
  }
  file.resize(at + samples.size() * sizeof(std::int16_t));
  codec::float_to_pcm16(samples, std::as_writable_bytes(std::span(file).subspan(at)));
}

// --- reading

/// Takes values from the front; says no instead of going past the end.
class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : left_(bytes) {}

  template <typename Value>
  bool take(Value& value) {
    static_assert(std::is_trivially_copyable_v<Value>);
    if (left_.size() < sizeof(value)) return false;
    std::memcpy(&value, left_.data(), sizeof(value));
    left_ = left_.subspan(sizeof(value));
    return true;
  }
  bool take(std::size_t bytes, std::span<const std::byte>& taken) {
    if (left_.size() < bytes) return false;
    taken = left_.first(bytes);
    left_ = left_.subspan(bytes);
    return true;
  }
  [[nodiscard]] std::size_t left() const { return left_.size(); }

 private:
  std::span<const std::byte> left_;
};

bool take_words(Reader& reader, std::size_t count, std::vector<media::WordTime>& words) {
  if (count > reader.left() / kWordBytes) return false;
  words.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    media::WordTime word;
    std::uint32_t size = 0;
    std::span<const std::byte> text;
    if (!reader.take(word.begin.flicks) || !reader.take(word.end.flicks) || !reader.take(size) ||
        !reader.take(size, text)) {
      return false;
    }
    word.text.assign(reinterpret_cast<const char*>(text.data()), text.size());
    words.push_back(std::move(word));
  }
  return true;
}

bool take_samples(Reader& reader, const Header& header, media::BufferPool& buffers,
                  media::BufferRef& audio) {
  const bool is_float = header.samples_are == Samples::float32;
  std::span<const std::byte> bytes;
  if (!reader.take(header.samples * (is_float ? sizeof(float) : sizeof(std::int16_t)), bytes)) {
    return false;
  }
  if (bytes.empty()) return true;
  AudioBlock block = make_audio_block(header.samples, buffers);
  if (is_float) {
    std::memcpy(block.samples.data(), bytes.data(), bytes.size());
  } else {
    codec::pcm16_to_float(bytes, block.samples);
  }
  audio = std::move(block.buffer);
  return true;
}

/// Sizes and checksum: what is left to go wrong afterwards was written wrong.
Status check_frame(std::span<const std::byte> file, const Header& header, const PhraseKey& key) {
  if (std::string_view(header.magic, sizeof(header.magic)) != kMagic) return corrupt("foreign");
  if (header.version != kVersion) return corrupt("another version");
  if (header.file_bytes != file.size()) return corrupt("cut off, or longer than it says");
  if (std::memcmp(header.key, key.digest.data(), key.digest.size()) != 0) {
    return corrupt("it is another phrase");
  }
  Sha256 hash;
  hash.update(file.first(file.size() - kChecksumBytes));
  if (!std::ranges::equal(hash.finish_bytes(), file.last(kChecksumBytes))) {
    return corrupt("the checksum is wrong");
  }
  return {};
}

}  // namespace

std::string write_phrase(const PhraseKey& key, const Phrase& phrase) {
  const std::span<const float> samples = phrase.audio.floats();
  const Samples form = fits_pcm16(samples) ? Samples::pcm16 : Samples::float32;
  Header header{.magic = {},
                .version = kVersion,
                .samples_are = form,
                .file_bytes = 0,
                .key = {},
                .rate = static_cast<std::uint32_t>(phrase.rate),
                .samples = static_cast<std::uint32_t>(samples.size()),
                .words = static_cast<std::uint32_t>(phrase.words.size()),
                .phonemes = static_cast<std::uint32_t>(phrase.phonemes.size())};
  std::memcpy(header.magic, kMagic.data(), kMagic.size());
  std::memcpy(header.key, key.digest.data(), key.digest.size());
  std::string file(sizeof(header), '\0');
  put_samples(file, samples, form);
  put(file, phrase.words);
  put(file, phrase.phonemes);
  header.file_bytes = file.size() + kChecksumBytes;
  std::memcpy(file.data(), &header, sizeof(header));
  Sha256 hash;
  hash.update(std::as_bytes(std::span(file)));
  put(file, hash.finish_bytes());
  return file;
}

Result<Phrase> read_phrase(std::span<const std::byte> file, const PhraseKey& key,
                           media::BufferPool& buffers) {
  Header header{};
  if (file.size() > kPhraseFileBytesMax) return corrupt("too long");
  if (file.size() < sizeof(header) + kChecksumBytes) return corrupt("too short");
  std::memcpy(&header, file.data(), sizeof(header));
  PARLEY_TRY_STATUS(check_frame(file, header, key));
  constexpr std::uint32_t kRateMin = 1'000;
  constexpr std::uint32_t kRateMax = 400'000;
  if (header.rate < kRateMin || header.rate > kRateMax) return corrupt("the rate");
  if (header.samples_are != Samples::float32 && header.samples_are != Samples::pcm16) {
    return corrupt("the form of the samples");
  }
  Phrase phrase;
  phrase.rate = static_cast<int>(header.rate);
  Reader reader(file.subspan(sizeof(header), file.size() - sizeof(header) - kChecksumBytes));
  if (!take_samples(reader, header, buffers, phrase.audio)) return corrupt("samples are missing");
  if (!take_words(reader, header.words, phrase.words)) return corrupt("the words");
  if (!take_words(reader, header.phonemes, phrase.phonemes)) return corrupt("the phonemes");
  if (reader.left() != 0) return corrupt("more than it says");
  return phrase;
}

}  // namespace parley::backend
