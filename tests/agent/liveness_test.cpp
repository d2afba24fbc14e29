// SPDX-License-Identifier: Apache-2.0
//
// Thousands of random actions of users, clients and failing models, in virtual time. Whatever they
// do: the events of each response form a whole ladder (LadderListener checks each one), one
// response of the conversation at a time, no word about deleted items, and in the end everything is
// quiet.
#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "agent/voice_agent.h"
#include "base/random.h"
#include "tests/agent/rough_call.h"

namespace parley::agent {
namespace {

using namespace std::chrono_literals;
using test::Mood;
using test::RoughCall;

model::FakeLlmOptions talkative() {
  return {.replies = {{.text = "Short."},
                      {.text = "A reply of some length, with two clauses. And a second sentence."},
                      {.text = ""},
                      {.text = "", .tool = "look", .arguments = R"({"what": "that", "n": 3})"},
                      {.text = "One. Two. Three. Four. Five. Six. Seven. Eight. Nine. Ten."}},
          .tool_arguments = R"({"forced": true})",
          .first_token_delay = 30ms,
          .token_delay = 15ms,
          .generations_max = 4};
}

class RandomCall {
 public:
  explicit RandomCall(std::uint64_t seed)
      : random_(seed), call_(talkative(), {"one", "", "two words", "three more words"}) {}

  void act(int actions) {
    for (int i = 0; i < actions; ++i) act();
  }
  /// All models work again and nobody says a thing.
  void end() {
    for (const auto mood : kMoods) set_mood(mood, Mood::fine);
    release();
    call_.settings.turn.detect = true;
    call_.be_silent(3s);
    call_.settle();
    call_.expect_quiet();
  }
  [[nodiscard]] const RoughCall& call() const { return call_; }

 private:
  using Choice = void (RandomCall::*)();

  void act() {
    static constexpr std::array<Choice, 18> kChoices = {
        &RandomCall::speak,         &RandomCall::speak,       &RandomCall::be_silent,
        &RandomCall::pause,         &RandomCall::pause,       &RandomCall::commit,
        &RandomCall::clear,         &RandomCall::type,        &RandomCall::record,
        &RandomCall::respond,       &RandomCall::respond,     &RandomCall::cancel,
        &RandomCall::erase,         &RandomCall::truncate,    &RandomCall::change_turns,
        &RandomCall::change_output, &RandomCall::change_mood, &RandomCall::release};
    (this->*kChoices[below(kChoices.size())])();
  }

  std::size_t below(std::size_t end) {
    return static_cast<std::size_t>(random_.uniform() * static_cast<double>(end));
  }
  bool chance(double probability) { return random_.uniform() < probability; }
  Millis up_to(std::int64_t ms) {
    return Millis(1 + static_cast<std::int64_t>(below(static_cast<std::size_t>(ms))));
  }

  void speak() { append(0.3, up_to(900)); }
  void be_silent() { append(0.0, up_to(1200)); }
  void append(double loudness, Millis length) {
    const bool paced = chance(0.8);
    const auto rate = static_cast<std::size_t>(call_.settings.input_format.rate);
    for (Millis done{0}; done < length; done += 20ms) {
      if (!call_.append_frame(test::sine(rate / 50, 220.0, static_cast<int>(rate), loudness),
                              paced)) {
        call_.rest(20ms);
      }
    }
  }
  void pause() { call_.rest(up_to(chance(0.2) ? 5000 : 300)); }
  void commit() {
    if (call_.agent->buffered() >= media::MediaTime::from_ms(100)) call_.agent->commit();
  }
  void clear() { call_.agent->clear(); }
  void type() { call_.type("typed"); }
  void record() { call_.insert_audio(up_to(2000)); }
  void respond() {
    ResponseOptions options;
    options.out_of_band = chance(0.3);
    if (!options.out_of_band && call_.agent->active_response() != nullptr) return;
    if (chance(0.3)) options.audio = chance(0.5);
    if (chance(0.2)) options.max_output_tokens = 1 + static_cast<std::int32_t>(below(6));
    if (chance(0.2)) options.output_format = OutputFormat{media::Codec::pcma, 8'000};
    if (chance(0.2)) options.input.emplace();
    if (options.input && !call_.agent->conversation().items().empty()) {
      options.input->push_back(call_.agent->conversation().items().back());
    }
    if (chance(0.3)) {
      options.tools = {{.name = "look", .description = "", .parameters = "{}"}};
      options.tool_choice =
          model::LlmToolChoice{.kind = chance(0.5) ? model::LlmToolChoice::Kind::required
                                                   : model::LlmToolChoice::Kind::automatic,
                               .function = ""};
    }
    call_.agent->create_response(std::move(options));
  }
  void cancel() {
    if (call_.agent->active_response() != nullptr) call_.cancel();
    if (chance(0.3)) respond();
  }
  const Item* any_item() {
    const auto& items = call_.agent->conversation().items();
    if (items.empty()) return nullptr;
    // The last ones are those that something is still happening to.
    const std::size_t back = below(std::min<std::size_t>(items.size(), chance(0.7) ? 2 : 20));
    return &*std::prev(items.end(), static_cast<std::ptrdiff_t>(back) + 1);
  }
  void erase() {
    if (const Item* item = any_item()) call_.erase(std::string(item->id));
  }
  void truncate() {
    const Item* const item = any_item();
    if (item == nullptr || item->content.empty()) return;
    const ContentPart& part = item->content.front();
    if (part.kind != ContentPart::Kind::output_audio) return;
    const std::int64_t ms = part.audio.duration().ms();
    call_.agent->truncate_item(std::string(item->id), 0,
                               media::MediaTime::from_ms(static_cast<std::int64_t>(
                                   random_.uniform() * static_cast<double>(ms))));
  }
  void change_turns() {
    operators::TurnSettings& turn = call_.settings.turn;
    turn.detect = chance(0.7);
    turn.create_response = chance(0.8);
    turn.interrupt_response = chance(0.7);
    turn.silence = Millis(static_cast<std::int64_t>(below(800)));
    turn.prefix_padding = Millis(static_cast<std::int64_t>(below(500)));
    turn.threshold = static_cast<float>(random_.uniform());
    if (call_.agent->buffered() == media::MediaTime{}) {
      call_.settings.input_format = chance(0.5) ? InputFormat{media::Codec::pcmu, 8'000}
                                                : InputFormat{media::Codec::pcm16, 24'000};
    }
  }
  void change_output() {
    call_.settings.audio = chance(0.7);
    call_.settings.transcription = chance(0.5);
    call_.settings.playout_lead = chance(0.3) ? 0ms : up_to(3000);
    call_.agent->settings_changed();
  }
  enum class Model : std::uint8_t { vad, asr, llm, tts };
  static constexpr std::array<Model, 4> kMoods = {Model::vad, Model::asr, Model::llm, Model::tts};
  void set_mood(Model of, Mood mood) {
    switch (of) {
      case Model::vad:
        call_.vad.mood = mood;
        break;
      case Model::asr:
        call_.asr.mood = mood;
        break;
      case Model::llm:
        call_.llm.mood = mood;
        break;
      case Model::tts:
        call_.tts.mood = mood;
        break;
    }
  }
  void change_mood() {
    static constexpr std::array<Mood, 5> kAny = {Mood::fine, Mood::fine, Mood::refuses, Mood::fails,
                                                 Mood::holds};
    set_mood(kMoods[below(kMoods.size())], kAny[below(kAny.size())]);
  }
  void release() {
    call_.vad.release();
    call_.asr.release();
    call_.llm.release();
    call_.tts.release();
  }

  Random random_;
  RoughCall call_;
};

/// PARLEY_SEED_OFFSET=1000 tries other seeds than those of every day.
std::uint64_t seed_offset() {
  const char* const text = std::getenv("PARLEY_SEED_OFFSET");
  return text == nullptr ? 0 : std::strtoull(text, nullptr, 10);
}

class Liveness : public ::testing::TestWithParam<std::uint64_t> {
 protected:
  static std::uint64_t seed() { return GetParam() + seed_offset(); }
};

TEST_P(Liveness, EveryResponseEndsAndTheSessionFallsSilent) {
  RandomCall call(seed());
  call.act(400);
  call.end();
  EXPECT_GT(call.call().events.responses, 10U);
}

TEST_P(Liveness, TheSameCallTwiceIsTheSame) {
  const auto run = [] {
    RandomCall call(seed());
    call.act(100);
    call.end();
    return call.call().events.log;
  };
  EXPECT_EQ(run(), run());
}

TEST_P(Liveness, ASessionMayEndAtAnyMoment) {
  for (int actions = 20; actions < 60; ++actions) {
    RandomCall call(seed());
    call.act(actions);
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, Liveness, ::testing::Range<std::uint64_t>(1, 11));

}  // namespace
}  // namespace parley::agent
