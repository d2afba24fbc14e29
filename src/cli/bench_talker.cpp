// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_talker.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/base64.h"
#include "base/check.h"

namespace parley::cli {
namespace {

constexpr std::int64_t kBytesPerSecond = std::int64_t{kBenchRate} * 2;
// After a turn that ended before the question did, the server may still hear the question's rest.
constexpr Millis kSplitGrace{2000};

std::string append_event(std::span<const std::int16_t> samples) {
  std::string text = R"({"type":"input_audio_buffer.append","audio":")";
  base64_append(text, std::as_bytes(samples));
  text += "\"}";
  return text;
}

const std::string& silence_event() {
  static const std::string kEvent = append_event(std::array<std::int16_t, kBenchFrameSamples>{});
  return kEvent;
}

}  // namespace

void BenchTalker::start(Instant now) {
  next_tick_ = now + kBenchFrame;
  deadline_ = now + options_.answer_limit;
}

std::optional<std::string_view> BenchTalker::tick(Instant now) {
  PARLEY_CHECK(now >= next_tick_);
  next_tick_ = next_tick_ + kBenchFrame;
  if (state_ == State::opening) {
    if (now > deadline_) lose("the session did not open");
    return std::nullopt;
  }
  if (state_ == State::resting && now >= question_at_) begin_question();
  if (state_ == State::listening) end_turn_if_over(now);
  if (state_ == State::over) return std::nullopt;
  return next_piece(now);
}

std::string_view BenchTalker::next_piece(Instant now) {
  if (state_ != State::asking) return silence_event();
  frame_ = append_event(std::span(clip_->samples).subspan(clip_at_, kBenchFrameSamples));
  clip_at_ += kBenchFrameSamples;
  if (clip_at_ == clip_->samples.size()) {
    state_ = State::listening;
    turns_.back().speech_end = now;
    deadline_ = now + options_.answer_limit;
  }
  return frame_;
}

void BenchTalker::begin_question() {
  const auto number = static_cast<int>(turns_.size()) + 1;
  // Sessions begin with different clips, and each goes through all of them.
  clip_ = &(*options_.clips)[(options_.session + turns_.size()) % options_.clips->size()];
  clip_at_ = 0;
  turns_.push_back({.session = options_.session, .number = number, .clip = clip_->name});
  is_speaking_ = false;
  state_ = State::asking;
}

std::optional<std::string> BenchTalker::receive(const protocol::ReceivedEvent& event, Instant now) {
  if (event.llm) llm_ = event.llm;
  if (state_ == State::opening) {
    if (event.type == "error") {
      lose(event.error);
    } else if (event.type == "session.created" && !options_.update.empty()) {
      return std::exchange(options_.update, {});
    } else if (event.type == "session.created" || event.type == "session.updated") {
      ready(now);
    }
    return std::nullopt;
  }
  if (state_ == State::asking || state_ == State::listening) hear(event, now);
  return std::nullopt;
}

void BenchTalker::ready(Instant now) {
  state_ = State::resting;
  question_at_ = now;
}

void BenchTalker::hear(const protocol::ReceivedEvent& event, Instant now) {
  BenchTurn& turn = turns_.back();
  if (event.type == "input_audio_buffer.speech_started") {
    if (turn.stopped) turn.split = true;
    is_speaking_ = true;
  } else if (event.type == "input_audio_buffer.speech_stopped") {
    if (state_ == State::asking) turn.split = true;
    turn.stopped = now;
    turn.done.reset();
    is_speaking_ = false;
  } else if (event.type == "response.created") {
    turn.response_id = event.response_id;
    turn.first_audio.reset();
    turn.said.clear();
    turn.audio.clear();
    turn.audio_bytes = 0;
  } else if (event.type == "error") {
    turn.problem = event.error;
  } else if (event.response_id != turn.response_id) {
    return;  // of a reply that was interrupted
  } else if (event.type == "response.output_audio.delta") {
    if (!turn.first_audio) {
      turn.first_audio = now;
      played_until_ = now;
    }
    turn.audio_bytes += event.audio.size();
    if (options_.keep_audio) {
      turn.audio.insert(turn.audio.end(), event.audio.begin(), event.audio.end());
    }
    const auto bytes = static_cast<std::int64_t>(event.audio.size());
    played_until_ = std::max(played_until_, now) + Nanos(bytes * 1'000'000'000 / kBytesPerSecond);
  } else if (event.type == "response.output_audio_transcript.delta") {
    turn.said += event.text;
  } else if (event.type == "response.done") {
    end_reply(event, now);
  }
}

void BenchTalker::end_reply(const protocol::ReceivedEvent& event, Instant now) {
  BenchTurn& turn = turns_.back();
  if (event.response.status == "cancelled") {
    turn.split = true;  // the rest of the question interrupted it; its own reply follows
    return;
  }
  turn.timeline = event.response.timeline;
  turn.input_text_tokens = event.response.input_text_tokens;
  turn.output_tokens = event.response.output_tokens;
  turn.done = now;
  if (event.response.status == "failed") {
    turn.problem = "the reply failed: " + event.response.reason;
  } else if (turn.audio_bytes == 0) {
    turn.problem = "the reply has no audio";
  }
  end_turn_if_over(now);
}

void BenchTalker::end_turn_if_over(Instant now) {
  BenchTurn& turn = turns_.back();
  if (state_ != State::listening) return;
  if (!turn.done || is_speaking_) {
    if (now <= deadline_) return;
    const char* const missing = !turn.stopped       ? "no end of the turn was heard"
                                : !turn.first_audio ? "no answer came"
                                                    : "the answer did not end";
    if (turn.problem.empty()) turn.problem = missing;
  } else if (turn.split && turn.stopped && *turn.stopped <= turn.speech_end &&
             now < turn.speech_end + kSplitGrace) {
    return;
  }
  finish_turn(now);
}

void BenchTalker::finish_turn(Instant now) {
  question_at_ = std::max(now, played_until_) + options_.pause;
  const bool was_last = options_.turns > 0 && static_cast<int>(turns_.size()) >= options_.turns;
  const bool out_of_time = question_at_ > options_.last_question;
  state_ = was_last || out_of_time ? State::over : State::resting;
}

void BenchTalker::lose(const std::string& why) {
  if (state_ == State::over) return;
  if (state_ == State::opening || state_ == State::resting) {
    turns_.push_back({.session = options_.session,
                      .number = static_cast<int>(turns_.size()) + 1,
                      .clip = "(not asked)"});
  }
  turns_.back().problem = why;
  state_ = State::over;
}

}  // namespace parley::cli
