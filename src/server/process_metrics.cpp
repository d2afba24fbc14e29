// SPDX-License-Identifier: Apache-2.0
#include "server/process_metrics.h"

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>
#include <string_view>
#include <system_error>

#include <sys/resource.h>
#include <unistd.h>

#include "base/json_text.h"

namespace parley::server {
namespace {

/// Of proc_pid_stat(5), counted from the field after the name.
struct Stat {
  double cpu_seconds = 0.0;
  double threads = 0.0;
  double started_after_boot = 0.0;  // seconds
  double virtual_bytes = 0.0;
  double resident_bytes = 0.0;
};

std::optional<Stat> read_stat() {
  std::ifstream file("/proc/self/stat");
  std::string line;
  if (!std::getline(file, line)) return std::nullopt;
  // The name is in brackets and may hold any of them, and spaces.
  std::istringstream rest(line.substr(line.rfind(')') + 1));
  constexpr int kUserTime = 12;  // the state is the first
  std::string skipped;
  for (int field = 1; field < kUserTime; ++field) rest >> skipped;
  double user = 0.0;
  double system = 0.0;
  double started = 0.0;
  double resident_pages = 0.0;
  Stat stat;
  rest >> user >> system >> skipped >> skipped >> skipped >> skipped >> stat.threads >> skipped >>
      started >> stat.virtual_bytes >> resident_pages;
  if (!rest) return std::nullopt;
  const auto ticks = static_cast<double>(::sysconf(_SC_CLK_TCK));
  stat.cpu_seconds = (user + system) / ticks;
  stat.started_after_boot = started / ticks;
  stat.resident_bytes = resident_pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return stat;
}

std::optional<double> boot_time() {
  std::ifstream file("/proc/stat");
  for (std::string word; file >> word;) {
    double seconds = 0.0;
    if (word == "btime" && file >> seconds) return seconds;
  }
  return std::nullopt;
}

std::optional<double> open_descriptors() {
  std::error_code failure;
  std::filesystem::directory_iterator entries("/proc/self/fd", failure);
  if (failure) return std::nullopt;
  double count = 0.0;
  for (; !failure && entries != std::filesystem::directory_iterator(); entries.increment(failure)) {
    ++count;
  }
  return count - 1.0;  // the one that lists them
}

void append(std::string& out, std::string_view name, std::string_view type, std::string_view help,
            double value) {
  out.append("# HELP ").append(name).append(" ").append(help).append("\n# TYPE ");
  out.append(name).append(" ").append(type).append("\n").append(name).append(" ");
  json_text::append_number(out, value);
  out += '\n';
}

}  // namespace

std::string process_metrics_text() {
  std::string out;
  if (const std::optional<Stat> stat = read_stat()) {
    append(out, "process_cpu_seconds_total", "counter", "Processor time, of user and system",
           stat->cpu_seconds);
    append(out, "process_resident_memory_bytes", "gauge", "Memory that is resident",
           stat->resident_bytes);
    append(out, "process_virtual_memory_bytes", "gauge", "Memory that is mapped",
           stat->virtual_bytes);
    append(out, "process_threads", "gauge", "Threads", stat->threads);
    if (const std::optional<double> boot = boot_time()) {
      append(out, "process_start_time_seconds", "gauge", "When it began, since 1970",
             *boot + stat->started_after_boot);
    }
  }
  if (const std::optional<double> open = open_descriptors()) {
    append(out, "process_open_fds", "gauge", "Open descriptors", *open);
  }
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    append(out, "process_max_fds", "gauge", "Descriptors that may be open",
           static_cast<double>(limit.rlim_cur));
  }
  return out;
}

}  // namespace parley::server
