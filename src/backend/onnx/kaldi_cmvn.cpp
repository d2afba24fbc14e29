// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/kaldi_cmvn.h"

#include <charconv>
#include <cmath>
#include <string>

namespace parley::backend {
namespace {

constexpr std::string_view kSpace = " \t\r\n";

/// The next word, or nothing at the end.
std::string_view next_word(std::string_view& text) {
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string_view::npos) return text = {};
  const std::size_t end = text.find_first_of(kSpace, begin);
  const std::string_view word = text.substr(begin, end - begin);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end);
  return word;
}

Result<std::vector<float>> numbers_of(std::string_view text, std::string_view layer,
                                      std::size_t dimensions) {
  const Error wrong{
      ErrorCode::data_corrupt,
      "not " + std::to_string(dimensions) + " numbers in brackets after " + std::string(layer)};
  const std::size_t at = text.find(layer);
  const std::size_t open = at == std::string_view::npos ? at : text.find('[', at);
  if (open == std::string_view::npos) return wrong;
  std::string_view rest = text.substr(open + 1);
  std::vector<float> numbers;
  numbers.reserve(dimensions);
  for (std::string_view word = next_word(rest); word != "]"; word = next_word(rest)) {
    float number = 0.0F;
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (error != std::errc() || end != word.data() + word.size() || !std::isfinite(number) ||
        numbers.size() == dimensions) {
      return wrong;
    }
    numbers.push_back(number);
  }
  if (numbers.size() != dimensions) return wrong;
  return numbers;
}

}  // namespace

void KaldiCmvn::apply(std::span<float> row) const noexcept {
  for (std::size_t i = 0; i < row.size(); ++i) row[i] = (row[i] + shift[i]) * scale[i];
}

Result<KaldiCmvn> read_kaldi_cmvn(std::string_view text, std::size_t dimensions) {
  KaldiCmvn cmvn;
  PARLEY_TRY(cmvn.shift, numbers_of(text, "<AddShift>", dimensions));
  PARLEY_TRY(cmvn.scale, numbers_of(text, "<Rescale>", dimensions));
  return cmvn;
}

}  // namespace parley::backend
