// SPDX-License-Identifier: Apache-2.0
//
// What users and clients do at the worst moment, and models that fail in each stage.
// One file because it is one list of bad moments, told in the same few words.
#include "tests/agent/rough_call.h"

#include <chrono>
#include <functional>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "agent/recording_queue.h"
#include "agent/voice_agent.h"

namespace parley::agent {
namespace {

using namespace std::chrono_literals;
using model::LlmDelta;
using test::Mood;
using test::RoughCall;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr const char* kLong =
    "A long answer that goes on and on, and then on again. It has a second sentence. It has a "
    "third one too, and nobody wants to hear the fourth. Here it is all the same.";

Response::Status status_of(const std::string& done_line) {
  return static_cast<Response::Status>(done_line.at(done_line.size() - 2) - '0');
}

std::vector<Response::Status> endings(const RoughCall& call) {
  std::vector<Response::Status> endings;
  for (const std::string& line : call.events.log) {
    if (line.starts_with("response_done")) endings.push_back(status_of(line));
  }
  return endings;
}

using enum Response::Status;
using Endings = std::vector<Response::Status>;

// --- speech at every stage of a reply
// ---------------------------------------------------------

struct Stage {
  const char* name;
  std::function<void(RoughCall&)> enter;  // a turn of the user, then up to this stage
};

class BargeIn : public ::testing::TestWithParam<Stage> {};

TEST_P(BargeIn, EndsTheReplyAndAnswersTheNextTurn) {
  RoughCall call({.replies = {{.text = kLong}}, .token_delay = 20ms});
  GetParam().enter(call);
  ASSERT_NE(call.agent->active_response(), nullptr);
  call.speak(300ms);
  EXPECT_EQ(endings(call), Endings{cancelled});
  const std::ptrdiff_t deltas = call.count("audio_delta");
  call.asr.mood = call.tts.mood = call.llm.mood = Mood::fine;
  call.asr.release();
  call.llm.release();
  call.tts.release();
  call.be_silent(400ms);
  EXPECT_EQ(call.count("audio_delta"), deltas) << "audio after the interruption";
  call.be_silent(400ms);
  call.settle();
  EXPECT_EQ(endings(call), (Endings{cancelled, completed}));
  EXPECT_EQ(call.llm.prompts.back().messages.back().role, model::LlmMessage::Role::user);
  call.expect_quiet();
}

TEST_P(BargeIn, SessionMayEndInsteadWithEverythingUnderWay) {
  RoughCall call({.replies = {{.text = kLong}}, .token_delay = 20ms});
  GetParam().enter(call);
  call.speak(100ms);
  call.hang_up();
  call.asr.release();
  call.llm.release();
  call.tts.release();
  call.runtime.run_for(10s);
}

TEST_P(BargeIn, ClientMayCancelAndAskAgainAtOnce) {
  RoughCall call({.replies = {{.text = kLong}}, .token_delay = 20ms});
  GetParam().enter(call);
  call.cancel();
  call.agent->create_response({});
  call.asr.mood = call.tts.mood = call.llm.mood = Mood::fine;
  call.asr.release();
  call.llm.release();
  call.tts.release();
  call.settle();
  EXPECT_EQ(endings(call), (Endings{cancelled, completed}));
  call.expect_quiet();
}

INSTANTIATE_TEST_SUITE_P(Stages, BargeIn,
                         ::testing::Values(Stage{"Transcript",
                                                 [](RoughCall& call) {
                                                   call.asr.mood = Mood::holds;
                                                   call.say(500ms);
                                                 }},
                                           Stage{"TranscriptRefused",
                                                 [](RoughCall& call) {
                                                   call.asr.mood = Mood::refuses;
                                                   call.say(500ms);
                                                 }},
                                           Stage{"FirstToken",
                                                 [](RoughCall& call) {
                                                   call.llm.mood = Mood::holds;
                                                   call.say(500ms);
                                                 }},
                                           Stage{"FirstClause",
                                                 [](RoughCall& call) {
                                                   call.tts.mood = Mood::holds;
                                                   call.say(500ms);
                                                   call.rest(1s);
                                                 }},
                                           Stage{"ClauseRefused",
                                                 [](RoughCall& call) {
                                                   call.tts.mood = Mood::refuses;
                                                   call.say(500ms);
                                                   call.rest(1s);
                                                 }},
                                           Stage{"Pacing",
                                                 [](RoughCall& call) {
                                                   call.say(500ms);
                                                   call.rest(5s);
                                                 }},
                                           Stage{"LastPackets",
                                                 [](RoughCall& call) {
                                                   call.say(500ms);
                                                   while (call.count("audio_delta") < 93)
                                                     call.rest(50ms);
                                                 }}),
                         [](const auto& stage) { return stage.param.name; });

// --- turns
// ------------------------------------------------------------------------------------

TEST(RoughCall, TwoQuickTurnsAreAnsweredTogetherWhenTheirTextComes) {
  RoughCall call({.replies = {{.text = "Both."}}}, {"first", "second"});
  call.asr.mood = Mood::holds;
  call.say(500ms);
  call.say(500ms);
  EXPECT_EQ(endings(call), Endings{cancelled});
  call.asr.mood = Mood::fine;
  call.asr.release();
  call.settle();
  EXPECT_EQ(endings(call), (Endings{cancelled, completed}));
  ASSERT_EQ(call.llm.prompts.size(), 1U);
  ASSERT_EQ(call.llm.prompts[0].messages.size(), 2U);
  EXPECT_EQ(call.llm.prompts[0].messages[1].text, "second");
}

TEST(RoughCall, AWaitingReplyAnswersTheTurnThatCameMeanwhile) {
  RoughCall call({.replies = {{.text = "Both."}}}, {"first", "second"});
  call.settings.turn.interrupt_response = false;
  call.asr.mood = Mood::holds;
  call.say(500ms);
  call.say(500ms);
  call.asr.mood = Mood::fine;
  call.asr.release();
  call.settle();
  EXPECT_EQ(endings(call), Endings{completed}) << "one reply that read both turns";
  EXPECT_EQ(call.llm.prompts.at(0).messages.size(), 2U);
}

TEST(RoughCall, AQueuedReplyOutlivesAnUtteranceThatIsThrownAway) {
  RoughCall call({.replies = {{.text = kLong}}});
  call.settings.turn.interrupt_response = false;
  call.start_reply();
  call.rest(1s);
  call.say(500ms);    // queued
  call.speak(500ms);  // and then nothing after all
  call.agent->clear();
  call.settle();
  EXPECT_EQ(endings(call), (Endings{completed, completed}));
  call.expect_quiet();
}

TEST(RoughCall, NoQueuedReplyStartsWhileTheUserSpeaks) {
  RoughCall call({.replies = {{.text = "Some words, not many."}}});
  call.settings.turn.interrupt_response = false;
  call.settings.playout_lead = 100ms;
  call.start_reply();
  call.rest(10ms);
  call.say(200ms);
  call.speak(5s);
  EXPECT_EQ(call.count("response_created"), 1);
  call.be_silent(700ms);
  call.settle();
  EXPECT_EQ(endings(call), (Endings{completed, completed}));
}

TEST(RoughCall, ATurnThatNeverPausesIsAnsweredAtItsLimit) {
  RoughCall call({.replies = {{.text = "Enough."}}});
  call.speak(121s);
  EXPECT_EQ(call.count("speech_stopped"), 1);
  EXPECT_EQ(call.count("response_created"), 1);
}

TEST(RoughCall, ALongSilenceDoesNotOutlastTheLimitEither) {
  RoughCall call({.replies = {{.text = "Enough."}}});
  call.settings.turn.silence = 600s;
  call.speak(500ms);
  call.be_silent(121s);
  EXPECT_EQ(call.count("speech_stopped"), 1);
}

TEST(RoughCall, AClientsCommitIsNotAnsweredByItself) {
  RoughCall call;
  call.speak(500ms);
  call.agent->commit();
  call.be_silent(1s);
  call.settle();
  EXPECT_EQ(call.count("committed"), 1);
  EXPECT_EQ(call.count("speech_stopped"), 0);
  EXPECT_EQ(call.count("response_created"), 0);
}

TEST(RoughCall, CommitAfterABurstComesAfterTheTurnsInIt) {
  RoughCall call;
  call.settings.turn.create_response = false;
  call.speak(500ms, false);
  call.be_silent(700ms, false);
  call.speak(500ms, false);
  call.rest(10ms);
  ASSERT_GT(call.agent->buffered().ms(), 100);
  call.agent->commit();
  call.settle();
  EXPECT_EQ(call.count("committed"), 2);
  EXPECT_EQ(call.count("speech_stopped"), 1);
}

TEST(RoughCall, ClearTakesAudioThatStillWaitsForTheDetector) {
  RoughCall call;
  call.vad.mood = Mood::refuses;
  const std::vector<float> tone = test::sine(480, 220.0, 24'000, 0.3);
  while (call.append_frame(tone, false)) continue;
  call.agent->clear();
  call.vad.mood = Mood::fine;
  call.settle();
  call.be_silent(1s);
  EXPECT_EQ(call.count("speech_started"), 0) << "it was thrown away";
  EXPECT_EQ(call.agent->buffered(), media::MediaTime{});
}

TEST(RoughCall, FiveMinutesAtOnceAreHeardLikeFiveMinutesOfCall) {
  const auto turns = [](bool paced) {
    RoughCall call;
    call.settings.turn.create_response = false;
    for (int i = 0; i < 60; ++i) {
      call.speak(3s, paced);
      call.be_silent(2s, paced);
    }
    call.settle();
    std::vector<std::string> lines;
    for (const std::string& line : call.events.log) {
      if (line.starts_with("speech_")) lines.push_back(line.substr(line.find(' ', 20)));
    }
    return lines;
  };
  const std::vector<std::string> burst = turns(false);
  EXPECT_EQ(burst.size(), 120U);
  EXPECT_EQ(burst, turns(true));
}

TEST(RoughCall, ADetectorThatFailsDoesNotKeepATurnOpen) {
  RoughCall call({.replies = {{.text = "I heard the beginning."}}});
  call.speak(500ms);
  call.vad.mood = Mood::fails;
  call.speak(1s);
  call.settle();
  EXPECT_EQ(call.count("speech_stopped"), 1);
  EXPECT_EQ(endings(call), Endings{completed});
}

TEST(RoughCall, DetectionMayBeSwitchedOffAndOnWhileSomebodySpeaks) {
  RoughCall call({.replies = {{.text = "Yes."}}});
  call.speak(500ms);
  call.settings.turn.detect = false;
  call.speak(500ms);
  EXPECT_GE(call.agent->buffered().ms(), 990);
  call.agent->commit();
  call.speak(300ms);
  EXPECT_NEAR(static_cast<double>(call.agent->buffered().ms()), 300.0, 2.0);
  call.settings.turn.detect = true;
  call.say(600ms);
  call.settle();
  EXPECT_EQ(call.count("speech_started"), 2);
  EXPECT_EQ(call.count("committed"), 2);
  EXPECT_EQ(endings(call), Endings{completed});
}

TEST(RoughCall, TimesStayExactOverChangesOfFormat) {
  RoughCall call;
  call.settings.turn.create_response = false;
  for (int i = 0; i < 50; ++i) {
    call.settings.input_format = {media::Codec::pcmu, 8'000};
    call.be_silent(100ms);
    call.settings.input_format = {media::Codec::pcm16, 24'000};
    call.be_silent(100ms);
  }
  call.settings.turn.prefix_padding = 0ms;
  call.speak(500ms);
  const std::string& line = call.events.log.at(0);
  ASSERT_THAT(line, StartsWith("speech_started"));
  const long at = std::stol(line.substr(line.rfind(' ', line.size() - 2)));
  EXPECT_NEAR(static_cast<double>(at), 10'000.0, 40.0);
}

TEST(RoughCall, NothingIsHeldBackWithoutALead) {
  RoughCall call({.replies = {{.text = kLong}}});
  call.settings.playout_lead = 0ms;
  call.start_reply();
  call.rest(10ms);
  EXPECT_EQ(endings(call), Endings{completed});
  call.speak(500ms);
  EXPECT_EQ(call.count("response_done"), 1);
}

// --- items
// ------------------------------------------------------------------------------------

TEST(RoughCall, AnItemDeletedBeforeItsTranscriptHoldsNothingUp) {
  RoughCall call({.replies = {{.text = "Fine."}}});
  call.settings.transcription = true;
  call.asr.mood = Mood::holds;
  call.say(500ms);
  call.erase(call.agent->conversation().last_id());
  call.rest(1s);
  EXPECT_EQ(endings(call), Endings{completed});
  call.asr.release();
  call.settle();
  EXPECT_EQ(call.count("transcription"), 0);
  call.expect_quiet();
}

TEST(RoughCall, AnIdThatIsUsedAgainGetsNobodyElsesWords) {
  RoughCall call;
  call.settings.turn.create_response = false;
  call.settings.transcription = true;
  call.asr.mood = Mood::holds;
  call.say(500ms);
  const std::string id = call.agent->conversation().last_id();
  const std::string other = call.insert_audio(1s);
  call.rest(10ms);
  for (const std::string& again : {id, other}) {
    call.erase(again);
    Item item;
    item.id = again;
    item.type = Item::Type::function_call;
    item.call_id = "call_1";
    call.insert(std::move(item));
  }
  call.asr.release();
  call.settle();
  EXPECT_EQ(call.count("transcription"), 0);
}

TEST(RoughCall, AClientThatTakesAnAnnouncedIdDoesNoHarm) {
  RoughCall call({.replies = {{.text = "Hm."}}});
  call.speak(500ms);
  const std::string& started = call.events.log.at(0);
  Item item;
  item.id = started.substr(15, started.find(' ', 15) - 15);
  call.insert(std::move(item));
  call.be_silent(700ms);
  call.settle();
  EXPECT_EQ(call.count("committed"), 1);
  EXPECT_EQ(endings(call), Endings{completed});
}

TEST(RoughCall, ADeletedReplyGoesOutButIsForgotten) {
  RoughCall call({.replies = {{.text = kLong}}});
  call.start_reply();
  call.rest(1s);
  const std::string id = call.agent->conversation().last_id();
  call.erase(id);
  Item item;
  item.id = id;
  ContentPart part;
  part.text = "mine";
  item.content.push_back(std::move(part));
  call.insert(std::move(item));
  call.settle();
  EXPECT_EQ(endings(call), Endings{completed});
  const Item& mine = *call.agent->conversation().find(id);
  EXPECT_EQ(mine.content.at(0).text, "mine");
  EXPECT_TRUE(mine.content.at(0).audio.samples.empty());
}

TEST(RoughCall, TruncatingAReplyThatStillGoesOutLasts) {
  RoughCall call({.replies = {{.text = kLong}}});
  call.start_reply();
  call.rest(1s);
  const std::string id = call.agent->conversation().last_id();
  call.agent->truncate_item(id, 0, media::MediaTime::from_ms(900));
  call.settle();
  EXPECT_EQ(endings(call), Endings{completed});
  const ContentPart& part = call.agent->conversation().find(id)->content.at(0);
  EXPECT_EQ(part.audio.duration().ms(), 900);
  EXPECT_FALSE(part.has_transcript);
  call.type("and?");
  call.agent->create_response({});
  call.settle();
  EXPECT_EQ(call.llm.prompts.back().messages.at(1).text, "A long answer");
}

TEST(RoughCall, TheModelDoesNotBelieveThatItSaidWhatWasNeverSent) {
  RoughCall call({.replies = {{.text = kLong}}});
  call.start_reply();
  call.rest(1s);  // and 2 s ahead
  call.cancel();
  call.type("and?");
  call.agent->create_response({});
  call.settle();
  const std::string& said = call.llm.prompts.back().messages.at(1).text;
  EXPECT_THAT(said, StartsWith("A long answer that goes on"));
  EXPECT_LT(said.size(), 60U);
}

// --- tools
// ------------------------------------------------------------------------------------

TEST(RoughCall, AMessageAndACallAreTwoItemsWithTheirOwnAudioAndArguments) {
  RoughCall call;
  call.llm.script = {{LlmDelta::Kind::text, "Let me look that up for you right away, please wait."},
                     {LlmDelta::Kind::tool_name, "look"},
                     {LlmDelta::Kind::tool_arguments, "{\"a\":"},
                     {LlmDelta::Kind::tool_arguments, "1}"}};
  call.llm.script_finish = model::LlmCall::Finish::tool_call;
  call.start_reply();
  call.settle();
  EXPECT_EQ(endings(call), Endings{completed});
  const auto& items = call.agent->conversation().items();
  ASSERT_EQ(items.size(), 3U);
  const Item& message = *std::next(items.begin());
  EXPECT_EQ(message.status, Item::Status::completed);
  EXPECT_GT(message.content.at(0).audio.duration().ms(), 3000);
  EXPECT_EQ(items.back().arguments, "{\"a\":1}");
  EXPECT_EQ(items.back().status, Item::Status::completed);
}

TEST(RoughCall, ACallThenAMessageKeepTheirOrder) {
  for (const bool audio : {false, true}) {
    RoughCall call;
    call.settings.audio = audio;
    call.llm.script = {{LlmDelta::Kind::tool_name, "look"},
                       {LlmDelta::Kind::tool_arguments, "{}"},
                       {LlmDelta::Kind::text, "Looking."}};
    call.start_reply();
    call.settle();
    EXPECT_EQ(endings(call), Endings{completed});
    const auto& items = call.agent->conversation().items();
    ASSERT_EQ(items.size(), 3U);
    EXPECT_EQ(std::next(items.begin())->type, Item::Type::function_call);
    EXPECT_EQ(std::next(items.begin())->arguments, "{}");
    EXPECT_EQ(items.back().content.at(0).text, "Looking.");
  }
}

TEST(RoughCall, ACallThatWasCutIsNotPutBeforeTheModelAgain) {
  RoughCall call;
  call.llm.script = {{LlmDelta::Kind::tool_name, "look"}, {LlmDelta::Kind::tool_arguments, "{\"a"}};
  call.llm.script_finish = model::LlmCall::Finish::length;
  call.start_reply();
  call.settle();
  EXPECT_EQ(endings(call), Endings{incomplete});
  EXPECT_EQ(call.agent->conversation().items().back().status, Item::Status::incomplete);
  call.type("and?");
  call.agent->create_response({});
  call.settle();
  for (const model::LlmMessage& message : call.llm.prompts.back().messages) {
    EXPECT_TRUE(message.tool_calls.empty());
  }
}

TEST(RoughCall, TokenLimitsEndTextAndSpeech) {
  for (const bool audio : {false, true}) {
    RoughCall call({.replies = {{.text = kLong}}});
    call.settings.audio = audio;
    call.settings.max_output_tokens = 5;
    call.start_reply();
    call.settle();
    EXPECT_EQ(endings(call), Endings{incomplete});
    EXPECT_EQ(call.agent->conversation().items().back().content.at(0).text,
              "A long answer that goes");
  }
}

// --- failures
// ---------------------------------------------------------------------------------

TEST(RoughCall, AFailingModelEndsItsReplyAndNotTheSession) {
  for (const auto breaks : {+[](RoughCall& call) { call.llm.mood = Mood::fails; },
                            +[](RoughCall& call) { call.llm.mood = Mood::refuses; },
                            +[](RoughCall& call) { call.tts.mood = Mood::fails; }}) {
    RoughCall call({.replies = {{.text = kLong}}});
    breaks(call);
    call.start_reply();
    call.settle();
    EXPECT_EQ(endings(call), Endings{failed});
    call.expect_quiet();
    call.llm.mood = call.tts.mood = Mood::fine;
    call.agent->create_response({});
    call.settle();
    EXPECT_EQ(endings(call), (Endings{failed, completed}));
  }
}

TEST(RoughCall, AClauseThatCannotBeSpokenCostsItselfOnly) {
  for (const std::size_t bad : {1U, 2U, 3U}) {
    RoughCall call({.replies = {{.text = "One sentence. Two of them. Three now."}}});
    call.tts.fails_once = bad;
    call.start_reply();
    call.settle();
    EXPECT_EQ(endings(call), Endings{completed});
    EXPECT_EQ(call.events.failures, 1U) << "the client hears of it";
    EXPECT_EQ(call.tts.submitted, 3U);
    call.expect_quiet();
    // What is kept, and what the model reads next, is what the user heard.
    const char* const heard[] = {"Two of them. Three now.", "One sentence. Three now.",
                                 "One sentence. Two of them."};
    const ContentPart& part = call.agent->conversation().items().back().content.front();
    EXPECT_EQ(part.text, heard[bad - 1]);
    EXPECT_EQ(part.clauses.size(), 2U);
    call.agent->create_response({});
    call.rest(1ms);
    EXPECT_EQ(call.llm.prompts.back().messages.back().text, heard[bad - 1]);
  }
}

TEST(RoughCall, AReplyOfWhichNothingCouldBeSpokenSaysWhy) {
  RoughCall call({.replies = {{.text = "One sentence. Two of them. Three now."}}});
  call.tts.mood = Mood::fails;
  call.start_reply();
  call.settle();
  EXPECT_EQ(endings(call), Endings{failed});
  EXPECT_EQ(call.tts.submitted, 3U) << "each clause had its chance";
  EXPECT_THAT(call.events.last_error.message, StartsWith("nothing of the reply could be spoken"));
  EXPECT_THAT(call.events.last_error.message, HasSubstr("out of order"));
  EXPECT_EQ(call.events.last_error.code, ErrorCode::unavailable);
}

TEST(RoughCall, AModelThatDiesHalfWayLeavesNoVoiceBehind) {
  RoughCall call;
  call.llm.script = {{LlmDelta::Kind::text, kLong}};
  call.llm.script_status = Error{ErrorCode::unavailable, "gone"};
  call.start_reply();
  call.rest(50ms);
  EXPECT_EQ(endings(call), Endings{failed});
  const std::size_t clauses = call.tts.submitted;
  call.settle();
  EXPECT_LE(call.tts.submitted, clauses) << "it went on speaking to nobody";
}

TEST(RoughCall, NobodyWaitsForAPipelineThatBroke) {
  RoughCall call({.replies = {{.text = kLong}}});
  call.asr.mood = Mood::holds;
  call.say(500ms);
  call.settings.input_format.rate = 3;  // no rate that anybody can hear
  call.append_frame(test::silence(1));
  call.settle();
  EXPECT_EQ(endings(call), Endings{failed});
  call.expect_quiet();
  call.agent->create_response({});
  call.settle();
  EXPECT_EQ(endings(call), (Endings{failed, failed}));
  call.expect_quiet();
}

TEST(RoughCall, RecordingsThatWaitHaveALimit) {
  RoughCall call;
  call.settings.transcription = true;
  call.asr.mood = Mood::holds;
  for (std::size_t i = 0; i < kRecordingsWaitingMax + 5; ++i) call.insert_audio(100ms);
  EXPECT_EQ(call.count("transcription_failed"), 5);
  call.asr.mood = Mood::fine;
  call.settle();
  call.asr.release();
  call.settle();
  EXPECT_EQ(call.count("transcription "), static_cast<std::ptrdiff_t>(kRecordingsWaitingMax));
  call.expect_quiet();
}

TEST(RoughCall, FailedRecognitionIsToldAsSuch) {
  RoughCall call({.replies = {{.text = "Sorry?"}}});
  call.settings.transcription = true;
  call.asr.mood = Mood::fails;
  call.say(500ms);
  call.settle();
  EXPECT_EQ(call.count("transcription_failed"), 1);
  EXPECT_EQ(call.count("transcription "), 0);
  EXPECT_EQ(call.events.failures, 0U) << "told once";
  EXPECT_EQ(endings(call), Endings{completed});
}

TEST(RoughCall, ManyRecordingsDoNotFillTheRecognitionQueueOfAllSessions) {
  RoughCall call;
  call.settings.transcription = true;
  call.asr.mood = Mood::holds;
  for (int i = 0; i < 20; ++i) call.insert_audio(1s);
  call.rest(1s);
  EXPECT_EQ(call.asr.held(), 1U);
  call.asr.mood = Mood::fine;
  call.asr.release();
  call.settle();
  EXPECT_EQ(call.count("transcription "), 20);
  call.expect_quiet();
}

TEST(RoughCall, WaitingForTheRecognitionQueueCostsOneTimer) {
  RoughCall call;
  call.asr.mood = Mood::refuses;
  call.insert_audio(1s);
  for (int i = 0; i < 100; ++i) call.rest(1ms);
  EXPECT_LE(call.runtime.timers.size(), 2U);
}

// --- replies beside the conversation
// ----------------------------------------------------------

ResponseOptions beside() {
  ResponseOptions options;
  options.out_of_band = true;
  return options;
}

TEST(RoughCall, RepliesBesideTheConversationHaveALimit) {
  RoughCall call({.replies = {{.text = "Beside."}}});
  call.type("talk");
  for (int i = 0; i < 40; ++i) call.agent->create_response(beside());
  call.settle();
  const Endings seen = endings(call);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), completed), 16);
  EXPECT_EQ(std::count(seen.begin(), seen.end(), failed), 24);
  EXPECT_THAT(call.metrics.render(), HasSubstr("parley_agent_refused_total"));
  call.expect_quiet();
  call.agent->create_response(beside());
  call.settle();
  EXPECT_EQ(endings(call).back(), completed);
}

TEST(RoughCall, SpeechDoesNotStopARepliesBeside) {
  RoughCall call({.replies = {{.text = kLong}}});
  call.type("talk");
  call.agent->create_response(beside());
  call.agent->create_response({});
  call.rest(1s);
  call.speak(500ms);
  EXPECT_EQ(endings(call), Endings{cancelled});
  call.be_silent(700ms);
  call.settle();
  EXPECT_EQ(endings(call), (Endings{cancelled, completed, completed}));
}

TEST(RoughCall, AReplyBesideReadsTheTurnThatWasJustCommitted) {
  RoughCall call({.replies = {{.text = "Beside."}}}, {"what was said"});
  call.settings.turn.create_response = false;
  call.asr.mood = Mood::holds;
  call.say(500ms);
  call.agent->create_response(beside());
  ResponseOptions referring = beside();
  referring.input.emplace();
  referring.input->push_back(call.agent->conversation().items().back());
  call.agent->create_response(std::move(referring));
  call.rest(100ms);
  call.asr.mood = Mood::fine;
  call.asr.release();
  call.settle();
  EXPECT_EQ(endings(call), (Endings{completed, completed}));
  for (const model::LlmPrompt& prompt : call.llm.prompts) {
    ASSERT_EQ(prompt.messages.size(), 1U);
    EXPECT_EQ(prompt.messages[0].text, "what was said");
  }
}

TEST(RoughCall, AReplyBesideLeavesTheSessionsCacheAlone) {
  RoughCall call;
  call.start_reply();
  call.settle();
  call.agent->create_response(beside());
  call.settle();
  ASSERT_EQ(call.llm.prompts.size(), 2U);
  EXPECT_NE(call.llm.prompts[0].session, model::kNoSession);
  EXPECT_EQ(call.llm.prompts[1].session, model::kNoSession);
}

Item recording(Millis length) {
  Item item;
  ContentPart part;
  part.kind = ContentPart::Kind::input_audio;
  part.audio.samples.assign(static_cast<std::size_t>(length.count()) * 24U, 1000);
  item.content.push_back(std::move(part));
  return item;
}

TEST(RoughCall, RecordingsInAResponsesInputAreHeardFirst) {
  for (const bool is_beside : {false, true}) {
    RoughCall call({.replies = {{.text = "Noon."}}}, {"what is it in here", "and in here"});
    call.settings.transcription = true;
    ResponseOptions options;
    options.out_of_band = is_beside;
    options.input = {recording(1s), recording(1s)};
    call.agent->create_response(std::move(options));
    call.settle();
    EXPECT_EQ(endings(call), Endings{completed});
    ASSERT_EQ(call.llm.prompts.size(), 1U);
    const auto& messages = call.llm.prompts[0].messages;
    ASSERT_EQ(messages.size(), 2U);
    EXPECT_EQ(messages[0].text, "what is it in here");
    EXPECT_EQ(messages[1].text, "and in here");
    EXPECT_EQ(call.count("transcription"), 0) << "there is no item that it would be about";
    call.expect_quiet();
  }
}

TEST(RoughCall, RecordingsInAResponsesInputMayFailOrBeTooMany) {
  RoughCall call;
  call.asr.mood = Mood::fails;
  ResponseOptions options;
  options.input.emplace(kRecordingsWaitingMax + 1, recording(100ms));
  call.agent->create_response(std::move(options));
  EXPECT_EQ(call.events.failures, 1U);
  call.settle();
  EXPECT_EQ(call.events.failures, kRecordingsWaitingMax + 1);
  EXPECT_EQ(endings(call), Endings{completed});
  call.expect_quiet();
}

TEST(RoughCall, AResponseMayBeCancelledWhileItsInputIsHeard) {
  RoughCall call;
  call.asr.mood = Mood::holds;
  ResponseOptions options;
  options.input = {recording(1s), recording(1s)};
  call.agent->create_response(std::move(options));
  call.rest(10ms);
  call.cancel();
  call.settle();
  EXPECT_EQ(endings(call), Endings{cancelled});
  call.expect_quiet();
}

TEST(RoughCall, AReplyBesideThatFailsSaysNothingMore) {
  RoughCall call({.replies = {{.text = kLong}}});
  call.type("talk");
  call.tts.mood = Mood::fails;
  call.agent->create_response(beside());
  call.settle();
  EXPECT_EQ(endings(call), Endings{failed});
  call.expect_quiet();
}

TEST(RoughCall, RepliesBesideMayBeCancelledAtAnyTime) {
  RoughCall call({.replies = {{.text = kLong}}});
  call.type("talk");
  for (const Nanos after : {Nanos(0), Nanos(1ms), Nanos(500ms)}) {
    call.agent->create_response(beside());
    const std::string created = call.events.log.back();
    const std::string id = created.substr(17, created.find(' ', 17) - 17);
    ASSERT_TRUE(call.agent->is_active(id));
    if (after > Nanos(0)) call.rest(after);
    call.agent->cancel_response(id);
    EXPECT_FALSE(call.agent->is_active(id));
  }
  call.settle();
  EXPECT_EQ(endings(call), (Endings{cancelled, cancelled, cancelled}));
}

}  // namespace
}  // namespace parley::agent
