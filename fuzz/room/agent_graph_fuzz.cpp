// SPDX-License-Identifier: Apache-2.0
//
// Any text as an agent's file, which an owner writes: an agent that opens, with each of its outputs
// left out as jobs do, or a message that begins with the place.

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "operators/register_all.h"
#include "room/agent_graph.h"
#include "tests/support/agent_fakes.h"

namespace {

using namespace parley;  // NOLINT: one file, one subject

constexpr std::array<std::string_view, 7> kOutputs{
    "events", "partials", "transcripts", "translations", "speech", "utterances", "minutes"};

void require(bool condition) {
  if (!condition) std::abort();
}

struct Engine {
  Engine() { operators::register_all_operators(registry, fakes.bindings()); }
  test::AgentFakes fakes{{}};
  graph::Registry registry;
};

void require_place(const Error& error) {
  require(error.message.starts_with("f.yaml") || error.message.starts_with("a graph has"));
}

/// What is checked before anybody waits in a room opens there.
void require_opens(const room::AgentGraph& agent, Engine& engine) {
  if (const Status fit = agent.check(engine.registry); !fit) return require_place(fit.error());
  const auto track = agent.open(engine.registry, {.clock = engine.fakes.runtime.clock,
                                                  .timers = engine.fakes.runtime.timers,
                                                  .waker = {},
                                                  .metrics = engine.fakes.metrics});
  if (!track) return require(!track.error().message.empty());
  require(track->audio != nullptr && track->flush.ms() > 0);
  require((track->speech != nullptr) == agent.gives("speech"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static Engine engine;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  auto agent = room::AgentGraph::parse(text, "f.yaml");
  if (!agent) {
    require_place(agent.error());
    return 0;
  }
  require_opens(*agent, engine);
  // The last line once more, as a setting of an order's.
  static_cast<void>(agent->set(text.substr(text.rfind('\n') + 1)));
  agent->set_all("asr", "language", std::string(text.substr(text.size() / 2)));
  for (const std::string_view output : kOutputs) {
    agent->leave_out(output);
    require(!agent->gives(output));
  }
  // Nodes that nothing hung on are left.
  if (const Status left = agent->check(engine.registry); !left) {
    require(!left.error().message.empty());
  }
  return 0;
}
