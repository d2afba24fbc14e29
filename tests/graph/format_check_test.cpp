// SPDX-License-Identifier: Apache-2.0
//
// Rates, channels and shapes are followed through a graph; what does not fit is named.
#include "graph/format_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/plan.h"

namespace parley::graph {
namespace {

using media::AudioFrame;
using media::TensorFrame;
using media::TensorShape;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

class Idle : public Operator {
  Result<Progress> process(ProcessContext& /*context*/) override { return Progress::finished; }
};

template <typename T>
struct Giver final : Idle {
  explicit Giver(OutOptions options) : out(*this, "out", options) {}
  Out<T> out;
};

template <typename T>
struct Taker final : Idle {
  explicit Taker(InOptions options) : in(*this, "in", options) {}
  In<T> in;
};

/// What goes in comes out, in the same format but for what `given` says.
template <typename T>
struct Like final : Idle {
  explicit Like(InOptions wanted = {}, OutOptions given = {})
      : in(*this, "in", wanted), out(*this, "out", with_source(given)) {}
  OutOptions with_source(OutOptions options) {
    options.format_of = &in;
    return options;
  }
  In<T> in;
  Out<T> out;
};

template <typename T>
GraphSpec from_to(OutOptions given, InOptions wanted) {
  GraphSpec spec;
  spec.add("mic", std::make_unique<Giver<T>>(given));
  spec.add("vad", std::make_unique<Taker<T>>(wanted)).connect("mic.out", "vad.in");
  return spec;
}

std::string message(GraphSpec spec) {
  const Result<Plan> plan = Plan::compile(std::move(spec));
  if (plan) return "compiled";
  EXPECT_EQ(plan.error().code, ErrorCode::invalid_argument);
  return plan.error().message;
}

TEST(FormatCheck, RefusesAnotherRateAndSaysWhatWouldFit) {
  EXPECT_EQ(message(from_to<AudioFrame>({.rate_hz = 48'000, .channels = 2},
                                        {.rate_hz = 16'000, .channels = 1})),
            "mic.out gives AudioFrame at 48000 Hz, 2 channels, but vad.in takes AudioFrame at "
            "16000 Hz, 1 channel; what would fit: insert a resample operator: {operator: resample, "
            "options: {rate_hz: 16000}}");
}

TEST(FormatCheck, RefusesOtherChannels) {
  EXPECT_THAT(message(from_to<AudioFrame>({.channels = 2}, {.rate_hz = 16'000, .channels = 1})),
              AllOf(HasSubstr("AudioFrame with 2 channels"),
                    HasSubstr("insert an operator that makes 1 channel of it")));
}

TEST(FormatCheck, ChecksOnlyWhatBothSay) {
  EXPECT_EQ(message(from_to<AudioFrame>({}, {.rate_hz = 16'000, .channels = 1})), "compiled");
  EXPECT_EQ(message(from_to<AudioFrame>({.rate_hz = 8'000}, {.channels = 1})), "compiled");
}

TEST(FormatCheck, RefusesAnotherShape) {
  EXPECT_EQ(message(from_to<TensorFrame>({.shape = {1, TensorShape::kAny, 40}},
                                         {.shape = {1, 100, TensorShape::kAny}})),
            "compiled");
  EXPECT_THAT(message(from_to<TensorFrame>({.shape = {1, TensorShape::kAny, 40}},
                                           {.shape = {1, TensorShape::kAny, 80}})),
              AllOf(HasSubstr("TensorFrame of shape [1, any, 40]"),
                    HasSubstr("insert an operator that gives the shape [1, any, 80]")));
  EXPECT_THAT(message(from_to<TensorFrame>({.shape = {40}}, {.shape = {1, 40}})),
              HasSubstr("of shape [40], but"));
}

TEST(FormatCheck, FollowsFormatsThroughOperatorsAndNamesTheirOrigin) {
  GraphSpec spec;
  spec.add("vad", std::make_unique<Taker<AudioFrame>>(InOptions{.rate_hz = 16'000}));
  spec.add("louder", std::make_unique<Like<AudioFrame>>());
  spec.add("mono", std::make_unique<Like<AudioFrame>>(InOptions{}, OutOptions{.channels = 1}));
  spec.connect("louder.out", "vad.in").connect("mono.out", "louder.in");
  spec.inlet<AudioFrame>("mic", "mono.in", {.rate_hz = 24'000, .channels = 2});
  EXPECT_THAT(message(std::move(spec)),
              HasSubstr("louder.out gives AudioFrame at 24000 Hz, 1 channel (as mono.out gives "
                        "it), but vad.in takes AudioFrame at 16000 Hz"));
}

TEST(FormatCheck, WhatAnInputDemandsHoldsDownstream) {
  GraphSpec spec;
  spec.add("first", std::make_unique<Like<AudioFrame>>(InOptions{.rate_hz = 16'000}));
  spec.add("second", std::make_unique<Taker<AudioFrame>>(InOptions{.rate_hz = 24'000}));
  spec.connect("first.out", "second.in").inlet<AudioFrame>("mic", "first.in");
  EXPECT_THAT(message(std::move(spec)), HasSubstr("first.out gives AudioFrame at 16000 Hz"));
}

TEST(FormatCheck, ChecksTheBoundary) {
  GraphSpec spec;
  spec.add("mic", std::make_unique<Giver<AudioFrame>>(OutOptions{.rate_hz = 48'000}));
  spec.outlet<AudioFrame>("speaker", "mic.out", {.rate_hz = 24'000});
  EXPECT_THAT(message(std::move(spec)), HasSubstr("outlet 'speaker' takes AudioFrame at 24000"));
  spec = GraphSpec();
  spec.add("vad", std::make_unique<Taker<AudioFrame>>(InOptions{.rate_hz = 16'000}));
  spec.inlet<AudioFrame>("mic", "vad.in", {.rate_hz = 48'000});
  EXPECT_THAT(message(std::move(spec)), HasSubstr("inlet 'mic' gives AudioFrame at 48000 Hz, but"));
  spec = GraphSpec();
  spec.add("a", std::make_unique<Taker<AudioFrame>>(InOptions{}));
  spec.add("b", std::make_unique<Taker<AudioFrame>>(InOptions{}));
  spec.inlet<AudioFrame>("mic", "a.in", {.rate_hz = 48'000}).inlet<AudioFrame>("mic", "b.in");
  EXPECT_THAT(message(std::move(spec)),
              HasSubstr("inlet 'mic' is given twice, as AudioFrame at 48000 Hz and as AudioFrame"));
}

TEST(FormatCheck, APlanKnowsWhatFlows) {
  const Result<Plan> plan =
      Plan::compile(from_to<AudioFrame>({.rate_hz = 16'000}, {.channels = 1}));
  ASSERT_TRUE(plan);
  EXPECT_EQ(plan->edges()[0].format, (PortFormat{.rate_hz = 16'000, .channels = 1}));
}

TEST(FormatCheck, MessagesBeginWithThePlaceInTheFile) {
  GraphSpec spec = from_to<AudioFrame>({.rate_hz = 48'000}, {.rate_hz = 16'000});
  spec.edges[0].where = "wake.yaml:7";
  EXPECT_THAT(message(std::move(spec)), ::testing::StartsWith("wake.yaml:7: mic.out gives"));
}

}  // namespace
}  // namespace parley::graph
