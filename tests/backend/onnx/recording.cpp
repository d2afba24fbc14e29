// SPDX-License-Identifier: Apache-2.0
#include "tests/backend/onnx/recording.h"

#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdlib>
#include <numbers>
#include <utility>

#include <sndfile.h>
#include <sys/resource.h>

namespace parley::backend {

std::string cache_root() {
  if (const char* root = std::getenv("PARLEY_CACHE"); root != nullptr && *root != '\0') return root;
  const char* home = std::getenv("HOME");
  return std::string(home == nullptr ? "" : home) + "/.cache/parley";
}

std::string model_path(const std::string& name) { return cache_root() + "/models/" + name; }

std::string recording_path(const std::string& name) { return cache_root() + "/speech/" + name; }

std::optional<std::vector<float>> read_recording(const std::string& file) {
  SF_INFO info{};
  SNDFILE* const in = sf_open(file.c_str(), SFM_READ, &info);
  if (in == nullptr) return std::nullopt;
  const auto channels = static_cast<std::size_t>(info.channels);
  std::vector<float> interleaved(static_cast<std::size_t>(info.frames) * channels);
  sf_readf_float(in, interleaved.data(), info.frames);
  sf_close(in);
  std::vector<float> mono(static_cast<std::size_t>(info.frames));
  for (std::size_t i = 0; i < mono.size(); ++i) mono[i] = interleaved[i * channels];
  return convert_rate(mono, info.samplerate, 16'000);
}

std::vector<float> convert_rate(std::span<const float> samples, int from, int to) {
  if (from == to) return {samples.begin(), samples.end()};
  constexpr int kZeroCrossings = 16;
  const double step = static_cast<double>(from) / to;
  const double cutoff = std::min(1.0, 1.0 / step);
  const double reach = kZeroCrossings / cutoff;
  std::vector<float> out(static_cast<std::size_t>(static_cast<double>(samples.size()) / step));
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double centre = static_cast<double>(i) * step;
    const auto begin = static_cast<std::ptrdiff_t>(std::max(0.0, std::ceil(centre - reach)));
    const auto end = std::min(static_cast<std::ptrdiff_t>(samples.size()) - 1,
                              static_cast<std::ptrdiff_t>(centre + reach));
    double sum = 0.0;
    for (std::ptrdiff_t k = begin; k <= end; ++k) {
      const double x = (static_cast<double>(k) - centre) * cutoff;
      const double angle = std::numbers::pi * x;
      const double sinc = x == 0.0 ? 1.0 : std::sin(angle) / angle;
      const double window = 0.5 + 0.5 * std::cos(angle / kZeroCrossings);
      sum += static_cast<double>(samples[static_cast<std::size_t>(k)]) * sinc * window * cutoff;
    }
    out[i] = static_cast<float>(sum);
  }
  return out;
}

std::vector<float> cut(std::span<const float> samples, double first, double last) {
  const auto begin = std::min(samples.size(), static_cast<std::size_t>(first * 16'000));
  const auto end = std::min(samples.size(), static_cast<std::size_t>(last * 16'000));
  return {samples.begin() + static_cast<std::ptrdiff_t>(begin),
          samples.begin() + static_cast<std::ptrdiff_t>(end)};
}

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words(1);
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool is_inner_apostrophe = c == '\'' && !words.back().empty() && i + 1 < text.size() &&
                                     std::isalnum(static_cast<unsigned char>(text[i + 1])) != 0;
    if (std::isalnum(c) != 0 || c >= 0x80 || is_inner_apostrophe) {
      words.back().push_back(static_cast<char>(std::tolower(c)));
    } else if ((c == '-' || std::isspace(c) != 0) && !words.back().empty()) {
      words.emplace_back();
    }
  }
  if (words.back().empty()) words.pop_back();
  return words;
}

std::size_t word_errors(const std::string& reference, const std::string& hypothesis) {
  const std::vector<std::string> expected = words_of(reference);
  const std::vector<std::string> got = words_of(hypothesis);
  std::vector<std::size_t> row(got.size() + 1);
  for (std::size_t j = 0; j < row.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= expected.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= got.size(); ++j) {
      const std::size_t replaced = diagonal + (expected[i - 1] == got[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, replaced});
    }
  }
  return row.back();
}

double cpu_seconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

}  // namespace parley::backend
