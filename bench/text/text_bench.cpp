// SPDX-License-Identifier: Apache-2.0
//
// What text costs: bytes a second through SpokenText, and how long the first chunk of a short text
// takes. For comparison: speech is about 15 bytes a second.
#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include <benchmark/benchmark.h>

#include "text/spoken_text.h"

namespace {

using parley::text::SpokenText;

constexpr std::string_view kThreeSentences =
    "Your order of March 14, 2025, costs $1,234.50 in all. It is 5% more than the last one, which "
    "weighed 12 kg. Call (555) 123-4567 before 9:15 a.m. if you want to change it.";
constexpr std::string_view kProse =
    "The old man walked along the river and looked at the water, which was high that spring. "
    "Nobody "
    "had seen him in the village for a long time, but he was not a stranger to them.\n";

/// All of `text`, in pieces as a transport would bring them.
std::size_t speak(std::string_view text, std::size_t piece) {
  SpokenText spoken({});
  std::size_t bytes = 0;
  const auto take = [&] {
    while (auto chunk = spoken.next()) bytes += chunk->spoken.size();
  };
  for (std::size_t at = 0; at < text.size(); at += piece) {
    if (!spoken.append(text.substr(at, piece))) break;
    take();
  }
  if (spoken.finish()) take();
  return bytes;
}

std::string repeated(std::string_view unit, std::size_t size) {
  std::string text;
  while (text.size() < size) text += unit;
  text.resize(size);
  return text;
}

void first_chunk(benchmark::State& state) {
  for (auto _ : state) {
    SpokenText spoken({});
    benchmark::DoNotOptimize(spoken.append(kThreeSentences).has_value());
    benchmark::DoNotOptimize(spoken.next());
  }
}
BENCHMARK(first_chunk);

void three_sentences(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(speak(kThreeSentences, 4096));
}
BENCHMARK(three_sentences);

void bytes_a_second(benchmark::State& state, std::string_view unit, std::size_t piece) {
  const std::string text = repeated(unit, std::size_t{1} << 20U);
  for (auto _ : state) benchmark::DoNotOptimize(speak(text, piece));
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations() * text.size()));
}
BENCHMARK_CAPTURE(bytes_a_second, prose, kProse, 4096)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_a_second, numbers, kThreeSentences, 4096)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_a_second, token_by_token, kProse, 4)->Unit(benchmark::kMillisecond);
// What would show a scan that is not linear.
BENCHMARK_CAPTURE(bytes_a_second, one_letter, "a", 4096)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_a_second, one_letter_byte_by_byte, "a", 1)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_a_second, digits, "1", 4096)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_a_second, spaces, " ", 4096)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_a_second, stars, "*", 4096)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_a_second, brackets, "[", 4096)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_a_second, angles, "<a", 4096)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_a_second, commas, ",", 4096)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_a_second, full_stops, ".", 4096)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(bytes_a_second, chinese, "好", 4096)->Unit(benchmark::kMillisecond);

}  // namespace
