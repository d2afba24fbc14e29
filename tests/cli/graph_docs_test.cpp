// SPDX-License-Identifier: Apache-2.0
//
// The graph files and commands of docs/engine/graph-file.md and profiler.md, as a reader would try
// them. A `yaml run` block is run and must print the text block after it; a `yaml check` block must
// be right, a `yaml wrong` block must be refused with the text after it; a `text profile` block is
// the profile of the graph above it, but for the figures. The C++ block of graph-file.md must stand
// in this file, where it runs.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <initializer_list>
#include <sstream>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/graph_operators.h"
#include "exec/manual_executor.h"
#include "graph/runner.h"
#include "tests/cli/run_command.h"

namespace parley::cli {
namespace {

using Outcome = test::CommandOutcome;
using graph::GraphSpec;
using media::Control;

struct Block {
  std::string info;  // what stands after the three backticks
  std::string text;
};

std::vector<Block> blocks_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<Block> blocks;
  bool is_inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("```")) {
      if (!is_inside) blocks.push_back({.info = line.substr(3), .text = {}});
      is_inside = !is_inside;
    } else if (is_inside) {
      blocks.back().text += line + '\n';
    }
  }
  return blocks;
}

/// Lines without the blanks before them, so that an example may be indented here.
std::string unindented(const std::string& text) {
  std::istringstream in(text);
  std::string out;
  for (std::string line; std::getline(in, line);) {
    const std::size_t begin = line.find_first_not_of(' ');
    out += (begin == std::string::npos ? "" : line.substr(begin)) + '\n';
  }
  return out;
}

/// `parley run graph.yaml <flags>` in a folder of its own, so that messages are as in the text.
Outcome run_file(const std::string& text, std::initializer_list<const char*> flags) {
  const std::filesystem::path back = std::filesystem::current_path();
  const auto folder = std::filesystem::path(testing::TempDir()) /
                      ("parley_graph_docs_test_" + std::to_string(getpid()));
  std::filesystem::create_directories(folder);
  std::filesystem::current_path(folder);
  std::ofstream("graph.yaml") << text;
  std::vector<std::string> words{"run", "graph.yaml"};
  words.insert(words.end(), flags.begin(), flags.end());
  Outcome outcome = test::run_command(words);
  std::filesystem::current_path(back);
  std::filesystem::remove_all(folder);
  return outcome;
}

TEST(GraphDocs, EveryGraphDoesWhatThePageSays) {
  const std::vector<Block> blocks = blocks_of("docs/engine/graph-file.md");
  ASSERT_GE(blocks.size(), 8U);
  for (std::size_t i = 0; i < blocks.size(); ++i) {
    const Block& block = blocks[i];
    const std::string next = i + 1 < blocks.size() ? blocks[i + 1].text : "";
    if (block.info == "yaml run") {
      const Outcome outcome = run_file(block.text, {"--fast"});
      EXPECT_EQ(outcome.status, kDone) << block.text;
      EXPECT_EQ(outcome.out, next);
      EXPECT_EQ(outcome.err, "");
    } else if (block.info == "yaml check") {
      EXPECT_EQ(run_file(block.text, {"--check"}).err, "") << block.text;
    } else if (block.info == "yaml wrong") {
      EXPECT_EQ(run_file(block.text, {"--check"}).err, "parley run: " + next) << block.text;
    } else {
      EXPECT_TRUE(block.info == "text" || block.info == "cpp") << block.info;
    }
  }
}

Result<std::vector<std::uint64_t>> steps_inside() {
  const DescribedOperators operators;
  const graph::Registry& registry = operators.registry();
  // The page has this:
  GraphSpec spec;
  PARLEY_TRY_STATUS(spec.add("bell", registry, "ticks",
                             {{"name", std::string("open")},
                              {"period_ms", std::int64_t{25}},
                              {"count", std::int64_t{2}},
                              {"value", std::string("toggle")}}));
  PARLEY_TRY_STATUS(spec.add("feet", registry, "ticks",
                             {{"name", std::string("step")},
                              {"period_ms", std::int64_t{10}},
                              {"count", std::int64_t{5}}}));
  PARLEY_TRY_STATUS(spec.add("door", registry, "gate", {{"type", std::string("Control")}}));
  spec.add_filter<Control>("odd", [](const Control& step) { return step.head.sequence % 2 == 0; });
  spec.connect("feet.out", "door.in");
  spec.connect("bell.out", "door.control");
  spec.connect("door.out", "odd.in");
  spec.outlet<Control>("inside", "odd.out");

  exec::ManualRuntime runtime;
  Metrics metrics;
  PARLEY_TRY(const auto runner, graph::Runner::open(std::move(spec), {},
                                                    {.clock = runtime.clock,
                                                     .timers = runtime.timers,
                                                     .metrics = metrics,
                                                     .virtual_time = &runtime}));
  PARLEY_TRY(const graph::FramesByName out, runner->run({}));
  std::vector<std::uint64_t> steps;
  for (const media::Frame& frame : out.at("inside")) {
    steps.push_back(std::get<Control>(frame).head.sequence + 1);
  }
  return steps;
}

/// Without figures and units, and words apart by one blank.
std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  std::istringstream in(text);
  for (std::string word; in >> word;) {
    const bool is_figure = word.find_first_not_of("0123456789.") == std::string::npos;
    const bool is_unit = word == "ns" || word == "us" || word == "ms" || word == "s" || word == "%";
    if (!is_figure && !is_unit) words.push_back(word);
  }
  return words;
}

TEST(GraphDocs, TheProfileLooksAsThePageSays) {
  const std::vector<Block> blocks = blocks_of("docs/engine/profiler.md");
  ASSERT_GE(blocks.size(), 2U);
  ASSERT_EQ(blocks[0].info, "yaml profile");
  ASSERT_EQ(blocks[1].info, "text profile");
  const Outcome outcome = run_file(blocks[0].text, {"--fast", "--profile"});
  EXPECT_EQ(outcome.status, kDone);
  EXPECT_EQ(std::ranges::count(outcome.out, '\n'), 1000);
  EXPECT_EQ(words_of(outcome.err), words_of(blocks[1].text));
}

TEST(GraphDocs, TheBuilderDoesTheSame) {
  const auto steps = steps_inside();
  ASSERT_TRUE(steps) << steps.error().message;
  EXPECT_THAT(*steps, testing::ElementsAre(1, 3));
}

TEST(GraphDocs, TheCodeOnThePageIsTheCodeThatRan) {
  std::ifstream file("tests/cli/graph_docs_test.cpp");
  const std::string source = unindented({std::istreambuf_iterator<char>(file), {}});
  bool is_there = false;
  for (const Block& block : blocks_of("docs/engine/graph-file.md")) {
    if (block.info != "cpp") continue;
    is_there = true;
    EXPECT_NE(source.find(unindented(block.text)), std::string::npos) << block.text;
  }
  EXPECT_TRUE(is_there);
}

}  // namespace
}  // namespace parley::cli
