// SPDX-License-Identifier: Apache-2.0
#include "cli/talk_command.h"

#include <iostream>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/metrics.h"
#include "base/random.h"
#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/stop_signal.h"
#include "cli/talk_device.h"
#include "cli/talk_files.h"
#include "cli/talk_session.h"
#include "server/engine.h"

namespace parley::cli {
namespace {

// How long the terminal may lag behind the conversation.
constexpr Millis kLook{50};
// What is synthesised ahead of the speaker: an interruption throws it away.
constexpr Millis kDeviceLead{500};

struct Options {
  ConfigOptions config;
  TalkOptions talk;
  std::string in;
  std::string out;
};

/// Lines on their way from the strand, which must not wait for a terminal, to the main thread.
class LineQueue {
 public:
  void push(std::string line) {
    const std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  void print(std::ostream& out) {
    std::vector<std::string> lines;
    {
      const std::lock_guard lock(mutex_);
      lines.swap(lines_);
    }
    for (const std::string& line : lines) out << line << '\n';
    if (!lines.empty()) out.flush();
  }

 private:
  std::mutex mutex_;                // held for a move
  std::vector<std::string> lines_;  // GUARDED_BY(mutex_)
};

Result<int> converse(server::Engine& engine, const agent::AgentSettings& settings,
                     const TalkOptions& options, TalkAudio& audio) {
  const StopSignal stop;
  LineQueue lines;
  PARLEY_TRY(const std::unique_ptr<TalkSession> session,
             TalkSession::start(engine.agent_context(), engine.pool(), settings, options, audio,
                                [&lines](std::string line) { lines.push(std::move(line)); }));
  bool over = false;
  while (!over && !stop.is_raised()) {
    over = session->wait(engine.clock().now() + kLook);
    lines.print(std::cout);
  }
  return over && session->has_failed() ? kFailed : kDone;
}

Result<int> talk_with_files(server::Engine& engine, agent::AgentSettings settings,
                            const Options& options) {
  PARLEY_TRY(TalkFiles files, TalkFiles::open(options.in));
  settings.playout_lead = Millis(0);  // a file need not be played in time
  TalkOptions talk = options.talk;
  talk.interrupts = false;  // nor is it spoken in time: it cannot mean to interrupt
  PARLEY_TRY(const int status, converse(engine, settings, talk, files));
  PARLEY_TRY_STATUS(files.finish(options.out));
  return status;
}

Result<int> load_and_talk(Options& options) {
  if (options.in.empty() != options.out.empty()) {
    return Error{ErrorCode::invalid_argument, "--in and --out go together"};
  }
  PARLEY_TRY(const Config config, options.config.load());
  options.talk.seed = entropy_seed();
  std::unique_ptr<TalkDevice> device;
  if (options.in.empty()) {
    // Before the models: who has no microphone need not wait for them.
    PARLEY_TRY(device, TalkDevice::open());
  }
  Metrics metrics;
  PARLEY_TRY(const std::unique_ptr<server::Engine> engine,
             server::Engine::load(config, metrics, {}));
  agent::AgentSettings settings = server::default_settings(config);
  if (device == nullptr) return talk_with_files(*engine, std::move(settings), options);
  settings.playout_lead = kDeviceLead;
  std::cerr << "Speak. There is no echo cancellation: use headphones. Ctrl-C ends.\n";
  PARLEY_TRY(const int status, converse(*engine, settings, options.talk, *device));
  if (device->overruns() > 0) {
    std::cerr << "parley talk: " << device->overruns()
              << " samples of the microphone were lost: the machine is too busy\n";
  }
  return status;
}

}  // namespace

void add_talk_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command =
      root.add_subcommand("talk", "Talk by microphone and speaker, or from file to file");
  command->add_option("--in", options->in, "Recording to answer, instead of the microphone")
      ->type_name("FILE");
  command->add_option("--out", options->out, "WAV file for the replies, instead of the speaker")
      ->type_name("FILE");
  command->add_flag("--json", options->talk.json,
                    "Each event a JSON object on a line, with the times of its stages");
  options->config.add_to(*command);
  command->callback([options, &status] {
    const Result<int> done = load_and_talk(*options);
    if (!done) std::cerr << "parley talk: " << done.error().message << '\n';
    status = done ? *done : kFailed;
  });
}

}  // namespace parley::cli
