// SPDX-License-Identifier: Apache-2.0
//
// docs/engine/plugins.md: its plugin is compiled by its command, checked, and run by its graph
// file. What the page quotes of C++ stands here.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "graph/graph_build.h"
#include "graph/graph_file.h"
#include "graph/plugin/conformance.h"
#include "graph/plugin/plugin_loader.h"
#include "graph/runner.h"

namespace parley::graph {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

std::string read(const fs::path& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The first block of a language in the page.
std::string block(std::string_view language) {
  static const std::string page = read("docs/engine/plugins.md");
  const std::string open = "```" + std::string(language) + "\n";
  const std::size_t begin = page.find(open);
  if (begin == std::string::npos) return {};
  return page.substr(begin + open.size(), page.find("```", begin + 3) - begin - open.size());
}

class PluginPage : public testing::Test {
 protected:
  /// Compiles the page's plugin with the page's command, but for the folder.
  void SetUp() override {
    fs::create_directories(folder_);
    std::ofstream(folder_ / "softer.c") << block("c");
    std::string command = block("sh");
    command.resize(command.find('\n'));
    command.replace(command.find("-I include"), 10,
                    "-I '" + fs::absolute("include").string() + "'");
    command = "cd '" + folder_.string() + "' && " + command + " -Wall -Wextra -pedantic -Werror";
    ASSERT_EQ(std::system(command.c_str()), 0) << command;  // NOLINT(concurrency-mt-unsafe)
  }
  void TearDown() override { fs::remove_all(folder_); }

  const fs::path folder_ = fs::path(testing::TempDir()) / "parley_plugin_page";
};

Result<std::unique_ptr<Operator>> page_cpp(Registry& registry, media::BufferPool& buffers,
                                           const fs::path& path) {
  // clang-format off
  PARLEY_TRY(const PluginInfo info, load_plugin(registry, buffers, path));
  PARLEY_TRY(std::unique_ptr<Operator> softer, registry.make("my_softer", {{"factor", 0.25}}));
  // clang-format on
  EXPECT_EQ(info.name, "my_plugin");
  return softer;
}

TEST_F(PluginPage, ItsPluginKeepsItsPromises) {
  const ConformanceReport report = check_conformance(folder_ / "softer.so");
  EXPECT_EQ(report.name, "my_plugin");
  EXPECT_EQ(report.checks.size(), 9U);
  for (const auto& check : report.checks) EXPECT_EQ(check.finding, "") << check.what;
}

TEST_F(PluginPage, ItsGraphRuns) {
  media::BufferPool buffers;
  Registry registry;
  const auto softer = page_cpp(registry, buffers, folder_ / "softer.so");
  ASSERT_TRUE(softer) << softer.error().message;

  std::ofstream(folder_ / "page.yaml") << block("yaml");
  auto file = read_graph_file((folder_ / "page.yaml").string());
  ASSERT_TRUE(file) << file.error().message;
  auto spec = build_graph(*file, registry);
  ASSERT_TRUE(spec) << spec.error().message;
  exec::ManualRuntime runtime;
  Metrics metrics;
  auto runner = Runner::open(*std::move(spec), {.scheduler = SchedulerType::sync},
                             {.clock = runtime.clock,
                              .timers = runtime.timers,
                              .metrics = metrics,
                              .virtual_time = &runtime});
  ASSERT_TRUE(runner) << runner.error().message;
  media::AudioFrame frame;
  frame.samples = buffers.copy_of(std::span<const float>(std::vector<float>(320, 0.8F)));
  auto out = (*runner)->run({{"mic", {frame}}});
  ASSERT_TRUE(out) << out.error().message;
  ASSERT_EQ(out->at("audio").size(), 1U);
  EXPECT_FLOAT_EQ(std::get<media::AudioFrame>(out->at("audio")[0]).samples.floats()[0], 0.2F);
}

TEST_F(PluginPage, ItsCppIsTheOneThatIsRunHere) {
  const std::string here = read("tests/graph/plugin/docs_test.cpp");
  std::string indented = "  " + block("cpp");
  indented.replace(indented.find("\nPARLEY"), 1, "\n  ");
  EXPECT_THAT(here, HasSubstr(indented));
}

}  // namespace
}  // namespace parley::graph
