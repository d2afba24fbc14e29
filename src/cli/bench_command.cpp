// SPDX-License-Identifier: Apache-2.0
#include "cli/bench_command.h"

#include <cstring>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "cli/bench_clips.h"
#include "cli/bench_code_words.h"
#include "cli/bench_hearing.h"
#include "cli/bench_report.h"
#include "cli/bench_server.h"
#include "cli/bench_streams_command.h"
#include "cli/bench_talk.h"
#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/stop_signal.h"
#include "transport/client/http_url.h"

namespace parley::cli {
namespace {

constexpr int kTurns = 20;
constexpr const char* kCuts = "tests/data/speech_cuts.tsv";

struct Options {
  ConfigOptions config;
  BenchTalkOptions talk;
  std::string url;
  std::string clips;
  std::string cuts = kCuts;
  int duration_seconds = 0;
  int pause_ms = 2000;
  int spread_ms = 4000;
  std::size_t idle = 0;
  int pid = 0;
  bool json = false;
};

Result<BenchTarget> target_of(std::string url) {
  if (url.starts_with("ws")) url.replace(0, 2, "http");
  PARLEY_TRY(const transport::HttpUrl parsed, transport::parse_http_url(url));
  if (parsed.is_tls) {
    return Error{ErrorCode::invalid_argument, "--url: only plain ws:// or http://"};
  }
  BenchTarget target{.host = parsed.host, .port = parsed.port};
  if (parsed.path != "/") target.path = parsed.path;
  return target;
}

Result<std::vector<BenchClip>> clips_of(const Options& options, const Config& config) {
  std::vector<BenchClip> clips;
  if (!options.clips.empty()) {
    PARLEY_TRY(clips, load_clips(options.clips, {}));
  } else {
    PARLEY_TRY(clips, load_cuts(options.cuts, models_root(config) + "/speech", {}));
  }
  const std::size_t all = clips.size();
  const int silence =
      options.talk.silence_ms > 0 ? options.talk.silence_ms : config.turn.silence_ms;
  PARLEY_TRY(const std::unique_ptr<BenchHearing> hearing, BenchHearing::load(config));
  PARLEY_TRY(clips, hearing->one_turn_clips(std::move(clips), Millis(silence)));
  std::cerr << "parley bench: " << clips.size() << " of " << all << " clips are one turn\n";
  return clips;
}

/// The words of the replies.
Result<BenchCodeWords> check_words(const Config& config, const BenchResult& result) {
  PARLEY_TRY(const std::unique_ptr<BenchHearing> hearing, BenchHearing::load(config));
  return check_code_words(result.turns, result.sessions, [&](std::span<const std::byte> pcm16) {
    std::vector<std::int16_t> samples(pcm16.size() / 2);
    std::memcpy(samples.data(), pcm16.data(), samples.size() * 2);
    return hearing->transcribe(samples);
  });
}

Status check(const Options& options) {
  const auto wrong = [](const char* why) { return Error{ErrorCode::invalid_argument, why}; };
  if (options.talk.code_words && options.talk.sessions > code_words().size()) {
    return wrong("--code-words: there are words for 32 sessions only");
  }
  if (options.idle > 0 && !options.url.empty() && options.pid <= 0) {
    return wrong("--idle with --url needs --pid, the server's process, to read its memory");
  }
  return {};
}

Result<BenchResult> measure(const Options& options, const Config& config) {
  PARLEY_TRY(const std::vector<BenchClip> clips, clips_of(options, config));
  BenchTarget target;
  std::optional<BenchServer> server;
  int pid = options.pid;
  if (options.url.empty()) {
    std::cerr << "parley bench: starting a server\n";
    std::vector<std::string> arguments = options.config.arguments();
    arguments.insert(arguments.end(), {"--set", "log.level=warn"});
    PARLEY_TRY(BenchServer started, BenchServer::start(own_program(), arguments));
    server.emplace(std::move(started));
    target.port = server->port();
    pid = server->pid();
  } else {
    PARLEY_TRY(target, target_of(options.url));
  }
  if (!config.server.api_keys.empty()) target.key = config.server.api_keys.front();

  const StopSignal stop;
  const auto stopped = [&stop] { return stop.is_raised(); };
  if (options.idle > 0) {
    return bench_idle(target, clips, options.talk, options.idle, pid, stopped);
  }
  return bench_talk(target, clips, options.talk, stopped);
}

Result<int> load_and_bench(Options& options) {
  PARLEY_TRY_STATUS(check(options));
  PARLEY_TRY(const Config config, options.config.load());
  options.talk.duration = std::chrono::seconds(options.duration_seconds);
  options.talk.pause = Millis(options.pause_ms);
  options.talk.spread = Millis(options.spread_ms);
  if (options.talk.turns == 0 && options.duration_seconds == 0) options.talk.turns = kTurns;
  PARLEY_TRY(BenchResult result, measure(options, config));
  if (options.talk.code_words) {
    PARLEY_TRY(result.code_words, check_words(config, result));
  }
  std::cout << (options.json ? bench_json(result) + "\n" : bench_table(result));
  return bench_passed(result) ? kDone : kFailed;
}

void add_talk_options(CLI::App& command, Options& options) {
  command.add_option("--url", options.url, "Server to talk to (default: one is started)")
      ->type_name("ws://HOST:PORT");
  command.add_option("--sessions", options.talk.sessions, "Sessions at one time (1)")
      ->check(CLI::Range(1, 10'000));
  command
      .add_option("--turns", options.talk.turns,
                  "Questions of each session (20; with --duration: no limit)")
      ->check(CLI::Range(1, 1'000'000));
  command
      .add_option("--duration", options.duration_seconds,
                  "No question begins after this many seconds")
      ->check(CLI::Range(1, 86'400));
  command.add_option("--clips", options.clips, "Folder of recorded questions")->type_name("DIR");
  command
      .add_option("--cuts", options.cuts,
                  "Without --clips: table of cuts of the recordings that tools/deps fetches")
      ->type_name("FILE");
  command
      .add_option("--instructions-tokens", options.talk.instructions_tokens,
                  "Send instructions of about this many tokens in a session.update (none)")
      ->check(CLI::Range(0, 100'000));
  command.add_option("--max-output-tokens", options.talk.max_output_tokens,
                     "Longest reply, in tokens (40; 0: no limit)");
  command.add_option("--silence-ms", options.talk.silence_ms,
                     "Silence that ends a turn (the server's setting)");
  command.add_option("--pause-ms", options.pause_ms,
                     "From a reply's end to the next question (2000)");
  command.add_option("--spread-ms", options.spread_ms, "Time over which the sessions open (4000)");
  command.add_option("--idle", options.idle,
                     "Open this many sessions, one question each, and report the server's memory");
  command.add_option("--pid", options.pid, "With --idle and --url: the server's process");
  command.add_flag("--code-words", options.talk.code_words,
                   "Check that each session hears its own word (with tools/scripted_llm.py)");
  command.add_flag("--json", options.json, "Print one JSON object");
}

}  // namespace

void add_bench_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* bench = root.add_subcommand("bench", "Measure Parley as its users see it");
  bench->require_subcommand(1);
  CLI::App* command =
      bench->add_subcommand("talk", "Ask recorded questions in real time and time the answers");
  add_talk_options(*command, *options);
  options->config.add_to(*command);
  add_bench_streams_command(*bench, status);
  command->callback([options, &status] {
    const Result<int> done = load_and_bench(*options);
    if (!done) std::cerr << "parley bench: " << done.error().message << '\n';
    status = done ? *done : kFailed;
  });
}

}  // namespace parley::cli
