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

std::map<std::string, Nanos> other_processes_cpu() {
  std::map<std::string, Nanos> used;
  const std::string own = std::to_string(getpid());
  std::error_code failure;
  for (const auto& process : std::filesystem::directory_iterator("/proc", failure)) {
    const std::string pid = process.path().filename();
    if (pid == own || pid.find_first_not_of("0123456789") != std::string::npos) continue;
    for (const auto& task : std::filesystem::directory_iterator(process.path() / "task", failure)) {
      std::int64_t nanos = 0;
      if (!(std::ifstream(task.path() / "schedstat") >> nanos)) continue;
      used[pid + '/' + task.path().filename().string()] = Nanos(nanos);
    }
  }
  return used;
}

Nanos used_between(const std::map<std::string, Nanos>& before,
                   const std::map<std::string, Nanos>& after) {
  Nanos sum{0};
  for (const auto& [thread, used] : after) {
    const auto earlier = before.find(thread);
    sum += earlier == before.end() ? used : used - earlier->second;
  }
  return sum;
}

std::uint64_t resident_bytes() {
  std::uint64_t pages = 0;
  std::ifstream file("/proc/self/statm");
  file >> pages >> pages;  // the whole size, then what is resident
  return pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace parley::cli
