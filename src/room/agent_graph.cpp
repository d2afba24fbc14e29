// SPDX-License-Identifier: Apache-2.0
#include "room/agent_graph.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <utility>
#include <variant>

#include "graph/frame_type.h"
#include "graph/graph_build.h"
#include "graph/option_value.h"
#include "graph/plan.h"
#include "graph/plan_text.h"
#include "room/agent_files.h"
#include "room/room_event.h"

namespace parley::room {
namespace {

using graph::GraphFile;
using graph::GraphSpec;
using media::MediaTime;

constexpr std::string_view kInput = "audio";
constexpr std::string_view kSuffix = ".yaml";
// Of silence beyond that of the turn: windows of the detector, and its doubts about the first ones.
constexpr std::int64_t kFlushMarginMs = 300;
// Of a graph that finds turns by an operator that we do not know.
constexpr std::int64_t kTurnSilenceMs = 1'000;

/// What an output of this name is, and is for.
struct Meaning {
  std::string_view name;
  std::array<std::size_t, 2> types;  // both may be the same
};

template <typename T, typename Other = T>
constexpr std::array<std::size_t, 2> kTypes{graph::frame_index<T>(), graph::frame_index<Other>()};

constexpr std::array kMeanings = std::to_array<Meaning>({
    {"events", kTypes<media::TurnEvent>},
    {"partials", kTypes<media::Transcript>},
    {"transcripts", kTypes<media::Transcript>},
    {"translations", kTypes<media::Transcript, media::TextDelta>},
    {"speech", kTypes<media::AudioFrame>},
    {"utterances", kTypes<media::Transcript>},
    {"minutes", kTypes<media::Transcript>},
});

const Meaning* meaning_of(std::string_view output) {
  const auto* const found = std::ranges::find(kMeanings, output, &Meaning::name);
  return found == kMeanings.end() ? nullptr : found;
}

std::string types_text(const Meaning& meaning) {
  std::string text(graph::frame_type_name(meaning.types[0]));
  if (meaning.types[1] != meaning.types[0]) {
    text.append(" or ").append(graph::frame_type_name(meaning.types[1]));
  }
  return text;
}

/// One, called `audio`, that takes what rooms have.
Status check_input(const GraphFile& file) {
  for (const GraphFile::Input& input : file.inputs) {
    const std::string where = file.where(input.line);
    if (input.name != kInput) {
      return graph::wrong_graph(
          where, "input '" + input.name + "': a room gives an agent nothing but 'audio'");
    }
    const graph::PortFormat room{.rate_hz = kSoundRate, .channels = 1};
    if (input.type != graph::frame_index<media::AudioFrame>() || input.format != room) {
      return graph::wrong_graph(where, "input 'audio': a room gives {type: AudioFrame, rate_hz: " +
                                           std::to_string(kSoundRate) + ", channels: 1}");
    }
  }
  if (!file.inputs.empty()) return {};
  return graph::wrong_graph(
      file.file, "there is no input; an agent needs `inputs: {audio: {type: AudioFrame, rate_hz: " +
                     std::to_string(kSoundRate) + ", channels: 1}}`");
}

Status check_outputs(const GraphFile& file) {
  std::vector<std::string> names;
  names.reserve(kMeanings.size());
  for (const Meaning& meaning : kMeanings) names.emplace_back(meaning.name);
  for (const GraphFile::Output& output : file.outputs) {
    if (meaning_of(output.name) != nullptr) continue;
    return graph::wrong_graph(file.where(output.line),
                              graph::unknown_name("output of agents", output.name, names).message);
  }
  if (!file.outputs.empty()) return {};
  return graph::wrong_graph(file.file, "there is no output, so nobody would notice the agent");
}

Status check_type(const GraphSpec::OutletLine& line) {
  const Meaning& meaning = *meaning_of(line.name);
  const std::size_t type = line.outlet->port().type();
  if (std::ranges::find(meaning.types, type) != meaning.types.end()) return {};
  return graph::wrong_graph(line.where, "output '" + line.name + "': " + line.from + " gives " +
                                            std::string(graph::frame_type_name(type)) +
                                            ", but a room takes " + types_text(meaning));
}

/// What a room plays has one rate.
Status check_speech(const graph::Plan& plan, const std::string& where) {
  for (const graph::Plan::Edge& edge : plan.edges()) {
    if (edge.to_node != graph::Plan::kOutside || edge.to->name() != "speech") continue;
    const graph::PortFormat room{.rate_hz = kSpeechRate, .channels = 1};
    if (graph::merged(edge.format, room) == room && edge.format.rate_hz == kSpeechRate) continue;
    return graph::wrong_graph(
        where, "output 'speech': a room takes AudioFrame at " + std::to_string(kSpeechRate) +
                   " Hz, 1 channel; insert a resample operator: {operator: resample, options: "
                   "{rate_hz: " +
                   std::to_string(kSpeechRate) + "}}");
  }
  return {};
}

std::string_view node_of(std::string_view place) { return place.substr(0, place.find('.')); }

std::string_view word_of(const AgentFile& file) {
  return file.path.substr(1, file.path.size() - 1 - kSuffix.size());
}

}  // namespace

Result<AgentGraph> AgentGraph::checked(GraphFile file) {
  PARLEY_TRY_STATUS(check_input(file));
  PARLEY_TRY_STATUS(check_outputs(file));
  return AgentGraph(std::move(file));
}

Result<AgentGraph> AgentGraph::parse(std::string_view text, std::string_view file) {
  PARLEY_TRY(GraphFile read, graph::parse_graph_file(text, file));
  return checked(std::move(read));
}

Result<AgentGraph> AgentGraph::read(const std::string& path) {
  PARLEY_TRY(GraphFile read, graph::read_graph_file(path));
  return checked(std::move(read));
}

Result<AgentGraph> AgentGraph::in_the_box(std::string_view agent) {
  for (const AgentFile& file : agent_files()) {
    if (word_of(file) == agent) {
      return parse(file.content, "agents" + std::string(file.path));
    }
  }
  Error error = graph::unknown_name("agent", agent, names_in_the_box());
  error.code = ErrorCode::not_found;
  return error;
}

std::vector<std::string> AgentGraph::names_in_the_box() {
  std::vector<std::string> names;
  for (const AgentFile& file : agent_files()) names.emplace_back(word_of(file));
  return names;
}

bool AgentGraph::gives(std::string_view output) const {
  return std::ranges::find(file_.outputs, output, &GraphFile::Output::name) != file_.outputs.end();
}

Status AgentGraph::set(std::string_view assignment) { return graph::set_option(file_, assignment); }

std::size_t AgentGraph::set_all(std::string_view kind, std::string_view option,
                                const graph::OptionValue& value) {
  std::size_t count = 0;
  for (GraphFile::Node& node : file_.nodes) {
    if (node.kind.name != kind) continue;
    std::erase_if(node.kind.options, [&](const auto& given) { return given.name == option; });
    node.kind.options.push_back({.name = std::string(option), .value = value});
    ++count;
  }
  return count;
}

void AgentGraph::leave_out(std::string_view output) {
  std::vector<std::string> maybe_idle;
  std::erase_if(file_.outputs, [&](const GraphFile::Output& one) {
    if (one.name != output) return false;
    maybe_idle.emplace_back(node_of(one.from));
    return true;
  });
  while (!maybe_idle.empty()) {
    const std::string id = std::move(maybe_idle.back());
    maybe_idle.pop_back();
    const auto node = std::ranges::find(file_.nodes, id, &GraphFile::Node::id);
    if (node == file_.nodes.end() || is_used(id)) continue;
    for (const GraphFile::Wire& wire : node->inputs) maybe_idle.emplace_back(node_of(wire.from));
    file_.nodes.erase(node);
  }
}

bool AgentGraph::is_used(std::string_view node) const {
  const auto is_from = [&](const auto& end) { return node_of(end.from) == node; };
  return std::ranges::any_of(file_.outputs, is_from) ||
         std::ranges::any_of(file_.nodes, [&](const GraphFile::Node& other) {
           return std::ranges::any_of(other.inputs, is_from);
         });
}

Result<graph::Plan> AgentGraph::plan(const graph::Registry& registry) const {
  PARLEY_TRY(GraphSpec spec, graph::build_graph(file_, registry));
  std::string where;
  for (const GraphSpec::OutletLine& line : spec.outlets) {
    if (line.name == "speech") where = line.where;
  }
  // Told behind what is wrong with the graph: an output from nowhere has no type.
  Status types;
  for (const GraphSpec::OutletLine& line : spec.outlets) {
    if (types) types = check_type(line);
  }
  PARLEY_TRY(graph::Plan plan, graph::Plan::compile(std::move(spec)));
  PARLEY_TRY_STATUS(types);
  PARLEY_TRY_STATUS(check_speech(plan, where));
  return plan;
}

Status AgentGraph::check(const graph::Registry& registry) const {
  PARLEY_TRY_STATUS(plan(registry));
  return {};
}

Result<TrackGraph> AgentGraph::open(const graph::Registry& registry,
                                    graph::PipelineContext context) const {
  PARLEY_TRY(graph::Plan compiled, plan(registry));
  bool is_text = false;  // translations as a model writes them
  for (const auto& outlet : compiled.outlets()) {
    const graph::InBase& port = outlet->port();
    is_text |=
        port.name() == "translations" && port.type() == graph::frame_index<media::TextDelta>();
  }
  TrackGraph track;
  PARLEY_TRY(track.pipeline, graph::Pipeline::open(std::move(compiled), std::move(context)));
  track.audio = &track.pipeline->inlet<media::AudioFrame>(kInput);
  const auto find = [&]<typename T>(graph::Outlet<T>*& outlet, std::string_view name) {
    if (gives(name)) outlet = &track.pipeline->outlet<T>(name);
  };
  find(track.events, "events");
  find(track.partials, "partials");
  find(track.transcripts, "transcripts");
  if (is_text) {
    find(track.translation_text, "translations");
  } else {
    find(track.translations, "translations");
  }
  find(track.speech, "speech");
  find(track.utterances, "utterances");
  find(track.minutes, "minutes");
  track.flush = flush(registry);
  return track;
}

MediaTime AgentGraph::flush(const graph::Registry& registry) const {
  constexpr std::string_view kOption = "silence_ms";
  std::int64_t longest = 0;
  for (const GraphFile::Node& node : file_.nodes) {
    if (node.kind.name != "turn") continue;
    std::int64_t silence = kTurnSilenceMs;
    for (const graph::OptionDescription& option : registry.describe("turn")->options) {
      if (option.name != kOption) continue;
      const std::string& preset = option.preset;
      std::from_chars(preset.data(), preset.data() + preset.size(), silence);
    }
    for (const GraphFile::Option& option : node.kind.options) {
      const auto* const given = std::get_if<std::int64_t>(&option.value);
      if (option.name == kOption && given != nullptr) silence = *given;
    }
    longest = std::max(longest, silence);
  }
  return MediaTime::from_ms((longest == 0 ? kTurnSilenceMs : longest) + kFlushMarginMs);
}

}  // namespace parley::room
