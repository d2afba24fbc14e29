// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_streams_report.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "protocol/json_writer.h"

namespace parley::cli {
namespace {

constexpr double kKilobyte = 1e3;

template <typename... Arguments>
void add_line(std::string& text, const char* format, Arguments... arguments) {
  std::array<char, 256> line{};
  const int size = std::snprintf(line.data(), line.size(), format, arguments...);
  text.append(line.data(), std::min(static_cast<std::size_t>(std::max(size, 0)), line.size() - 1));
  text += '\n';
}

unsigned long long number(std::uint64_t value) { return value; }

void write_stages(protocol::JsonWriter& json, const std::vector<StreamsStage>& stages) {
  json.begin_object();
  for (const StreamsStage& stage : stages) json.quoted_key(stage.name).value(stage.cores);
  json.end_object();
}

void write_run(protocol::JsonWriter& json, const StreamsResult& run) {
  json.begin_object();
  json.field("streams", run.streams);
  json.field("seconds", run.seconds);
  json.field("passed", run.passed());
  json.field("frames", run.frames);
  json.field("processed", run.processed);
  json.field("dropped", run.dropped);
  json.field("delay_p50_ms", run.delay_p50_ms);
  json.field("delay_p99_ms", run.delay_p99_ms);
  json.field("delay_max_ms", run.delay_max_ms);
  json.field("source_late_p50_ms", run.late_p50_ms);
  json.field("source_late_p99_ms", run.late_p99_ms);
  json.field("engine_cores", run.engine_cores);
  json.field("source_cores", run.source_cores);
  json.field("other_cores", run.other_cores);
  write_stages(json.key("threads_cores"), run.threads);
  write_stages(json.key("stages_cores"), run.stages);
  json.field("bytes_per_stream", run.bytes_per_stream);
  json.field("windows", run.windows);
  json.field("batch_mean", run.batch_mean);
  json.field("slices", run.slices);
  json.field("turns", run.turns);
  json.field("errors", run.errors);
  json.end_object();
}

}  // namespace

bool streams_passed(const StreamsReport& report) {
  if (report.streams_max) return *report.streams_max > 0;
  return !report.runs.empty() && std::all_of(report.runs.begin(), report.runs.end(),
                                             [](const StreamsResult& run) { return run.passed(); });
}

std::string streams_head(const StreamsReport& report) {
  std::string text;
  add_line(text,
           "%zu tracks, %.0f s: recorded questions (%.1f %%) in the recordings' own room noise, "
           "scaled to %.0f dBFS",
           report.tracks, report.track_seconds, report.speech_share * 100, kRoomLevel);
  return text;
}

std::string streams_table(const StreamsResult& run) {
  std::string text;
  add_line(text, "%zu streams, %.1f s: %s", run.streams, run.seconds,
           run.passed() ? "passed" : "NOT PASSED");
  add_line(text, "  frames                 %llu, dropped %llu", number(run.frames),
           number(run.dropped));
  add_line(text, "  frame delay, ms        p50 %.2f  p99 %.2f  max %.2f", run.delay_p50_ms,
           run.delay_p99_ms, run.delay_max_ms);
  add_line(text, "  of it the source's     p50 %.2f  p99 %.2f", run.late_p50_ms, run.late_p99_ms);
  add_line(text, "  CPU, cores             engine %.2f, load source %.2f, other processes %.2f",
           run.engine_cores, run.source_cores, run.other_cores);
  add_line(text, "  memory per stream      %.1f kB", run.bytes_per_stream / kKilobyte);
  add_line(text, "  windows                %llu, in batches of %.1f", number(run.windows),
           run.batch_mean);
  add_line(text, "  slices per frame       %.2f",
           static_cast<double>(run.slices) / std::max(1.0, static_cast<double>(run.frames)));
  add_line(text, "  turns begun            %llu", number(run.turns));
  if (run.errors > 0) add_line(text, "  ERRORS                 %llu", number(run.errors));
  add_line(text, "  CPU by stage, cores:");
  for (const StreamsStage& stage : run.stages) {
    add_line(text, "    %-44s %6.3f", stage.name.c_str(), stage.cores);
  }
  add_line(text, "  CPU by thread, cores:");
  for (const StreamsStage& thread : run.threads) {
    if (thread.cores >= 0.0005) {
      add_line(text, "    %-44s %6.3f", thread.name.c_str(), thread.cores);
    }
  }
  return text;
}

std::string streams_json(const StreamsReport& report) {
  std::string text;
  protocol::JsonWriter json(text);
  json.begin_object();
  json.field("passed", streams_passed(report));
  json.field("speech_share", report.speech_share);
  json.field("room_dbfs", kRoomLevel);
  if (report.streams_max) json.field("streams_max", *report.streams_max);
  json.key("runs").begin_array();
  for (const StreamsResult& run : report.runs) write_run(json, run);
  json.end_array();
  json.end_object();
  return text;
}

}  // namespace parley::cli
