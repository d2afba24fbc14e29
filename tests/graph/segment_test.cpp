// SPDX-License-Identifier: Apache-2.0
#include "graph/segment.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/graph/operators.h"

namespace parley::graph {
namespace {

using media::SpeechEvent;
using test::Custom;
using test::Relay;
using ::testing::ElementsAre;

GraphSpec& add_relay(GraphSpec& spec, const std::string& id, const std::string& segment = "") {
  NodeOptions options;
  options.segment = segment;
  return spec.add(id, std::make_unique<Relay>(), std::move(options));
}

Cut cut_of(GraphSpec spec, CutOptions options = {}) {
  Result<Plan> plan = Plan::compile(std::move(spec));
  EXPECT_TRUE(plan) << plan.error().message;
  return cut(*std::move(plan), options);
}

std::vector<std::string> text_of(const Cut& cut) {
  std::vector<std::string> lines;
  for (const Segment& segment : cut.segments) {
    std::string line = segment.name + ":";
    for (const std::string& node : segment.nodes) line += " " + node;
    lines.push_back(std::move(line));
  }
  return lines;
}

std::vector<std::string> links_of(const Cut& cut) {
  std::vector<std::string> names;
  for (const auto& link : cut.links) names.push_back(link->name());
  return names;
}

TEST(Segment, AChainIsOneAndBranchesAreTheirOwn) {
  GraphSpec spec;
  for (const char* id : {"a", "b", "left", "left2", "right"}) add_relay(spec, id);
  spec.connect("a.out", "b.in").connect("b.out", "left.in").connect("b.out", "right.in");
  spec.connect("left.out", "left2.in");
  spec.inlet<SpeechEvent>("in", "a.in");
  spec.outlet<SpeechEvent>("l", "left2.out").outlet<SpeechEvent>("r", "right.out");
  const Cut parts = cut_of(std::move(spec));
  EXPECT_THAT(text_of(parts), ElementsAre("a: a b", "left: left left2", "right: right"));
  EXPECT_THAT(links_of(parts), ElementsAre("b.out -> left", "b.out -> right", "in", "l", "r"));
  EXPECT_EQ(parts.links[0]->from, 0U);
  EXPECT_EQ(parts.links[0]->to, 1U);
  EXPECT_EQ(parts.links[2]->from, LinkBase::kOutside);
}

TEST(Segment, NamesInTheGraphDecide) {
  GraphSpec spec;
  add_relay(spec, "a", "front");
  add_relay(spec, "b", "back");
  add_relay(spec, "c");  // joins the one before it
  spec.connect("a.out", "b.in").connect("b.out", "c.in");
  spec.inlet<SpeechEvent>("in", "a.in").outlet<SpeechEvent>("out", "c.out");
  EXPECT_THAT(text_of(cut_of(std::move(spec))), ElementsAre("front: a", "back: b c"));
}

TEST(Segment, ASyncRunnerWantsOne) {
  GraphSpec spec;
  add_relay(spec, "a", "front");
  add_relay(spec, "b", "back");
  spec.connect("a.out", "b.in");
  spec.inlet<SpeechEvent>("in", "a.in").outlet<SpeechEvent>("out", "b.out");
  const Cut parts = cut_of(std::move(spec), {.is_whole = true});
  EXPECT_THAT(text_of(parts), ElementsAre("graph: a b"));
  EXPECT_THAT(links_of(parts), ElementsAre("in", "out"));
}

TEST(Segment, AFanOutIntoOneSegmentIsOneLink) {
  GraphSpec spec;
  add_relay(spec, "a", "front");
  add_relay(spec, "b", "back");
  add_relay(spec, "c", "back");
  spec.connect("a.out", "b.in").connect("a.out", "c.in");
  spec.inlet<SpeechEvent>("in", "a.in");
  spec.inlet<SpeechEvent>("both", "x.in").inlet<SpeechEvent>("both", "y.in");
  add_relay(spec, "x", "front");
  add_relay(spec, "y", "back");
  const Cut parts = cut_of(std::move(spec));
  EXPECT_THAT(links_of(parts), ElementsAre("a.out -> back", "in", "both", "both"));
  EXPECT_EQ(parts.inlets.size(), 2U);
  EXPECT_EQ(parts.inlets[1].links.size(), 2U);
}

}  // namespace
}  // namespace parley::graph
