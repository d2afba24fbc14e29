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

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0;
  std::ifstream file("/proc/self/statm");
  file >> pages >> pages;  // the whole size, then what is resident
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace parley::cli
