// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_report.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <utility>

#include "protocol/json_writer.h"

namespace parley::cli {
namespace {

constexpr double kMegabyte = 1e6;

double ms_between(Instant from, Instant to) {
  return static_cast<double>((to - from).count()) / 1e6;
}

/// What the client saw of a turn that counts; else nothing.
struct Seen {
  Instant stopped;
  Instant first_audio;
};
std::optional<Seen> seen_in(const BenchTurn& turn) {
  const bool counts = turn.problem.empty() && !turn.split;
  if (!counts || !turn.stopped || !turn.first_audio) return std::nullopt;
  return Seen{.stopped = *turn.stopped, .first_audio = *turn.first_audio};
}

template <typename... Arguments>
void add_line(std::string& text, const char* format, Arguments... arguments) {
  std::array<char, 256> line{};
  const int size = std::snprintf(line.data(), line.size(), format, arguments...);
  text.append(line.data(), std::min(static_cast<std::size_t>(std::max(size, 0)), line.size() - 1));
  text += '\n';
}

void add_figures(std::string& text, std::span<const BenchFigure> figures) {
  for (const BenchFigure& figure : figures) {
    add_line(text, "%-46s %6zu %8.0f %8.0f %8.0f %8.0f", figure.label.c_str(), figure.ms.size(),
             figure.percentile(0.5), figure.percentile(0.95), figure.percentile(0),
             figure.percentile(1));
  }
}

void write_figures(protocol::JsonWriter& json, std::span<const BenchFigure> figures) {
  json.begin_object();
  for (const BenchFigure& figure : figures) {
    json.key(figure.name).begin_object();
    json.field("count", figure.ms.size());
    json.field("p50", figure.percentile(0.5));
    json.field("p95", figure.percentile(0.95));
    json.field("min", figure.percentile(0));
    json.field("max", figure.percentile(1));
    json.end_object();
  }
  json.end_object();
}

void write_turn(protocol::JsonWriter& json, const BenchTurn& turn) {
  json.begin_object();
  json.field("session", turn.session);
  json.field("turn", turn.number);
  json.field("clip", turn.clip);
  json.field("answered", turn.problem.empty());
  if (!turn.problem.empty()) json.field("problem", turn.problem);
  json.field("split", turn.split);
  if (turn.stopped) json.field("endpoint_ms", ms_between(turn.speech_end, *turn.stopped));
  if (turn.stopped && turn.first_audio) {
    json.field("decision_to_audio_ms", ms_between(*turn.stopped, *turn.first_audio));
    json.field("speech_to_audio_ms", ms_between(turn.speech_end, *turn.first_audio));
  }
  json.key("timeline").begin_object();
  const auto stage = [&json](const char* name, const std::optional<std::int64_t>& at) {
    if (at) json.field(name, *at);
  };
  stage("speech_end_ms", turn.timeline.speech_end_ms);
  stage("transcript_ms", turn.timeline.transcript_ms);
  stage("first_token_ms", turn.timeline.first_token_ms);
  stage("first_clause_ms", turn.timeline.first_clause_ms);
  stage("first_audio_ms", turn.timeline.first_audio_ms);
  json.end_object();
  json.field("input_text_tokens", turn.input_text_tokens);
  json.field("output_tokens", turn.output_tokens);
  json.field("said", turn.said);
  json.end_object();
}

void add_problems(std::string& text, const BenchResult& result) {
  for (const BenchTurn& turn : result.turns) {
    if (turn.problem.empty()) continue;
    add_line(text, "NOT ANSWERED  session %zu turn %d (%s): %s", turn.session, turn.number,
             turn.clip.c_str(), turn.problem.c_str());
  }
  if (result.code_words) {
    add_line(text, "code words: %zu replies checked, %zu wrong", result.code_words->checked,
             result.code_words->wrong.size());
    for (const BenchCodeWords::Wrong& wrong : result.code_words->wrong) {
      add_line(text, "WRONG WORD  session %zu turn %d: %s", wrong.session, wrong.turn,
               wrong.why.c_str());
    }
  }
  if (result.late_p99_ms > kLateMsMax) {
    add_line(text,
             "THE GENERATOR WAS LATE by more than %.0f ms: part of these times is its own, not the "
             "server's",
             kLateMsMax);
  }
}

}  // namespace

double BenchFigure::percentile(double share) const {
  if (ms.empty()) return 0;
  std::vector<double> sorted = ms;
  std::sort(sorted.begin(), sorted.end());
  const double rank = std::ceil(share * static_cast<double>(sorted.size()));
  return sorted[static_cast<std::size_t>(std::max(rank, 1.0)) - 1];
}

std::vector<BenchFigure> bench_figures(std::span<const BenchTurn> turns) {
  BenchFigure whole{"speech_to_audio", "last speech sample -> first audio"};
  BenchFigure client{"decision_to_audio", "end of turn -> first audio (client)"};
  BenchFigure server{"decision_to_audio_server", "end of turn -> first audio (server)"};
  BenchFigure endpoint{"endpoint", "last speech sample -> end of turn"};
  for (const BenchTurn& turn : turns) {
    const std::optional<Seen> seen = seen_in(turn);
    if (!seen) continue;
    whole.ms.push_back(ms_between(turn.speech_end, seen->first_audio));
    client.ms.push_back(ms_between(seen->stopped, seen->first_audio));
    endpoint.ms.push_back(ms_between(turn.speech_end, seen->stopped));
    if (turn.timeline.first_audio_ms) {
      server.ms.push_back(static_cast<double>(*turn.timeline.first_audio_ms));
    }
  }
  return {std::move(whole), std::move(client), std::move(server), std::move(endpoint)};
}

std::vector<BenchFigure> bench_waterfall(std::span<const BenchTurn> turns) {
  std::vector<BenchFigure> stages{
      {"endpoint_wait", "  endpoint wait"},     {"transcript", "  + transcript"},
      {"first_token", "  + first token"},       {"first_clause", "  + first clause"},
      {"first_audio", "  + first audio of it"}, {"delivery", "  + delivery"}};
  for (const BenchTurn& turn : turns) {
    const protocol::TimelineInfo& at = turn.timeline;
    const std::optional<Seen> seen = seen_in(turn);
    if (!seen || !at.first_audio_ms) continue;
    // A stage that was over before the decision cost nothing after it.
    const std::int64_t transcript = std::max<std::int64_t>(0, at.transcript_ms.value_or(0));
    const std::int64_t token = at.first_token_ms.value_or(transcript);
    const std::int64_t clause = at.first_clause_ms.value_or(token);
    const auto add = [&stages](std::size_t stage, std::int64_t ms) {
      stages[stage].ms.push_back(static_cast<double>(ms));
    };
    add(0, -at.speech_end_ms.value_or(0));
    add(1, transcript);
    add(2, token - transcript);
    add(3, clause - token);
    add(4, *at.first_audio_ms - clause);
    stages[5].ms.push_back(ms_between(seen->stopped, seen->first_audio) -
                           static_cast<double>(*at.first_audio_ms));
  }
  return stages;
}

bool bench_passed(const BenchResult& result) {
  const bool answered = std::all_of(result.turns.begin(), result.turns.end(),
                                    [](const BenchTurn& turn) { return turn.problem.empty(); });
  return answered && !result.turns.empty() &&
         (!result.code_words || result.code_words->wrong.empty());
}

std::string bench_table(const BenchResult& result) {
  const auto answered = std::count_if(result.turns.begin(), result.turns.end(),
                                      [](const BenchTurn& turn) { return turn.problem.empty(); });
  const auto split = std::count_if(result.turns.begin(), result.turns.end(),
                                   [](const BenchTurn& turn) { return turn.split; });
  std::string text;
  add_line(text, "%zu sessions, %zu turns in %.0f s: %td answered, %td split (not in the times)",
           result.sessions, result.turns.size(), result.seconds, answered, split);
  if (result.llm) {
    add_line(text, "language model: %s%s", result.llm->name.c_str(),
             result.llm->is_demonstration ? " - it only exercises the pipeline" : "");
  }
  add_line(text, "%-46s %6s %8s %8s %8s %8s", "ms", "count", "p50", "p95", "min", "max");
  add_figures(text, bench_figures(result.turns));
  text += "where it goes, by the server's clock:\n";
  add_figures(text, bench_waterfall(result.turns));
  add_line(text, "frames left late by: p50 %.1f ms, p99 %.1f ms (of %llu)", result.late_p50_ms,
           result.late_p99_ms, static_cast<unsigned long long>(result.frames));
  if (result.memory) {
    add_line(text, "memory of the server: %.1f MB, with %zu idle sessions %.1f MB: %.3f MB each",
             static_cast<double>(result.memory->before_bytes) / kMegabyte, result.memory->sessions,
             static_cast<double>(result.memory->after_bytes) / kMegabyte,
             result.memory->bytes_per_session() / kMegabyte);
  }
  add_problems(text, result);
  return text;
}

std::string bench_json(const BenchResult& result) {
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object();
  json.field("sessions", result.sessions);
  json.field("seconds", result.seconds);
  json.field("passed", bench_passed(result));
  if (result.llm) {
    json.key("llm").begin_object();
    json.field("name", result.llm->name);
    json.field("demonstration", result.llm->is_demonstration);
    json.end_object();
  }
  write_figures(json.key("times_ms"), bench_figures(result.turns));
  write_figures(json.key("waterfall_ms"), bench_waterfall(result.turns));
  json.key("generator").begin_object();
  json.field("frames", result.frames);
  json.field("late_p50_ms", result.late_p50_ms);
  json.field("late_p99_ms", result.late_p99_ms);
  json.end_object();
  if (result.memory) {
    json.key("memory").begin_object();
    json.field("sessions", result.memory->sessions);
    json.field("before_bytes", result.memory->before_bytes);
    json.field("after_bytes", result.memory->after_bytes);
    json.field("bytes_per_session", result.memory->bytes_per_session());
    json.end_object();
  }
  if (result.code_words) {
    json.key("code_words").begin_object();
    json.field("checked", result.code_words->checked);
    json.key("wrong").begin_array();
    for (const BenchCodeWords::Wrong& wrong : result.code_words->wrong) {
      json.begin_object();
      json.field("session", wrong.session);
      json.field("turn", wrong.turn);
      json.field("why", wrong.why);
      json.end_object();
    }
    json.end_array();
    json.end_object();
  }
  json.key("turns").begin_array();
  for (const BenchTurn& turn : result.turns) write_turn(json, turn);
  json.end_array();
  json.end_object();
  return text;
}

}  // namespace parley::cli
