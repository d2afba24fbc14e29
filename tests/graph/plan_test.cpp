// SPDX-License-Identifier: Apache-2.0
//
// Each mistake in a graph has a message that names the place and what would fit.
#include "graph/plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using media::SpeechEvent;
using media::TurnEvent;
using test::Join;
using test::Relay;
using test::Source;
using ::testing::AllOf;
using ::testing::HasSubstr;

std::string message(GraphSpec spec) {
  const Result<Plan> plan = Plan::compile(std::move(spec));
  if (plan) return "compiled";
  EXPECT_EQ(plan.error().code, ErrorCode::invalid_argument);
  return plan.error().message;
}

GraphSpec chain() {
  GraphSpec spec;
  spec.add("source", std::make_unique<Source>(1));
  spec.add("relay", std::make_unique<Relay>());
  spec.connect("source.out", "relay.in");
  return spec;
}

TEST(Plan, SortsNodesIntoTheOrderOfFlow) {
  GraphSpec spec;
  spec.add("last", std::make_unique<Join>());
  spec.add("middle", std::make_unique<Relay>());
  spec.add("first", std::make_unique<Source>(1));
  spec.connect("middle.out", "last.speech");
  spec.connect("first.out", "middle.in");
  const Result<Plan> plan = Plan::compile(std::move(spec));
  ASSERT_TRUE(plan) << plan.error().message;
  ASSERT_EQ(plan->nodes().size(), 3U);
  EXPECT_EQ(plan->nodes()[0].id, "first");
  EXPECT_EQ(plan->nodes()[2].id, "last");
  for (const Plan::Edge& edge : plan->edges()) EXPECT_LT(edge.from_node, edge.to_node);
}

TEST(Plan, KeepsTheOrderOfTheListWhereFlowDoesNotDecide) {
  GraphSpec spec;
  for (const char* id : {"c", "a", "b"}) spec.add(id, std::make_unique<Source>(1));
  const Result<Plan> plan = Plan::compile(std::move(spec));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->nodes()[0].id, "c");
  EXPECT_EQ(plan->nodes()[2].id, "b");
}

TEST(Plan, NamesAnUnknownNode) {
  GraphSpec spec = chain();
  spec.connect("relay.out", "asr.audio");
  EXPECT_THAT(message(std::move(spec)),
              AllOf(HasSubstr("relay.out -> asr.audio"), HasSubstr("no node 'asr'"),
                    HasSubstr("source, relay")));
}

TEST(Plan, NamesAnUnknownPortAndTheOnesThereAre) {
  GraphSpec spec = chain();
  spec.connect("relay.output", "relay.in");
  EXPECT_THAT(message(std::move(spec)), AllOf(HasSubstr("node 'relay' has no output 'output'"),
                                              HasSubstr("outputs: out (SpeechEvent)")));
  spec = chain();
  spec.add("join", std::make_unique<Join>());
  spec.connect("relay.out", "join.speach");
  EXPECT_THAT(message(std::move(spec)),
              AllOf(HasSubstr("no input 'speach'"),
                    HasSubstr("inputs: speech (SpeechEvent), turns (TurnEvent)")));
}

TEST(Plan, NamesAPlaceThatIsNone) {
  for (const char* place : {"relay", ".out", "relay.", ""}) {
    GraphSpec spec = chain();
    spec.outlet<SpeechEvent>("out", place);
    EXPECT_THAT(message(std::move(spec)), HasSubstr("is not of the form node.port")) << place;
  }
}

TEST(Plan, NamesTypesThatDifferAndWhatWouldFit) {
  GraphSpec spec = chain();
  spec.add("join", std::make_unique<Join>());
  spec.connect("relay.out", "join.turns");
  EXPECT_THAT(message(std::move(spec)),
              AllOf(HasSubstr("relay.out gives SpeechEvent, but join.turns takes TurnEvent"),
                    HasSubstr("out feeds join.speech")));
  spec = chain();
  spec.outlet<TurnEvent>("turns", "relay.out");
  EXPECT_THAT(message(std::move(spec)), HasSubstr("outlet 'turns' takes TurnEvent"));
  spec = GraphSpec();
  spec.add("relay", std::make_unique<Relay>());
  spec.inlet<TurnEvent>("turns", "relay.in");
  EXPECT_THAT(message(std::move(spec)), HasSubstr("inlet 'turns' gives TurnEvent, but relay.in"));
}

TEST(Plan, NamesARequiredInputWithoutAnEdge) {
  GraphSpec spec;
  spec.add("source", std::make_unique<Source>(1));
  spec.add("relay", std::make_unique<Relay>());
  EXPECT_THAT(message(std::move(spec)),
              AllOf(HasSubstr("input relay.in is not connected"), HasSubstr("source.out")));
}

TEST(Plan, AnOptionalInputAndAnOutputMayStayOpen) {
  GraphSpec spec = chain();
  spec.add("join", std::make_unique<Join>());
  spec.connect("relay.out", "join.speech");
  EXPECT_EQ(message(std::move(spec)), "compiled");
}

TEST(Plan, NamesBothEdgesOfAnInput) {
  GraphSpec spec = chain();
  spec.add("other", std::make_unique<Source>(1));
  spec.connect("other.out", "relay.in");
  EXPECT_EQ(message(std::move(spec)),
            "relay.in has two edges, from source.out and from other.out; an input takes one, so "
            "put an operator that merges between them");
  spec = chain();
  spec.inlet<SpeechEvent>("extra", "relay.in");
  EXPECT_THAT(message(std::move(spec)), HasSubstr("relay.in has two edges"));
}

TEST(Plan, NamesTheWholeCycle) {
  GraphSpec spec;
  for (const char* id : {"a", "b", "c"}) spec.add(id, std::make_unique<Relay>());
  spec.connect("a.out", "b.in").connect("b.out", "c.in").connect("c.out", "a.in");
  spec.add("tail", std::make_unique<Relay>()).connect("c.out", "tail.in");
  EXPECT_THAT(message(std::move(spec)),
              AllOf(HasSubstr("cycle"), HasSubstr("a.out -> b.in"), HasSubstr("b.out -> c.in"),
                    HasSubstr("c.out -> a.in"), ::testing::Not(HasSubstr("tail"))));
}

TEST(Plan, RefusesNamesGivenTwice) {
  GraphSpec spec = chain();
  spec.add("relay", std::make_unique<Relay>());
  EXPECT_THAT(message(std::move(spec)), HasSubstr("node id 'relay' is given twice"));
  spec = chain();
  spec.outlet<SpeechEvent>("out", "relay.out").outlet<SpeechEvent>("out", "source.out");
  EXPECT_THAT(message(std::move(spec)), HasSubstr("outlet 'out' is given twice"));
}

TEST(Plan, RefusesIdsThatAreNone) {
  for (const char* id : {"", "a.b"}) {
    GraphSpec spec;
    spec.add(id, std::make_unique<Source>(1));
    EXPECT_THAT(message(std::move(spec)), HasSubstr("without a dot"));
  }
  GraphSpec spec;
  spec.add("a", nullptr);
  EXPECT_THAT(message(std::move(spec)), HasSubstr("no operator"));
}

TEST(Plan, RefusesASpareWithOtherPorts) {
  GraphSpec spec;
  spec.add("a", std::make_unique<Source>(1), {.on_error = ErrorPolicy::fallback});
  EXPECT_THAT(message(std::move(spec)), HasSubstr("needs a spare"));
  spec = GraphSpec();
  spec.add("a", std::make_unique<Source>(1),
           {.on_error = ErrorPolicy::fallback, .spare = std::make_unique<Relay>()});
  EXPECT_THAT(message(std::move(spec)),
              AllOf(HasSubstr("'a'"), HasSubstr("[in: in (SpeechEvent)"), HasSubstr("in: none")));
}

TEST(Plan, AnInletMayFeedSeveralInputs) {
  GraphSpec spec;
  spec.add("a", std::make_unique<Relay>()).add("b", std::make_unique<Relay>());
  spec.inlet<SpeechEvent>("input", "a.in").inlet<SpeechEvent>("input", "b.in");
  Result<Plan> plan = Plan::compile(std::move(spec));
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(plan->inlets().size(), 1U);
  EXPECT_EQ(plan->edges().size(), 2U);
}

TEST(Plan, HasALimitOfNodes) {
  GraphSpec spec;
  for (std::size_t i = 0; i <= kNodesMax; ++i) {
    spec.add("n" + std::to_string(i), std::make_unique<Source>(1));
  }
  EXPECT_THAT(message(std::move(spec)),
              HasSubstr("a graph has at most 256 nodes; this one has 257"));
}

}  // namespace
}  // namespace parley::graph
