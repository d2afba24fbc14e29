// SPDX-License-Identifier: Apache-2.0
#include "server/process_metrics.h"

#include <ctime>
#include <fstream>
#include <map>
#include <sstream>

#include <gtest/gtest.h>

namespace parley::server {
namespace {

std::map<std::string, double> values() {
  std::map<std::string, double> found;
  std::istringstream text(process_metrics_text());
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with('#')) continue;
    const std::size_t space = line.find(' ');
    found[line.substr(0, space)] = std::stod(line.substr(space + 1));
  }
  return found;
}

TEST(ProcessMetrics, AreThoseOfThisProcess) {
  const auto before = values();
  EXPECT_GT(before.at("process_resident_memory_bytes"), 1e6);
  EXPECT_GT(before.at("process_virtual_memory_bytes"), before.at("process_resident_memory_bytes"));
  EXPECT_GE(before.at("process_threads"), 1.0);
  EXPECT_GE(before.at("process_open_fds"), 3.0);
  EXPECT_GT(before.at("process_max_fds"), before.at("process_open_fds"));
  const auto now = static_cast<double>(std::time(nullptr));
  EXPECT_LE(before.at("process_start_time_seconds"), now + 2.0);
  EXPECT_GT(before.at("process_start_time_seconds"), now - 3600.0);
  const std::ifstream more("/proc/self/stat");
  EXPECT_EQ(values().at("process_open_fds"), before.at("process_open_fds") + 1.0);
}

TEST(ProcessMetrics, ProcessorTimeGrows) {
  const double before = values().at("process_cpu_seconds_total");
  volatile double sum = 0.0;
  const std::clock_t start = std::clock();
  while (std::clock() - start < CLOCKS_PER_SEC / 10) sum = sum + 1.0;
  EXPECT_GE(values().at("process_cpu_seconds_total"), before + 0.05);
}

TEST(ProcessMetrics, EachSaysWhatItIs) {
  std::istringstream text(process_metrics_text());
  for (std::string help, type, line; std::getline(text, help);) {
    ASSERT_TRUE(std::getline(text, type) && std::getline(text, line));
    const std::string name = line.substr(0, line.find(' '));
    EXPECT_TRUE(help.starts_with("# HELP " + name + " ")) << help;
    EXPECT_TRUE(type.starts_with("# TYPE " + name + " ")) << type;
  }
}

}  // namespace
}  // namespace parley::server
