// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_streams_command.h"

#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/bench_clips.h"
#include "cli/bench_streams.h"
#include "cli/bench_streams_report.h"
#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/stop_signal.h"
#include "cli/stream_tracks.h"

namespace parley::cli {
namespace {

constexpr const char* kCuts = "tests/data/speech_cuts.tsv";
constexpr std::size_t kTracks = 16;
constexpr int kTrackSeconds = 60;
constexpr std::uint64_t kSeed = 1;  // the same tracks in every run
constexpr std::size_t kStreamsMax = 100'000;

struct Options {
  ConfigOptions config;
  BenchStreamsOptions bench;
  std::string clips;
  std::string cuts = kCuts;
  bool find = false;
  bool json = false;
};

Result<std::vector<StreamTrack>> load_tracks(const Options& options, const Config& config) {
  std::vector<BenchClip> clips;
  if (!options.clips.empty()) {
    PARLEY_TRY(clips, load_clips(options.clips, {}));
  } else {
    PARLEY_TRY(clips, load_cuts(options.cuts, models_root(config) + "/speech", {}));
  }
  return make_stream_tracks(clips, kTracks, kTrackSeconds, kSeed);
}

StreamsReport report_on(const std::vector<StreamTrack>& tracks) {
  std::size_t samples = 0;
  std::size_t speech = 0;
  for (const StreamTrack& track : tracks) {
    samples += track.samples.size();
    speech += track.speech_samples;
  }
  return {.speech_share = static_cast<double>(speech) / static_cast<double>(samples),
          .tracks = tracks.size(),
          .track_seconds = static_cast<double>(samples) / kBenchRate};
}

Result<int> load_and_bench(Options& options) {
  PARLEY_TRY(const Config config, options.config.load());
  PARLEY_TRY(std::vector<StreamTrack> tracks, load_tracks(options, config));
  StreamsReport report = report_on(tracks);
  PARLEY_TRY(const auto bench, BenchStreams::load(config, std::move(tracks)));
  std::ostream& people = options.json ? std::cerr : std::cout;
  people << streams_head(report) << std::flush;

  const StopSignal stop;
  const auto run = [&](std::size_t streams) -> Result<bool> {
    BenchStreamsOptions one = options.bench;
    one.streams = streams;
    PARLEY_TRY(StreamsResult result, bench->run(one, [&stop] { return stop.is_raised(); }));
    if (stop.is_raised()) return Error{ErrorCode::cancelled, "stopped"};
    people << streams_table(result) << std::flush;
    report.runs.push_back(std::move(result));
    return report.runs.back().passed();
  };
  if (options.find) {
    PARLEY_TRY(report.streams_max, find_streams_max(options.bench.streams, kStreamsMax, run));
    people << "most streams with a p99 of " << kStreamDelayMsMax << " ms: " << *report.streams_max
           << '\n';
  } else {
    PARLEY_TRY_STATUS(run(options.bench.streams));
  }
  if (options.json) std::cout << streams_json(report) << '\n';
  return streams_passed(report) ? kDone : kFailed;
}

}  // namespace

void add_bench_streams_command(CLI::App& bench, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      bench.add_subcommand("streams", "Listen to many live streams at once, in this process");
  command->add_option("--streams", options->bench.streams, "Streams at one time (1000)")
      ->check(CLI::Range(std::size_t{1}, kStreamsMax));
  command->add_option("--seconds", options->bench.seconds, "Time that is measured (20)")
      ->check(CLI::Range(1, 86'400));
  command->add_flag("--find", options->find,
                    "Search the most streams whose frame delay is 20 ms at the 99th percentile");
  command->add_option("--clips", options->clips, "Folder of recorded questions")->type_name("DIR");
  command
      ->add_option("--cuts", options->cuts,
                   "Without --clips: table of cuts of the recordings that tools/deps fetches")
      ->type_name("FILE");
  command->add_flag("--json", options->json, "Print one JSON object");
  options->config.add_to(*command);
  command->callback([options, &status] {
    const Result<int> done = load_and_bench(*options);
    if (!done) std::cerr << "parley bench: " << done.error().message << '\n';
    status = done ? *done : kFailed;
  });
}

}  // namespace parley::cli
