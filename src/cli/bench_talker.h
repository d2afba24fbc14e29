// SPDX-License-Identifier: Apache-2.0
//
// One client of `parley bench talk`, without its socket: asks recorded questions in real time as a
// microphone would (a frame every 20 ms, silence between questions), waits until each reply has
// been played, rests, asks the next, and writes down when everything happened.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "cli/bench_clips.h"
#include "protocol/realtime/server_event_reader.h"

namespace parley::cli {

/// One question and its reply. Instants are of the client's clock.
struct BenchTurn {
  std::size_t session = 0;
  int number = 0;  // in its session, from 1
  std::string clip{};

  Instant speech_end{};                  // the last speech sample was sent
  std::optional<Instant> stopped{};      // the server said that the turn is over
  std::optional<Instant> first_audio{};  // of the reply, received
  std::optional<Instant> done{};
  protocol::TimelineInfo timeline{};  // the server's own times
  std::int64_t input_text_tokens = 0;
  std::int64_t output_tokens = 0;

  bool split = false;  // the server heard more than one turn in the question
  std::string response_id{};
  std::string said{};              // the reply's transcript
  std::vector<std::byte> audio{};  // the reply, where it is kept
  std::size_t audio_bytes = 0;
  std::string problem{};  // empty: it was answered
};

struct BenchTalkerOptions {
  const std::vector<BenchClip>* clips = nullptr;  // not empty
  std::size_t session = 0;
  int turns = 1;                             // 0: until `last_question`
  Instant last_question = Instant::never();  // none begins after it
  Millis pause{2000};                        // between a reply's end and the next question
  Millis answer_limit{30'000};               // from the question's end to response.done
  std::string update{};                      // a session.update event; empty: none
  bool keep_audio = false;
};

class BenchTalker {
 public:
  explicit BenchTalker(BenchTalkerOptions options) : options_(std::move(options)) {}

  /// The connection was begun.
  void start(Instant now);
  /// What to send now, if anything. REQUIRES: now >= next_tick().
  [[nodiscard]] std::optional<std::string_view> tick(Instant now);
  [[nodiscard]] Instant next_tick() const { return next_tick_; }
  /// Something came; returns what to send in answer.
  [[nodiscard]] std::optional<std::string> receive(const protocol::ReceivedEvent& event,
                                                   Instant now);
  /// The connection has gone, or the server cannot be understood.
  void lose(const std::string& why);

  /// Nothing is asked any more.
  [[nodiscard]] bool over() const { return state_ == State::over; }
  [[nodiscard]] std::vector<BenchTurn>& turns() { return turns_; }
  [[nodiscard]] const std::optional<protocol::LlmInfo>& llm() const { return llm_; }

 private:
  enum class State : std::uint8_t { opening, resting, asking, listening, over };

  void ready(Instant now);
  void begin_question();
  [[nodiscard]] std::string_view next_piece(Instant now);
  void hear(const protocol::ReceivedEvent& event, Instant now);
  void end_reply(const protocol::ReceivedEvent& event, Instant now);
  void end_turn_if_over(Instant now);
  void finish_turn(Instant now);

  BenchTalkerOptions options_;
  State state_ = State::opening;
  Instant deadline_ = Instant::never();  // of the opening, or of the answer
  Instant next_tick_ = Instant::never();
  Instant question_at_;
  const BenchClip* clip_ = nullptr;
  std::size_t clip_at_ = 0;   // samples sent
  bool is_speaking_ = false;  // as the server hears it
  Instant played_until_;
  std::string frame_;
  std::vector<BenchTurn> turns_;
  std::optional<protocol::LlmInfo> llm_;
};

}  // namespace parley::cli
