// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_talk.h"

#include <cmath>
#include <memory>
#include <utility>

#include "cli/bench_code_words.h"
#include "cli/bench_loop.h"
#include "cli/bench_server.h"
#include "exec/parker.h"
#include "protocol/json_writer.h"

namespace parley::cli {
namespace {

// English in the tokens of a small language model: measured 1.2 tokens a word.
constexpr double kTokensPerWord = 1.2;

constexpr std::string_view kInstructions =
    "You are the friendly voice of a small hotel by the sea. Guests call you at any hour of the "
    "day, and you answer them in one or two short sentences, in plain spoken words, without lists, "
    "headings or symbols. Breakfast is served from seven until ten in the room with the blue "
    "windows, and on Sundays there is fresh bread from the bakery next door. The beach is five "
    "minutes away on foot, past the old lighthouse, and towels are in the basket beside the door. "
    "If somebody asks for a taxi, say that one comes in about ten minutes. If somebody is unhappy, "
    "say that you are sorry, and that the manager will call them back today. Do not talk about "
    "politics, and never give medical advice. When you do not know an answer, say so, and offer to "
    "find out. Speak slowly and warmly, as you would to an old friend who has come a long way. ";

std::vector<std::unique_ptr<BenchTalker>> make_talkers(std::size_t count,
                                                       const std::vector<BenchClip>& clips,
                                                       const BenchTalkOptions& options,
                                                       Instant last_question) {
  std::vector<std::unique_ptr<BenchTalker>> talkers;
  talkers.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    talkers.push_back(std::make_unique<BenchTalker>(BenchTalkerOptions{
        .clips = &clips,
        .session = i,
        .turns = options.turns,
        .last_question = last_question,
        .pause = options.pause,
        .update = bench_update(options, i),
        .keep_audio = options.code_words,
    }));
  }
  return talkers;
}

/// Adds what the talkers saw.
void collect(BenchResult& result, const std::vector<std::unique_ptr<BenchTalker>>& talkers,
             const Lateness& lateness) {
  for (const std::unique_ptr<BenchTalker>& talker : talkers) {
    if (talker->llm()) result.llm = talker->llm();
    std::move(talker->turns().begin(), talker->turns().end(), std::back_inserter(result.turns));
  }
  result.frames = lateness.count();
  result.late_p50_ms = lateness.percentile_ms(0.5);
  result.late_p99_ms = lateness.percentile_ms(0.99);
}

double seconds_since(const Clock& clock, Instant begin) {
  return std::chrono::duration<double>(clock.now() - begin).count();
}

}  // namespace

std::string bench_instructions(int tokens) {
  const auto words = static_cast<std::size_t>(std::lround(tokens / kTokensPerWord));
  std::string text;
  std::size_t at = 0;
  for (std::size_t word = 0; word < words; ++word) {
    const std::size_t end = kInstructions.find(' ', at);
    text += kInstructions.substr(at, end + 1 - at);
    at = end + 1 == kInstructions.size() ? 0 : end + 1;
  }
  if (!text.empty()) text.pop_back();
  return text;
}

std::string bench_update(const BenchTalkOptions& options, std::size_t session) {
  std::string instructions = bench_instructions(options.instructions_tokens);
  if (options.code_words) {
    if (!instructions.empty()) instructions += ' ';
    instructions += "The code word is " + std::string(code_words()[session % code_words().size()]) +
                    ". Say it in every answer.";
  }
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object();
  json.field("type", "session.update");
  json.key("session").begin_object();
  json.field("type", "realtime");
  if (!instructions.empty()) json.field("instructions", instructions);
  if (options.max_output_tokens > 0) json.field("max_output_tokens", options.max_output_tokens);
  if (options.silence_ms > 0) {
    json.key("audio").begin_object();
    json.key("input").begin_object();
    json.key("turn_detection").begin_object();
    json.field("type", "server_vad");
    json.field("silence_duration_ms", options.silence_ms);
    json.end_object();
    json.end_object();
    json.end_object();
  }
  json.end_object();
  json.end_object();
  return text;
}

Result<BenchResult> bench_talk(const BenchTarget& target, const std::vector<BenchClip>& clips,
                               const BenchTalkOptions& options, const BenchStop& stopped) {
  const SteadyClock clock;
  const Instant begin = clock.now();
  const Instant last =
      options.duration.count() > 0 ? begin + Nanos(options.duration) : Instant::never();
  auto talkers = make_talkers(options.sessions, clips, options, last);
  BenchLoop loop({.target = target,
                  .gap = options.spread / static_cast<std::int64_t>(options.sessions),
                  .seed = options.seed},
                 clock);
  PARLEY_TRY_STATUS(loop.run(talkers, stopped));
  BenchResult result{.sessions = options.sessions, .seconds = seconds_since(clock, begin)};
  collect(result, talkers, loop.lateness());
  return result;
}

Result<BenchResult> bench_idle(const BenchTarget& target, const std::vector<BenchClip>& clips,
                               const BenchTalkOptions& options, std::size_t idle, pid_t pid,
                               const BenchStop& stopped) {
  const SteadyClock clock;
  const Instant begin = clock.now();
  BenchTalkOptions once = options;
  once.turns = 1;
  // What the first turns make the models allocate belongs to no session. They come and go.
  {
    auto first = make_talkers(options.sessions, clips, once, Instant::never());
    BenchLoop loop({.target = target, .seed = options.seed}, clock);
    PARLEY_TRY_STATUS(loop.run(first, stopped));
  }
  exec::Parker pause;
  pause.park_until(clock.now() + options.settle);
  BenchMemory memory{.sessions = idle};
  PARLEY_TRY(memory.before_bytes, resident_bytes(pid));

  auto talkers = make_talkers(idle, clips, once, Instant::never());
  BenchLoop loop(
      {.target = target, .active_max = options.sessions, .gap = Millis(20), .seed = options.seed},
      clock);
  PARLEY_TRY_STATUS(loop.run(talkers, stopped));
  pause.park_until(clock.now() + options.settle);
  PARLEY_TRY(memory.after_bytes, resident_bytes(pid));

  BenchResult result{.sessions = idle, .seconds = seconds_since(clock, begin)};
  collect(result, talkers, loop.lateness());
  result.memory = memory;
  return result;
}

}  // namespace parley::cli
