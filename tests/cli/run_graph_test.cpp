// SPDX-License-Identifier: Apache-2.0
//
// `parley run` and `parley operators` as a user types them.
#include "cli/run_graph.h"

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "cli/graph_models.h"
#include "cli/graph_operators.h"
#include "cli/operators_command.h"
#include "cli/operators_text.h"
#include "cli/run_command.h"
#include "tests/cli/run_command.h"

namespace parley::cli {
namespace {

using Outcome = test::CommandOutcome;
using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

struct RunGraphTest : testing::Test {
  void SetUp() override { std::filesystem::create_directories(folder); }
  void TearDown() override { std::filesystem::remove_all(folder); }

  static Outcome parley(const std::vector<std::string>& words) { return test::run_command(words); }
  /// The file's path.
  [[nodiscard]] std::string graph(const std::string& text) const {
    std::ofstream(folder / "g.yaml") << text;
    return folder / "g.yaml";
  }

  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) /
                                       ("parley_run_graph_test_" + std::to_string(getpid()));
};

/// Sends this process one SIGINT as soon as a command listens for it.
class Interrupter {
 public:
  Interrupter() : thread_([this] { work(); }) {}
  ~Interrupter() {
    is_over_ = true;
    thread_.join();
  }

 private:
  void work() const {
    struct sigaction now{};
    do {  // until the command listens
      sigaction(SIGINT, nullptr, &now);
    } while (now.sa_handler == SIG_DFL && !is_over_);
    if (!is_over_) kill(getpid(), SIGINT);
  }
  std::atomic<bool> is_over_{false};
  std::thread thread_;
};

constexpr const char* kGate = R"(version: 1
name: door
inputs: {mic: {type: AudioFrame, rate_hz: 48000, channels: 1}}
nodes:
  door: {operator: gate, options: {open: false}, inputs: {in: mic}}
  slower: {operator: resample, options: {rate_hz: 16000}, inputs: {audio: door.out}}
  vad: {operator: vad, inputs: {audio: slower.audio}}
outputs: {speech: vad.speech}
)";

TEST_F(RunGraphTest, CheckSaysThatAGraphIsRight) {
  const std::string path = graph(kGate);
  const Outcome outcome = parley({"run", path, "--check"});
  EXPECT_EQ(outcome.status, kDone) << outcome.err;
  EXPECT_EQ(outcome.out, path + ": 3 nodes, 4 connections\n");
}

TEST_F(RunGraphTest, CheckSaysWhereItIsWrong) {
  const std::string path = graph("version: 1\nnodes:\n  v: {operator: vaad}\n");
  const Outcome outcome = parley({"run", path, "--check"});
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "parley run: " + path +
                             ":3: node 'v': there is no kind of operator 'vaad'; did you mean "
                             "'vad'?\n");
  EXPECT_THAT(parley({"run", "none.yaml"}).err, HasSubstr("none.yaml: cannot be opened"));
  EXPECT_EQ(parley({"run"}).status, kWrongUsage);
  EXPECT_EQ(parley({"run", path, "--check", "--dot"}).status, kWrongUsage);
}

TEST_F(RunGraphTest, OptionsCanBeSet) {
  const std::string path = graph(kGate);
  const Outcome wrong = parley({"run", path, "--check", "--set", "slower.rate_hz=8000"});
  EXPECT_EQ(wrong.status, kFailed);
  EXPECT_THAT(wrong.err, HasSubstr("slower.audio gives AudioFrame at 8000 Hz"));
  EXPECT_THAT(parley({"run", path, "--check", "--set", "vad.threshold=2"}).err,
              HasSubstr("option 'threshold' is '2'; give a number from 0 to 1"));
}

TEST_F(RunGraphTest, DrawsTheGraph) {
  const Outcome outcome = parley({"run", graph(kGate), "--dot"});
  EXPECT_EQ(outcome.status, kDone);
  EXPECT_THAT(outcome.out,
              AllOf(StartsWith("digraph \"door\" {\n"),
                    HasSubstr("\"slower\" -> \"vad\" [label=\"audio → audio: AudioFrame at "
                              "16000 Hz, 1 channel\"]")));
}

TEST_F(RunGraphTest, AnInputOfTheGraphNeedsAProgram) {
  const Outcome outcome = parley({"run", graph(kGate), "--set", "models.fake=true"});
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_THAT(outcome.err,
              HasSubstr("g.yaml:3: input 'mic' is given by a program, and `parley run` is none; "
                        "use a source, such as {operator: file_source, options: {path: …}}\n"));
}

TEST_F(RunGraphTest, ChecksAndDrawsTheAgentsOfRooms) {
  std::size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator("agents")) {
    if (entry.path().extension() != ".yaml") continue;
    ++count;
    const Outcome checked = parley({"run", entry.path(), "--check"});
    EXPECT_EQ(checked.status, kDone) << checked.err;
    const Outcome drawn = parley({"run", entry.path(), "--dot"});
    EXPECT_EQ(drawn.status, kDone) << drawn.err;
    EXPECT_THAT(drawn.out, StartsWith("digraph \"" + entry.path().stem().string() + "\" {\n"));
    EXPECT_THAT(parley({"run", entry.path(), "--set", "models.fake=true"}).err,
                HasSubstr("input 'audio' is given by a program"));
  }
  EXPECT_EQ(count, 5U);
}

constexpr const char* kTicks = R"(version: 1
nodes:
  ticks: {operator: ticks, options: {name: open, period_ms: 20, count: 4, value: toggle}}
  counts: {operator: ticks, options: {period_ms: 10, count: 8}}
  door:
    operator: gate
    options: {type: Control, open: false}
    inputs: {in: counts.out, control: ticks.out}
outputs: {passed: door.out}
)";

TEST_F(RunGraphTest, RunsToTheEndInVirtualTimeAlwaysAlike) {
  const std::string path = graph(kTicks);
  const Outcome first = parley({"run", path, "--fast"});
  EXPECT_EQ(first.status, kDone) << first.err;
  EXPECT_EQ(first.err, "");
  EXPECT_THAT(first.out, HasSubstr("passed\t0.010\ttick = 2\n"));
  EXPECT_THAT(first.out, HasSubstr("passed\t0.050\ttick = 6\n"));
  EXPECT_THAT(first.out, Not(HasSubstr("0.030")));
  EXPECT_EQ(parley({"run", path, "--fast"}).out, first.out);
}

TEST_F(RunGraphTest, RunsToTheEndInRealTime) {
  for (const char* scheduler : {"sync", "async"}) {
    const std::string path = graph("scheduler: " + std::string(scheduler) + "\n" + kTicks);
    const Outcome outcome = parley({"run", path, "--set", "counts.count=3"});
    EXPECT_EQ(outcome.status, kDone) << outcome.err;
    EXPECT_THAT(outcome.out, HasSubstr("passed\t")) << scheduler;
  }
}

TEST_F(RunGraphTest, StopsCleanlyAtASignal) {
  for (const std::string scheduler : {"sync", "async"}) {
    const std::string path = graph("scheduler: " + scheduler + "\n" + kTicks);
    const Interrupter interrupter;
    const Outcome outcome =
        parley({"run", path, "--set", "counts.count=0", "--set", "ticks.count=0"});
    EXPECT_EQ(outcome.status, kDone) << scheduler << outcome.err;
    EXPECT_EQ(outcome.err, "");
  }
}

TEST_F(RunGraphTest, SaysWhereTheTimeWent) {
  const std::string path = graph(kTicks);
  const Outcome table = parley({"run", "--profile", path, "--fast"});
  EXPECT_EQ(table.status, kDone) << table.err;
  EXPECT_EQ(table.out, parley({"run", path, "--fast"}).out);  // results stay results
  EXPECT_THAT(table.err, AllOf(StartsWith("node "), HasSubstr("\ncounts "), HasSubstr("\ndoor "),
                               HasSubstr("\ncritical path: ")));
  EXPECT_THAT(parley({"run", path, "--fast", "--profile=json"}).err,
              AllOf(StartsWith("{\"elapsed_ns\":"), HasSubstr("\"node\":\"door\"")));

  const std::string trace = folder / "trace.json";
  const Outcome quiet = parley({"run", path, "--fast", "--profile=trace", "--profile-to", trace});
  EXPECT_EQ(quiet.err, "");
  std::ifstream file(trace);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_THAT(text, AllOf(StartsWith("{\"displayTimeUnit\":\"ns\",\"traceEvents\":["),
                          HasSubstr("\"name\":\"door\"")));
}

TEST_F(RunGraphTest, AProfileIsRefusedBeforeAnythingRuns) {
  const std::string path = graph(kTicks);
  const Outcome outcome = parley({"run", path, "--profile", "--profile-to", "none/p.txt"});
  EXPECT_EQ(outcome.status, kFailed);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "parley run: --profile-to: cannot write none/p.txt\n");
  EXPECT_EQ(parley({"run", path, "--profile=chart"}).status, kWrongUsage);
  EXPECT_EQ(parley({"run", path, "--profile", "--check"}).status, kWrongUsage);
  EXPECT_EQ(parley({"run", path, "--profile-to", "p.txt"}).status, kWrongUsage);
}

TEST_F(RunGraphTest, APluginBringsOperators) {
  const std::string plugin = std::string(PARLEY_TEST_PLUGINS) + "/sample.so";
  const std::string path = graph(
      "version: 1\ninputs: {mic: {type: AudioFrame, rate_hz: 16000, channels: 1}}\nnodes:\n"
      "  louder: {operator: sample_gain, inputs: {audio: mic}}\noutputs: {o: louder.audio}\n");
  EXPECT_THAT(parley({"run", path, "--check"}).err, HasSubstr("no kind of operator 'sample_gain'"));
  EXPECT_EQ(parley({"run", path, "--check", "--plugin", plugin}).out,
            path + ": 1 nodes, 2 connections\n");
  EXPECT_EQ(parley({"run", path, "--check", "--plugin", "none.so"}).err,
            "parley run: plugin 'none.so': there is no such file\n");
}

TEST_F(RunGraphTest, OperatorsAreListed) {
  const Outcome outcome = parley({"operators"});
  EXPECT_EQ(outcome.status, kDone);
  EXPECT_THAT(outcome.out, HasSubstr("resample"));
  EXPECT_THAT(outcome.out, HasSubstr("Any sample rate to one\n"));
}

TEST_F(RunGraphTest, AnOperatorIsDescribed) {
  const Outcome outcome = parley({"operators", "gate"});
  EXPECT_EQ(outcome.status, kDone);
  EXPECT_THAT(outcome.out, AllOf(StartsWith("gate: Lets frames through, or drops them\n"),
                                 HasSubstr("  in   control       Control, optional\n"),
                                 HasSubstr("  out  out           AudioFrame, as in comes in\n"),
                                 HasSubstr("(true or false; default: true)\n")));
  const Outcome mistyped = parley({"operators", "gat"});
  EXPECT_EQ(mistyped.status, kFailed);
  EXPECT_THAT(mistyped.err, HasSubstr("did you mean 'gate'?"));
}

TEST_F(RunGraphTest, TheListInTheDocsIsTheListInTheProgram) {
  const Outcome outcome = parley({"operators", "--markdown"});
  std::ifstream file("docs/engine/operators.md");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  EXPECT_EQ(text, outcome.out) << "run: bin/parley operators --markdown > docs/engine/operators.md";
}

}  // namespace
}  // namespace parley::cli
