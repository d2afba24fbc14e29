// SPDX-License-Identifier: Apache-2.0
//
// The examples of docs/engine, run. Each block of C++ in those pages stands here, line by line
// (only the indent may differ); the last test compares.
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <memory>
#include <set>
#include <sstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "base/clock.h"
#include "base/metrics.h"
#include "exec/manual_executor.h"
#include "exec/thread_executor.h"
#include "exec/timer_thread.h"
#include "graph/profiler.h"
#include "graph/runner.h"
#include "graph/watchdog.h"
#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using media::SpeechEvent;
using test::event;
using test::Relay;

std::string read(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::vector<media::Frame> three_events() { return {event(1), event(2), event(3)}; }

// --- scheduling.md -------------------------------------------------------------------------------

class Used {
 public:
  void operator()(const media::Frame& /*frame*/) { ++count; }
  int count = 0;
};

Status scheduling(const Clock& clock, exec::TimerService& timers, Metrics& metrics) {
  const std::vector<media::Frame> frames = three_events();
  // clang-format off
  GraphSpec spec;
  spec.add("split", std::make_unique<Relay>());
  spec.add("left", std::make_unique<Relay>());
  spec.add("right", std::make_unique<Relay>(), {.segment = "slow"});
  spec.connect("split.out", "left.in").connect("split.out", "right.in");
  spec.inlet<SpeechEvent>("in", "split.in");
  spec.outlet<SpeechEvent>("left", "left.out").outlet<SpeechEvent>("right", "right.out");

  PARLEY_TRY(auto runner, Runner::open(std::move(spec),
                                       {.scheduler = SchedulerType::async,
                                        .max_queue_size = 1024,
                                        .worker_threads = 2},
                                       {.clock = clock, .timers = timers, .metrics = metrics}));
  PARLEY_TRY(const FramesByName out, runner->run({{"in", frames}}));
  // clang-format on
  EXPECT_EQ(out.at("left").size(), 3U);
  EXPECT_EQ(out.at("right").size(), 3U);
  EXPECT_EQ(runner->segments().size(), 3U);
  EXPECT_EQ(runner->segments()[2].name, "slow");

  Used use;
  const media::Frame frame = event(4);
  // clang-format off
  PARLEY_TRY_STATUS(runner->push("in", frame));  // resource_exhausted when the inlet is full
  while (auto result = runner->poll("left")) use(*result);
  // clang-format on
  if (use.count == 0) {
    const auto late = runner->poll_until("left", clock.now() + std::chrono::hours(1));
    EXPECT_TRUE(late.has_value());
  }

  // clang-format off
  PARLEY_TRY_STATUS(runner->update_operator("left", std::make_unique<Relay>()));
  // clang-format on
  return {};
}

TEST(DocExamples, Scheduling) {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  const Status status = scheduling(clock, timers, metrics);
  EXPECT_TRUE(status) << status.error().message;
}

// --- time.md -------------------------------------------------------------------------------------

class Later final : public Operator {
 public:
  // clang-format off
  Result<Progress> process(ProcessContext& context) override {
    if (!waits_ && !in_.empty()) {
      held_ = in_.pop();
      due_ = context.now() + Millis(10);
      waits_ = true;
    }
    if (!waits_) return Progress::need_input;
    if (context.now() < due_) {
      context.wake_at(due_);
      return Progress::need_input;
    }
    if (!out_.has_room()) return Progress::blocked;
    waits_ = false;
    out_.push(std::move(held_));
    return Progress::more_output;  // perhaps the next one waits already
  }
  [[nodiscard]] bool is_busy() const noexcept override { return waits_; }
  // clang-format on

 private:
  In<SpeechEvent> in_{*this, "in"};
  Out<SpeechEvent> out_{*this, "out"};
  SpeechEvent held_;
  Instant due_;
  bool waits_ = false;
};

Status virtual_time() {
  const std::vector<media::Frame> frames = three_events();
  GraphSpec spec;
  spec.add("later", std::make_unique<Later>());
  spec.inlet<SpeechEvent>("in", "later.in").outlet<SpeechEvent>("out", "later.out");
  Metrics metrics;
  // clang-format off
  exec::ManualRuntime runtime;
  PARLEY_TRY(auto runner, Runner::open(std::move(spec), {.scheduler = SchedulerType::async},
                                       {.clock = runtime.clock,
                                        .timers = runtime.timers,
                                        .metrics = metrics,
                                        .virtual_time = &runtime}));
  PARLEY_TRY(const FramesByName out, runner->run({{"in", frames}}));  // passes the time it needs
  runtime.run_for(std::chrono::hours(1));                             // or let it pass yourself
  // clang-format on
  EXPECT_EQ(out.at("out").size(), 3U);
  EXPECT_EQ(runtime.clock.now(), Instant{std::chrono::hours(1) + Millis(30)});
  return {};
}

TEST(DocExamples, Time) {
  const Status status = virtual_time();
  EXPECT_TRUE(status) << status.error().message;
}

// --- errors.md -----------------------------------------------------------------------------------

/// Throws at every second event.
class Parser : public Operator {
 public:
  Result<Progress> process(ProcessContext& /*context*/) override {
    while (!in_.empty() && out_.has_room()) {
      SpeechEvent next = in_.pop();
      if (next.head.sequence == 2) throw std::runtime_error("no number");
      out_.push(std::move(next));
    }
    return Progress::need_input;
  }

 private:
  In<SpeechEvent> in_{*this, "in"};
  Out<SpeechEvent> out_{*this, "out"};
};
using Model = Parser;

TEST(DocExamples, Errors) {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  GraphSpec spec;
  // clang-format off
  spec.add("parse", std::make_unique<Parser>(), {.on_error = ErrorPolicy::skip_frame});
  spec.add("model", std::make_unique<Model>(),
           {.on_error = ErrorPolicy::restart, .restarts_max = 5, .restart_delay = Millis(50)});
  spec.add("voice", std::make_unique<Model>(),
           {.on_error = ErrorPolicy::fallback, .spare = std::make_unique<Parser>()});
  // clang-format on
  spec.connect("parse.out", "model.in").connect("model.out", "voice.in");
  spec.inlet<SpeechEvent>("in", "parse.in").outlet<SpeechEvent>("out", "voice.out");
  // clang-format off
  exec::ThreadExecutor thread("parley-watchdog");
  Watchdog watchdog({.stall = Millis(500)}, clock, timers, thread, metrics);
  // clang-format on
  auto runner = *Runner::open(
      std::move(spec), {},
      {.clock = clock, .timers = timers, .metrics = metrics, .watchdog = &watchdog, .name = "doc"});
  std::vector<std::string> lines;
  const auto log = [&](std::string_view node, const std::string& message) {
    lines.push_back(std::string(node) + ": " + message);
  };
  // clang-format off
  runner->set_error_handler([&](const Failure& failure) {
    log(failure.node, failure.error.message);
    return failure.node == "parse" ? ErrorPolicy::skip_frame : failure.policy;
  });
  // clang-format on
  const Result<FramesByName> out = runner->run({{"in", three_events()}});
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->at("out").size(), 2U);
  EXPECT_EQ(lines, std::vector<std::string>{"parse: threw: no number"});
  EXPECT_EQ(runner->poll_error()->node, "parse");
}

// --- profiler.md ---------------------------------------------------------------------------------

/// Gives away three events at a time.
class Trio final : public Operator {
 public:
  Result<Progress> process(ProcessContext& context) override {
    while (!in_.empty()) items_.push_back(in_.pop());
    if (items_.size() < 3) return Progress::need_input;
    // clang-format off
    context.note_batch(items_.size());
    // clang-format on
    for (SpeechEvent& item : items_) out_.push(std::move(item));
    items_.clear();
    return Progress::need_input;
  }

 private:
  In<SpeechEvent> in_{*this, "in"};
  Out<SpeechEvent> out_{*this, "out"};
  std::vector<SpeechEvent> items_;
};

Status profiling(const Clock& clock, exec::TimerService& timers, Metrics& metrics) {
  const std::vector<media::Frame> frames = three_events();
  GraphSpec spec;
  spec.add("relay", std::make_unique<Relay>()).add("trio", std::make_unique<Trio>());
  spec.connect("relay.out", "trio.in");
  spec.inlet<SpeechEvent>("in", "relay.in").outlet<SpeechEvent>("out", "trio.out");
  // clang-format off
  Profiler profiler(clock);
  PARLEY_TRY(auto runner, Runner::open(std::move(spec), {.scheduler = SchedulerType::async},
                                       {.clock = clock,
                                        .timers = timers,
                                        .metrics = metrics,
                                        .profiler = &profiler}));
  PARLEY_TRY(const FramesByName out, runner->run({{"in", frames}}));
  const ProfileReport report = profiler.report();  // on any thread, at any time
  std::cout << to_table(report);
  std::cerr << to_json(report) << profiler.to_chrome_trace();
  // clang-format on
  EXPECT_EQ(out.at("out").size(), 3U);
  EXPECT_EQ(report.critical_path, (std::vector<std::string>{"relay", "trio"}));
  for (const NodeProfile& node : report.nodes) {
    if (node.node != "trio") continue;
    EXPECT_EQ(node.batch.max, 3.0);
  }
  return {};
}

/// Each name in quotes before a colon.
std::set<std::string> keys_of(const std::string& json) {
  std::set<std::string> keys;
  for (std::size_t at = json.find("\":"); at != std::string::npos; at = json.find("\":", at + 1)) {
    const std::size_t begin = json.rfind('"', at - 1) + 1;
    keys.insert(json.substr(begin, at - begin));
  }
  return keys;
}

TEST(DocExamples, Profiler) {
  const SteadyClock clock;
  exec::TimerThread timers(clock);
  Metrics metrics;
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  const Status status = profiling(clock, timers, metrics);
  const std::string table = testing::internal::GetCapturedStdout();
  const std::string rest = testing::internal::GetCapturedStderr();
  ASSERT_TRUE(status) << status.error().message;
  EXPECT_NE(table.find("critical path: relay -> trio: "), std::string::npos) << table;
  const std::string page = read("docs/engine/profiler.md");
  const std::set<std::string> keys = keys_of(rest.substr(0, rest.find('\n')));
  EXPECT_GT(keys.size(), 20U);
  for (const std::string& key : keys) {
    EXPECT_NE(page.find("`" + key + "`"), std::string::npos) << key;
  }
}

// --- the pages are this file ---------------------------------------------------------------------

/// Without indents, blank lines and format switches.
std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    const std::size_t first = line.find_first_not_of(' ');
    if (first == std::string::npos) continue;
    line.erase(0, first);
    if (line.rfind("// clang-format", 0) != 0) lines.push_back(line);
  }
  return lines;
}

std::vector<std::string> blocks_of(const std::string& page) {
  constexpr std::string_view kOpen = "```cpp\n";
  std::vector<std::string> blocks;
  for (std::size_t at = page.find(kOpen); at != std::string::npos; at = page.find(kOpen, at)) {
    at += kOpen.size();
    blocks.push_back(page.substr(at, page.find("```", at) - at));
  }
  return blocks;
}

TEST(DocExamples, AreThoseOfThePages) {
  const std::vector<std::string> here = lines_of(read("tests/graph/doc_examples_test.cpp"));
  ASSERT_FALSE(here.empty());
  for (const char* name : {"scheduling", "time", "errors", "profiler"}) {
    const std::string path = "docs/engine/" + std::string(name) + ".md";
    const std::vector<std::string> blocks = blocks_of(read(path));
    EXPECT_FALSE(blocks.empty()) << path;
    for (const std::string& block : blocks) {
      const std::vector<std::string> wanted = lines_of(block);
      EXPECT_NE(std::search(here.begin(), here.end(), wanted.begin(), wanted.end()), here.end())
          << path << " has an example that is not run:\n"
          << block;
    }
  }
}

}  // namespace
}  // namespace parley::graph
