// SPDX-License-Identifier: Apache-2.0
#include "cli/transcribe_progress.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>

namespace parley::cli {
namespace {

constexpr std::size_t kBarWidth = 20;
/// Before this the models have only just been woken.
constexpr Millis kElapsedMin{500};
constexpr std::int64_t kMinute = 60;
constexpr std::int64_t kHour = 3600;

std::string bar(double share) {
  const auto filled = static_cast<std::size_t>(share * kBarWidth);
  std::string text(filled, '=');
  if (filled < kBarWidth) text += '>';
  text.resize(kBarWidth, ' ');
  return '[' + text + ']';
}

}  // namespace

std::string clock_text(double seconds) {
  const auto whole = static_cast<std::int64_t>(std::llround(std::max(0.0, seconds)));
  std::array<char, 32> text{};
  if (whole >= kHour) {
    std::snprintf(
        text.data(), text.size(), "%lld:%02lld:%02lld", static_cast<long long>(whole / kHour),
        static_cast<long long>(whole % kHour / kMinute), static_cast<long long>(whole % kMinute));
  } else {
    std::snprintf(text.data(), text.size(), "%lld:%02lld", static_cast<long long>(whole / kMinute),
                  static_cast<long long>(whole % kMinute));
  }
  return text.data();
}

std::string progress_line(const TranscribeProgress& progress) {
  const double share =
      progress.seconds > 0.0 ? std::clamp(progress.seconds_done / progress.seconds, 0.0, 1.0) : 0.0;
  std::array<char, 16> percent{};
  std::snprintf(percent.data(), percent.size(), " %3d %%  ", static_cast<int>(share * 100.0));
  std::string line = bar(share) + percent.data() + clock_text(progress.seconds_done) + " of " +
                     clock_text(progress.seconds);
  const double heard = progress.seconds_done - progress.seconds_before;
  if (progress.elapsed >= kElapsedMin && heard > 0.0) {
    const double speed = heard * 1000.0 / static_cast<double>(progress.elapsed.count());
    const double left = std::max(0.0, progress.seconds - progress.seconds_done) / speed;
    std::array<char, 32> times{};
    std::snprintf(times.data(), times.size(), ", %.1fx real time", speed);
    line += times.data() + (", " + clock_text(left)) + " left";
  }
  return line + ", " + std::to_string(progress.files_done) + " of " +
         std::to_string(progress.files) + (progress.files == 1 ? " file" : " files");
}

}  // namespace parley::cli
