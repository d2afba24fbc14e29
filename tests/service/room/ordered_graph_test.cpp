// SPDX-License-Identifier: Apache-2.0
#include "service/room/ordered_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/register_all.h"
#include "tests/support/agent_fakes.h"
#include "tests/support/audio.h"
#include "tests/support/track_bench.h"

namespace parley::service {
namespace {

using protocol::AgentOrder;
using room::AgentGraph;
using testing::HasSubstr;

class OrderedGraphTest : public ::testing::Test {
 protected:
  OrderedGraphTest() {
    const agent::AgentContext context = fakes.context();
    operators::register_all_operators(registry, {.buffers = context.buffers,
                                                 .vad = &context.vad,
                                                 .asr = &context.asr,
                                                 .llm = &context.llm,
                                                 .tts = &context.tts});
  }
  static AgentGraph graph(const AgentOrder& order) {
    Result<AgentGraph> made = ordered_graph(order);
    EXPECT_TRUE(made) << made.error().message;
    return std::move(*made);
  }
  static std::string fault(const AgentOrder& order) {
    const Result<AgentGraph> made = ordered_graph(order);
    return made ? "" : made.error().message;
  }
  /// Of one tone.
  test::TrackBench::Heard hear(const AgentGraph& graph) {
    test::TrackBench bench(
        graph, registry,
        {fakes.runtime.clock, fakes.runtime.timers, fakes.runtime.executor, fakes.metrics});
    EXPECT_TRUE(bench.status()) << bench.status().error().message;
    bench.play(test::sine(room::kSoundRate, 220.0, room::kSoundRate, 0.3));
    fakes.runtime.run_until_idle();
    return std::move(bench.heard);
  }

  test::AgentFakes fakes{{}};
  graph::Registry registry;
};

TEST_F(OrderedGraphTest, EveryAgentComesAsItIs) {
  for (const std::string& name : AgentGraph::names_in_the_box()) {
    EXPECT_EQ(graph({.agent = name}).name(), name);
    EXPECT_TRUE(graph({.agent = name}).check(registry)) << name;
  }
  EXPECT_THAT(fault({.agent = "interpreter"}), HasSubstr("there is no agent 'interpreter'"));
}

TEST_F(OrderedGraphTest, ATranslationIsSpokenWhereThatIsAskedFor) {
  EXPECT_FALSE(graph({.agent = "translator"}).gives("speech"));
  EXPECT_TRUE(hear(graph({.agent = "translator"})).speech.empty());
  EXPECT_FALSE(hear(graph({.agent = "translator", .speak = true})).speech.empty());
  EXPECT_EQ(fault({.agent = "assistant", .speak = true}), "");
  EXPECT_EQ(fault({.agent = "transcriber", .speak = true}),
            "'speak' is 'true', but the agent 'transcriber' has nothing to say");
}

TEST_F(OrderedGraphTest, TheModelTranslatesWhatTheRecogniserCannot) {
  EXPECT_EQ(graph({.agent = "translator", .to = "en-GB"}).name(), "translator");
  const AgentGraph german = graph({.agent = "translator",
                                   .language = "es-MX",
                                   .to = "de",
                                   .instructions = "Parley is a name."});
  EXPECT_EQ(german.name(), "translator-llm");
  const auto heard = hear(german);
  ASSERT_EQ(heard.translations.size(), 1U);
  EXPECT_EQ(heard.translations[0].language, "de");
  EXPECT_EQ(fakes.last_of(model::LlmMessage::Role::system),
            "You are an interpreter. Translate what the user says from Spanish into German. Answer "
            "with the translation and nothing else. Parley is a name.");
}

TEST_F(OrderedGraphTest, SaysWhatAnAgentCannotDo) {
  EXPECT_EQ(fault({.agent = "transcriber", .to = "es"}),
            "'to' is 'es', but the agent 'transcriber' does not translate; take 'translator'");
  AgentGraph whisper = graph({.agent = "translator"});
  const Status adjusted = adjust_graph(whisper, {.agent = "translator", .to = "es"});
  ASSERT_FALSE(adjusted);
  EXPECT_THAT(adjusted.error().message, HasSubstr("translates to 'en' only"));
}

}  // namespace
}  // namespace parley::service
