// SPDX-License-Identifier: Apache-2.0
#include "cli/transcribe_command.h"

#include <iostream>
#include <map>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>

#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/transcribe.h"
#include "dsp/denoiser.h"
#include "server/engine.h"

namespace parley::cli {
namespace {

// Nobody waits for an answer, so a turn may end late and recognition sees whole sentences.
constexpr int kSilenceMs = 1000;

struct Options {
  ConfigOptions config;
  TranscribeOptions transcribe;
  int suppress_db = 0;
};

void add_format_options(CLI::App& command, TranscribeOptions& options) {
  CLI::Option* const format = command.add_option(
      "--format", options.format,
      "text; json: an object for each file, with the times of its segments and words; srt, vtt: "
      "subtitles of one file (default: text)");
  format->type_name("FORMAT");
  format->transform(CLI::CheckedTransformer(
                        std::map<std::string, TranscribeFormat>{{"text", TranscribeFormat::text},
                                                                {"json", TranscribeFormat::json},
                                                                {"srt", TranscribeFormat::srt},
                                                                {"vtt", TranscribeFormat::vtt}})
                        .description(""));
  command
      .add_flag_callback(
          "--json", [&options] { options.format = TranscribeFormat::json; },
          "The same as --format json")
      ->excludes(format);
}

/// Players read a file of subtitles to its first end, and its times begin at 0.
bool is_one_of_subtitles(const TranscribeOptions& options) {
  const bool has_cues =
      options.format == TranscribeFormat::srt || options.format == TranscribeFormat::vtt;
  return !has_cues || options.files.size() == 1;
}

Result<int> load_and_transcribe(const Options& options) {
  Config defaults;
  defaults.turn.silence_ms = kSilenceMs;
  PARLEY_TRY(const Config config, options.config.load({}, defaults));
  Metrics metrics;
  PARLEY_TRY(const std::unique_ptr<server::Engine> engine,
             server::Engine::load(config, metrics, {}, {.speaking = false, .thinking = false}));
  agent::AgentSettings settings = server::default_settings(config);
  settings.noise.suppress_db = options.suppress_db;
  return transcribe_files(engine->listening_context(), engine->pool(), settings, options.transcribe,
                          std::cout, std::cerr);
}

}  // namespace

void add_transcribe_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command = root.add_subcommand(
      "transcribe", "Print what recordings say: one line `FILE<tab>text` for each");
  command
      ->add_option("FILE", options->transcribe.files,
                   "WAV, FLAC, Ogg or MP3, of any rate; MP4 and WebM where ffmpeg is installed")
      ->required()
      ->type_name("");
  add_format_options(*command, options->transcribe);
  command
      ->add_option("--suppress-noise", options->suppress_db,
                   "Turn steady noise down first, by up to so many dB (default: 0, not at all)")
      ->type_name("DB")
      ->check(CLI::Range(0, dsp::Denoiser::kSuppressMaxDb));
  options->config.add_to(*command);
  command->callback([options, &status] {
    if (!is_one_of_subtitles(options->transcribe)) {
      std::cerr << "parley transcribe: subtitles are made of one file at a time\n";
      status = kWrongUsage;
      return;
    }
    const Result<int> done = load_and_transcribe(*options);
    if (!done) std::cerr << "parley transcribe: " << done.error().message << '\n';
    status = done ? *done : kFailed;
  });
}

}  // namespace parley::cli
