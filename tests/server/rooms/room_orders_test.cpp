// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/room_orders.h"

#include <fstream>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "operators/register_all.h"
#include "server/rooms/room_jobs.h"
#include "tests/support/agent_fakes.h"

namespace parley::server {
namespace {

using protocol::Job;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::string_view kOwnAgent = R"(
version: 1
name: NAME
inputs:
  audio: {type: AudioFrame, rate_hz: 16000, channels: 1}
nodes:
  vad:
    operator: vad
    inputs: {audio: audio}
  turn:
    operator: turn
    inputs: {audio: audio, speech: vad.speech}
  asr:
    operator: asr
    inputs: {audio: audio, events: turn.events}
outputs:
  events: turn.events
  transcripts: asr.transcripts
)";

class RoomOrdersTest : public ::testing::Test {
 protected:
  RoomOrdersTest() { operators::register_all_operators(registry, fakes.bindings()); }
  void make() {
    auto made = RoomOrders::make(config, registry);
    ASSERT_TRUE(made) << made.error().message;
    orders.emplace(std::move(*made));
  }
  std::string refusal() {
    const auto made = RoomOrders::make(config, registry);
    return made ? "" : made.error().message;
  }
  /// What becomes of a job with that metadata.
  Result<service::RoomRequest> request(std::string metadata,
                                       Job::Kind kind = Job::Kind::room) const {
    Job job;
    job.id = "AJ_1";
    job.kind = kind;
    job.participant = "ann";
    job.metadata = std::move(metadata);
    PARLEY_TRY(const protocol::AgentOrder order, orders->parse(job));
    return orders->request(job, order);
  }
  std::string fault(const std::string& metadata) const {
    const auto made = request(metadata);
    EXPECT_TRUE(made || made.error().code == ErrorCode::invalid_argument) << metadata;
    return made ? "" : made.error().message;
  }
  /// A graph file of one's own.
  static std::string file(const std::string& name, std::string text) {
    std::string path = testing::TempDir() + "room_orders_" + name + ".yaml";
    std::ofstream(path) << text;
    return path;
  }
  static std::string own(const std::string& name) {
    std::string text(kOwnAgent);
    text.replace(text.find("NAME"), 4, name);
    return file(name, text);
  }

  Config config;
  test::AgentFakes fakes{{}};
  graph::Registry registry;
  std::optional<RoomOrders> orders;
};

TEST_F(RoomOrdersTest, AJobThatSaysNothingGetsTheWorkersOwnAgent) {
  config.rooms.agent = "notetaker";
  make();
  const auto made = request("");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->job, "AJ_1");
  EXPECT_EQ(made->agent, "notetaker");
  EXPECT_EQ(made->name, "Notetaker");
  EXPECT_EQ(made->participant, "") << "everybody is heard";
  EXPECT_EQ(made->instructions, "");
  EXPECT_EQ(made->voice, "");
  EXPECT_EQ(made->greeting, "");
  EXPECT_EQ(made->to, "en");
  EXPECT_FALSE(made->minutes);
  ASSERT_NE(made->graph, nullptr);
  EXPECT_EQ(made->graph->name(), "notetaker");
}

TEST_F(RoomOrdersTest, EverySettingOfAJobIsTakenOver) {
  make();
  const auto made = request(R"({"agent":"assistant","name":"Ada","instructions":"Be brief.",)"
                            R"("voice":"af","greeting":"Hello."})");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->name, "Ada");
  EXPECT_EQ(made->instructions, "Be brief.");
  EXPECT_EQ(made->voice, "af");
  EXPECT_EQ(made->greeting, "Hello.");
}

TEST_F(RoomOrdersTest, AnAgentIsCalledWhatItIsUnlessItsJobSaysOtherwise) {
  EXPECT_EQ(RoomOrders::name_of({.agent = "assistant"}), "Parley");
  EXPECT_EQ(RoomOrders::name_of({.agent = "translator-llm"}), "Translator-llm");
  EXPECT_EQ(RoomOrders::name_of({.agent = "Écoute"}), "Écoute");
  EXPECT_EQ(RoomOrders::name_of({.agent = "assistant", .name = "Ada"}), "Ada");
}

TEST_F(RoomOrdersTest, JobsForAParticipantHearHimOnly) {
  make();
  EXPECT_EQ(request("transcriber", Job::Kind::participant)->participant, "ann");
  EXPECT_EQ(request("transcriber", Job::Kind::publisher)->participant, "ann");
}

TEST_F(RoomOrdersTest, ATranslatorNeedsARecogniserThatTranslates) {
  make();
  const auto made = request("translator");
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code, ErrorCode::failed_precondition);
  EXPECT_EQ(made.error().message,
            "the agent 'translator' needs a recogniser that translates, which 'moonshine-tiny-en' "
            "does not: set asr.model to whisper-base");
  EXPECT_TRUE(request(R"({"agent":"translator","to":"de"})")) << "that one asks the language model";
}

TEST_F(RoomOrdersTest, ATranslatorIntoOtherLanguagesIsTheOneWithAModel) {
  config.asr.model = "whisper-base";
  make();
  const auto english = request("translator");
  ASSERT_TRUE(english);
  EXPECT_EQ(english->agent, "translator");
  EXPECT_FALSE(english->graph->gives("speech")) << "nobody asked for it";
  const auto german = request(R"({"agent":"translator","to":"de","speak":true})");
  ASSERT_TRUE(german) << german.error().message;
  EXPECT_EQ(german->agent, "translator-llm");
  EXPECT_EQ(german->to, "de");
  EXPECT_TRUE(german->graph->gives("speech"));
}

TEST_F(RoomOrdersTest, OneJobsSettingsAreNotTheNextOnes) {
  make();
  EXPECT_TRUE(request(R"({"agent":"translator-llm","to":"de","speak":true})"));
  const auto plain = request("translator-llm");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->to, "en");
  EXPECT_FALSE(plain->graph->gives("speech"));
}

TEST_F(RoomOrdersTest, WhatCannotBeDoneIsSaidWithFieldAndValue) {
  make();
  EXPECT_THAT(fault("interpreter"),
              AllOf(StartsWith("the job's metadata: 'agent': "), HasSubstr("'interpreter'"),
                    HasSubstr("'assistant'"), HasSubstr("'translator'")));
  EXPECT_THAT(fault(R"({"agent":"translator","to":5})"), HasSubstr("'to'"));
  EXPECT_THAT(fault(R"({"agent":"translator","to":"!"})"),
              AllOf(HasSubstr("'to'"), HasSubstr("'!'"), HasSubstr("expected a language")));
  EXPECT_THAT(fault(R"({"agent":"transcriber","lang":"es"})"), HasSubstr("'lang'"));
  EXPECT_THAT(fault(R"({"agent":"transcriber")"), StartsWith("the job's metadata: "));
  EXPECT_EQ(fault(R"({"agent":"transcriber","speak":true})"),
            "'speak' is 'true', but the agent 'transcriber' has nothing to say");
  EXPECT_EQ(fault(R"({"agent":"notetaker","to":"de"})"),
            "'to' is 'de', but the agent 'notetaker' does not translate; take 'translator'");
}

TEST_F(RoomOrdersTest, AFileOfOnesOwnIsAnAgentToo) {
  config.rooms.agents = {own("captions")};
  make();
  const auto made = request("captions");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_EQ(made->agent, "captions");
  EXPECT_THAT(fault("interpreter"), HasSubstr("'captions'"));
  EXPECT_TRUE(request("assistant")) << "beside those in the box";
}

TEST_F(RoomOrdersTest, AFileOfTheSameNameTakesThePlaceOfTheOneInTheBox) {
  config.rooms.agents = {own("translator")};
  make();
  const auto made = request("translator");
  ASSERT_TRUE(made) << made.error().message;
  EXPECT_FALSE(made->graph->gives("translations")) << "it is the one in the box";
  EXPECT_THAT(fault(R"({"agent":"translator","to":"de"})"), HasSubstr("does not translate"));
}

TEST_F(RoomOrdersTest, WhatKeepsEveryJobFromRunningIsSaidBeforeTheFirst) {
  config.rooms.agent = "interpreter";
  EXPECT_EQ(refusal(), "rooms.agent: there is no agent 'interpreter'");
  config.rooms.agent = "assistant";
  config.rooms.agents = {"/nowhere/agent.yaml"};
  EXPECT_THAT(refusal(), HasSubstr("/nowhere/agent.yaml"));
  const std::string nameless =
      file("nameless", std::string(kOwnAgent).erase(kOwnAgent.find("name"), 11));
  config.rooms.agents = {nameless};
  EXPECT_EQ(refusal(), "rooms.agents: " + nameless + " has no name: jobs ask for agents by it");
  std::string unknown(kOwnAgent);
  unknown.replace(unknown.find("operator: turn"), 14, "operator: tern");
  config.rooms.agents = {file("unknown", unknown)};
  EXPECT_THAT(refusal(), AllOf(HasSubstr("tern"), HasSubstr("room_orders_unknown.yaml:")));
}

}  // namespace
}  // namespace parley::server
