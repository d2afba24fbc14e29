// SPDX-License-Identifier: Apache-2.0
#include "graph/profiler.h"

#include <algorithm>

#include "base/check.h"
#include "base/json_text.h"
#include "graph/pipeline_node.h"
#include "graph/port.h"

namespace parley::graph {
namespace {

constexpr std::size_t kNameBytesMax = 200;  // of a node's name in a trace

/// The strand alone writes: no locked instruction.
void bump(std::atomic<std::uint64_t>& counter, std::uint64_t by = 1) noexcept {
  counter.store(counter.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}

std::uint64_t read(const std::atomic<std::uint64_t>& counter) noexcept {
  return counter.load(std::memory_order_relaxed);
}

}  // namespace

struct PipelineProfile::Input {
  InBase* port = nullptr;
  std::unique_ptr<QueueProbe> probe;  // the port points to it: it must not move
};

struct PipelineProfile::Node {
  std::string id;
  std::vector<Input> inputs;
  std::vector<OutBase*> outputs;

  // Frames at its ports when it was last looked at.
  struct Moved {
    std::uint64_t taken = 0;
    std::uint64_t pushed = 0;
    std::uint64_t stale = 0;
  };
  Moved before;

  std::atomic<std::uint64_t> calls{0};
  std::atomic<std::uint64_t> polls{0};
  std::atomic<std::uint64_t> polls_timed{0};
  std::atomic<std::uint64_t> errors{0};
  std::atomic<std::uint64_t> frames_in{0};
  std::atomic<std::uint64_t> frames_out{0};
  std::atomic<std::uint64_t> drops{0};
  std::atomic<std::uint64_t> poll_ticks{0};
  LogHistogram process;  // ticks
  LogHistogram wait;     // ticks
  LogHistogram depth;
  LogHistogram taken;    // frames by one call
  LogHistogram batches;  // as the operator says

  [[nodiscard]] Moved moved() const noexcept {
    Moved all;
    for (const Input& input : inputs) {
      all.taken += input.port->counters().frames;
      all.stale += input.port->counters().stale;
    }
    for (const OutBase* output : outputs) all.pushed += output->counters().frames;
    return all;
  }
  /// What moved since the last time, added to the counts.
  Moved count() noexcept {
    const Moved last = std::exchange(before, moved());
    const Moved since{.taken = before.taken - last.taken,
                      .pushed = before.pushed - last.pushed,
                      .stale = before.stale - last.stale};
    bump(frames_in, since.taken);
    bump(frames_out, since.pushed);
    if (since.stale != 0) bump(drops, since.stale);
    return since;
  }
};

PipelineProfile::PipelineProfile(const TickClock& ticks, std::string name,
                                 std::vector<std::string> nodes, std::size_t events_max)
    : ticks_(ticks), name_(std::move(name)), events_(events_max) {
  for (std::string& id : nodes) {
    nodes_.push_back(std::make_unique<Node>());
    nodes_.back()->id = std::move(id);
  }
}

void PipelineProfile::bind(std::size_t index, Operator& op) {
  Node& node = *nodes_[index];
  node.inputs.resize(op.inputs().size());
  for (std::size_t i = 0; i < node.inputs.size(); ++i) {
    Input& input = node.inputs[i];
    input.port = op.inputs()[i];
    if (input.probe == nullptr) input.probe = std::make_unique<QueueProbe>();
    // What waits already was pushed before anybody looked.
    input.probe->pushed = std::max<std::uint64_t>(input.probe->pushed, input.port->size());
    input.port->set_probe(input.probe.get());
  }
  node.outputs.assign(op.outputs().begin(), op.outputs().end());
  node.before = node.moved();
}

void PipelineProfile::unbind() {
  for (const auto& node : nodes_) {
    for (const Input& input : node->inputs) input.port->set_probe(nullptr);
    node->inputs.clear();
    node->outputs.clear();
  }
  stamps_ = 0;
}

void PipelineProfile::after_call(std::size_t index, bool moved, bool failed) noexcept {
  is_calling_ = false;
  Node& node = *nodes_[index];
  const bool is_poll = !moved && !failed;
  bump(is_poll ? node.polls : node.calls);
  if (failed) bump(node.errors);
  const std::uint64_t begun = std::exchange(begun_, 0);
  if (!is_timing_) {
    if (is_poll) return;
    (void)node.count();
    if (stamps_ != 0) (void)note_waits(node, begun);
    return;
  }
  const std::uint64_t ended = ticks_.now();
  if (!failed) begun_ = ended;  // what comes after a failure takes time of its own
  if (is_poll) {
    bump(node.polls_timed);
    bump(node.poll_ticks, ended - begun);
    return;
  }
  for (; unstamped_ != 0; --unstamped_) to_stamp_[unstamped_ - 1]->at = ended;
  node.process.add(ended - begun);
  const Node::Moved moved_now = node.count();
  node.depth.add(moved_now.taken + moved_now.stale + note_waits(node, begun));
  if (moved_now.taken != 0) node.taken.add(moved_now.taken);
  events_.add({.begin = begun,
               .duration = ended - begun,
               .node = static_cast<std::uint32_t>(index),
               .frames = static_cast<std::uint32_t>(moved_now.taken)});
}

/// Takes back the stamps that have left their queues. Returns how many frames wait still.
std::uint64_t PipelineProfile::note_waits(Node& node, std::uint64_t begun) noexcept {
  std::uint64_t all = 0;
  for (const Input& input : node.inputs) {
    QueueProbe& probe = *input.probe;
    const std::uint64_t waiting = input.port->size();
    all += waiting;
    if (probe.stamped == 0 || probe.pushed - waiting < probe.stamped) continue;
    node.wait.add(begun > probe.at ? begun - probe.at : 0);
    probe.stamped = 0;
    --stamps_;
  }
  return all;
}

void PipelineProfile::note_batch(std::size_t index, std::size_t items) noexcept {
  nodes_[index]->batches.add(items);
}

// --- the pipeline's side
// ---------------------------------------------------------------------------

void Pipeline::set_profiler(Profiler* profiler, std::string_view name) {
  PARLEY_CHECK(scope_.calling == PortScope::kNobody);
  if (profile_ != nullptr) profile_->unbind();
  profile_ = nullptr;
  if (profiler != nullptr) {
    std::vector<std::string> ids;
    for (const Node& node : nodes_) ids.push_back(node.id);
    PipelineProfile::Edges edges;
    for (const Plan::Edge& edge : edges_) {
      if (edge.from_node == Plan::kOutside || edge.to_node == Plan::kOutside) continue;
      edges.emplace_back(ids[edge.from_node], ids[edge.to_node]);
    }
    profile_ = &profiler->add_pipeline(name.empty() ? context_.name : name, std::move(ids), edges);
    for (std::size_t i = 0; i < nodes_.size(); ++i) profile_->bind(i, *nodes_[i].op);
  }
  scope_.profile = profile_;
  scope_.is_watched = scope_.tap != nullptr || profile_ != nullptr;
}

// --- all pipelines together
// -----------------------------------------------------------------------

Profiler::Profiler(const Clock& clock, Options options) : ticks_(clock), options_(options) {}

Profiler::~Profiler() = default;

PipelineProfile& Profiler::add_pipeline(std::string_view name, std::vector<std::string> nodes,
                                        const PipelineProfile::Edges& edges) {
  const std::lock_guard guard(mutex_);
  edges_.insert(edges.begin(), edges.end());
  profiles_.push_back(std::make_unique<PipelineProfile>(ticks_, std::string(name), std::move(nodes),
                                                        options_.events_max));
  return *profiles_.back();
}

void Profiler::add_edge(std::string_view from, std::string_view to) {
  const std::lock_guard guard(mutex_);
  edges_.emplace(from, to);
}

ProfileReport Profiler::report() const {
  const double nanos = ticks_.nanos_per_tick();
  ProfileReport report;
  report.elapsed =
      Nanos(static_cast<std::int64_t>(static_cast<double>(ticks_.now() - ticks_.first()) * nanos));
  const std::lock_guard guard(mutex_);
  report.edges.assign(edges_.begin(), edges_.end());
  for (const auto& profile : profiles_) {
    const std::uint64_t added = profile->events_.added();
    const std::uint64_t kept = std::min<std::uint64_t>(added, profile->events_.capacity());
    report.events += kept;
    report.events_lost += added - kept;
    for (const auto& node : profile->nodes_) {
      NodeProfile& made = report.nodes.emplace_back();
      made.pipeline = profile->name_;
      made.node = node->id;
      made.polls = read(node->polls);
      made.errors = read(node->errors);
      made.frames_in = read(node->frames_in);
      made.frames_out = read(node->frames_out);
      made.drops = read(node->drops);
      made.process_ns = distribution_of(node->process, nanos);
      made.calls = read(node->calls);
      // Those that were not timed took as long as those that were.
      const auto polls_timed =
          static_cast<double>(std::max<std::uint64_t>(1, read(node->polls_timed)));
      made.process_ns_total = made.process_ns.mean * static_cast<double>(made.calls) +
                              static_cast<double>(read(node->poll_ticks)) * nanos *
                                  static_cast<double>(made.polls) / polls_timed;
      made.wait_ns = distribution_of(node->wait, nanos);
      made.depth = distribution_of(node->depth);
      made.batch = distribution_of(node->batches.count() != 0 ? node->batches : node->taken);
    }
  }
  find_critical_path(report);
  return report;
}

std::string Profiler::to_chrome_trace() const {
  const double micros = ticks_.nanos_per_tick() / 1000.0;
  const std::uint64_t first = ticks_.first();
  const std::lock_guard guard(mutex_);
  std::string json = R"({"displayTimeUnit":"ns","traceEvents":[)";
  json += R"({"ph":"M","name":"process_name","pid":1,"args":{"name":"parley"}})";
  for (std::size_t thread = 0; thread < profiles_.size(); ++thread) {
    const PipelineProfile& profile = *profiles_[thread];
    const std::string place = R"(,"pid":1,"tid":)" + std::to_string(thread + 1);
    json +=
        ",\n"
        R"({"ph":"M","name":"thread_name")" +
        place + R"(,"args":{"name":)";
    json_text::append_string(json, profile.name_.empty() ? "pipeline" : profile.name_,
                             kNameBytesMax);
    json += "}}";
    for (const TraceEvent& event : profile.events_.read()) {
      json +=
          ",\n"
          R"({"ph":"X","name":)";
      json_text::append_string(json, profile.nodes_[event.node]->id, kNameBytesMax);
      json += place + R"(,"ts":)";
      json_text::append_number(json, static_cast<double>(event.begin - first) * micros);
      json += R"(,"dur":)";
      json_text::append_number(json, static_cast<double>(event.duration) * micros);
      json += R"(,"args":{"frames":)" + std::to_string(event.frames) + "}}";
    }
  }
  json += "]}\n";
  return json;
}

}  // namespace parley::graph
