// SPDX-License-Identifier: Apache-2.0
#include "store/speaker_text.h"

#include <bit>
#include <cstring>
#include <type_traits>

namespace parley::store {
namespace {

static_assert(std::endian::native == std::endian::little, "numbers are kept as they lie in memory");

constexpr std::uint8_t kVersion = 1;

template <typename Number>
void append(std::string& to, Number number) {
  static_assert(std::is_arithmetic_v<Number>);
  to.append(reinterpret_cast<const char*>(&number), sizeof number);
}

void append(std::string& to, std::string_view text) {
  append(to, static_cast<std::uint32_t>(text.size()));
  to += text;
}

/// Reads from the front; once something is missing, everything is.
class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  template <typename Number>
  Number number() {
    Number value{};
    if (take(sizeof value)) std::memcpy(&value, taken_.data(), sizeof value);
    return value;
  }
  std::string text(std::size_t size_max) {
    const auto size = number<std::uint32_t>();
    if (size > size_max) is_whole_ = false;
    return take(size) ? std::string(taken_) : std::string();
  }
  [[nodiscard]] bool is_done() const { return is_whole_ && text_.empty(); }

 private:
  bool take(std::size_t size) {
    is_whole_ = is_whole_ && size <= text_.size();
    if (!is_whole_) return false;
    taken_ = text_.substr(0, size);
    text_.remove_prefix(size);
    return true;
  }

  std::string_view text_;
  std::string_view taken_;
  bool is_whole_ = true;
};

}  // namespace

std::string speaker_text(const Speaker& speaker) {
  std::string text;
  append(text, kVersion);
  append(text, std::string_view(speaker.name));
  append(text, std::string_view(speaker.voice.model));
  append(text, speaker.utterances);
  append(text, speaker.weight);
  append(text, speaker.created);
  append(text, speaker.updated);
  append(text, static_cast<std::uint32_t>(speaker.voice.embedding.size()));
  for (const float value : speaker.voice.embedding) append(text, value);
  return text;
}

Result<Speaker> parse_speaker(std::string_view text) {
  Reader reader(text);
  if (const auto version = reader.number<std::uint8_t>(); version > kVersion) {
    return Error{ErrorCode::failed_precondition, "a newer Parley enrolled a speaker (version " +
                                                     std::to_string(version) + "): use that one"};
  }
  Speaker speaker;
  speaker.name = reader.text(kSpeakerNameMax);
  speaker.voice.model = reader.text(kSpeakerNameMax);
  speaker.utterances = reader.number<std::uint32_t>();
  speaker.weight = reader.number<float>();
  speaker.created = reader.number<std::int64_t>();
  speaker.updated = reader.number<std::int64_t>();
  const auto count = reader.number<std::uint32_t>();
  if (count <= kEmbeddingMax) {
    for (std::uint32_t i = 0; i < count; ++i) {
      speaker.voice.embedding.push_back(reader.number<float>());
    }
  }
  if (!reader.is_done()) return Error{ErrorCode::data_corrupt, "a kept speaker is not whole"};
  return speaker;
}

}  // namespace parley::store
