// SPDX-License-Identifier: Apache-2.0
//
// An agent as a graph file: what becomes of the sound of one spoken track. The graph has one input,
// `audio`, and what its outputs are called says where they go (docs/rooms/agents.md); each track
// gets a pipeline of its own.
//
//   PARLEY_TRY(AgentGraph agent, AgentGraph::in_the_box("translator"));
//   agent.set_all("asr", "language", std::string("es"));
//   if (!speaks) agent.leave_out("speech");
//   PARLEY_TRY(TrackGraph track, agent.open(registry, {clock, timers, waker, metrics}));
//   track.audio->push(frame);
//   track.pipeline->run(kStepsMax);
//   while (track.transcripts != nullptr && !track.transcripts->empty()) …
//
// Threads: one owner; `open` any, once nobody changes it. Allocates.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "graph/graph_file.h"
#include "graph/pipeline.h"
#include "graph/registry.h"
#include "media/frame.h"
#include "media/media_time.h"

namespace parley::room {

/// Of `speech`, Hz: what people's clients play without changing it.
inline constexpr int kSpeechRate = 24'000;

/// What an agent makes of one track. Full outlets make their operators wait, so nothing of them is
/// lost while somebody takes it; a pointer that is null is an output that the agent does not have.
struct TrackGraph {
  std::unique_ptr<graph::Pipeline> pipeline;
  /// 16 kHz, mono. Time is counted in what was pushed: a pause of the track is no gap in it, or the
  /// gap would be kept as silence.
  graph::Inlet<media::AudioFrame>* audio = nullptr;

  graph::Outlet<media::TurnEvent>* events = nullptr;
  graph::Outlet<media::Transcript>* partials = nullptr;
  graph::Outlet<media::Transcript>* transcripts = nullptr;
  graph::Outlet<media::Transcript>* translations = nullptr;  // one of these two at most
  graph::Outlet<media::TextDelta>* translation_text = nullptr;
  graph::Outlet<media::AudioFrame>* speech = nullptr;  // kSpeechRate, mono; faster than real time
  graph::Outlet<media::Transcript>* utterances = nullptr;
  graph::Outlet<media::Transcript>* minutes = nullptr;

  /// So much silence after the last sound of a track ends an utterance that is open: pushed when
  /// the track stops, is muted or is gone.
  media::MediaTime flush;
};

class AgentGraph {
 public:
  /// Errors: those of graph::parse_graph_file, and invalid_argument for inputs that an agent cannot
  /// have, or outputs that nobody would take; they begin with `file:line`.
  static Result<AgentGraph> parse(std::string_view text, std::string_view file);
  /// Errors: also not_found and unavailable.
  static Result<AgentGraph> read(const std::string& path);
  /// `agent`: "assistant". Errors: not_found, which names those that there are.
  static Result<AgentGraph> in_the_box(std::string_view agent);
  /// Their names, in alphabetical order.
  [[nodiscard]] static std::vector<std::string> names_in_the_box();

  [[nodiscard]] const std::string& name() const { return file_.name; }
  [[nodiscard]] bool gives(std::string_view output) const;

  /// `node.option=value`. Errors: invalid_argument (not of this form, no such node).
  Status set(std::string_view assignment);
  /// For every node of an operator; how many there are.
  std::size_t set_all(std::string_view kind, std::string_view option,
                      const graph::OptionValue& value);
  /// Without an output, and without the nodes that made nothing else. One that it does not have
  /// changes nothing.
  void leave_out(std::string_view output);

  /// A pipeline for one more track. Errors: of an unknown operator or option, of a connection that
  /// does not fit, of an output of the wrong kind, beginning with `file:line`; what `open` of an
  /// operator returns.
  [[nodiscard]] Result<TrackGraph> open(const graph::Registry& registry,
                                        graph::PipelineContext context) const;
  /// As `open`, but nothing is opened: before anybody waits in a room.
  [[nodiscard]] Status check(const graph::Registry& registry) const;

 private:
  explicit AgentGraph(graph::GraphFile file) : file_(std::move(file)) {}
  static Result<AgentGraph> checked(graph::GraphFile file);
  [[nodiscard]] Result<graph::Plan> plan(const graph::Registry& registry) const;
  [[nodiscard]] bool is_used(std::string_view node) const;
  [[nodiscard]] media::MediaTime flush(const graph::Registry& registry) const;

  graph::GraphFile file_;
};

}  // namespace parley::room
