// SPDX-License-Identifier: Apache-2.0
#include "cli/thread_cpu.h"

#include <filesystem>
#include <fstream>
#include <system_error>

#include <unistd.h>

namespace parley::cli {

std::map<std::string, Nanos> thread_cpu() {
  std::map<std::string, Nanos> used;
  std::error_code failure;
  for (const auto& task : std::filesystem::directory_iterator("/proc/self/task", failure)) {
    std::string name;
    std::int64_t nanos = 0;
    // The first number of schedstat is the time on a CPU; a thread may end between two reads.
    if (!(std::ifstream(task.path() / "comm") >> name)) continue;
    if (!(std::ifstream(task.path() / "schedstat") >> nanos)) continue;
    const std::size_t end = name.find_last_not_of("0123456789");
    if (end != std::string::npos && name[end] == '-') name.erase(end);
    used[name] += Nanos(nanos);
  }
  return used;
}

Nanos machine_cpu() {
  constexpr int kColumns = 8;
  constexpr int kIdle = 3;  // and waiting for disks, the next one
  std::ifstream file("/proc/stat");
  std::string name;
  file >> name;
  std::int64_t ticks = 0;
  for (int column = 0; column < kColumns; ++column) {
    std::int64_t value = 0;
    file >> value;
    if (column != kIdle && column != kIdle + 1) ticks += value;
  }
  return Nanos(std::chrono::seconds(1)) / sysconf(_SC_CLK_TCK) * ticks;
}

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0;
  std::ifstream file("/proc/self/statm");
  file >> pages >> pages;  // the whole size, then what is resident
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace parley::cli
