// SPDX-License-Identifier: Apache-2.0
#include "cli/transcribe_command.h"

#include <algorithm>
#include <array>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <CLI/CLI.hpp>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/stop_signal.h"
#include "cli/transcribe.h"
#include "dsp/denoiser.h"
#include "protocol/choice.h"
#include "protocol/transcription/language_name.h"
#include "server/engine.h"
#include "server/models.h"

namespace parley::cli {
namespace {

struct Options {
  ConfigOptions config;
  std::vector<std::string> files;
  TranscribeOptions transcribe;
  std::string formats = "text";
  std::size_t jobs = 0;  // 0: as many as there are cores
  std::string language;
  bool translate = false;
  int suppress_db = 0;
};

std::size_t cores() { return std::max(1U, std::thread::hardware_concurrency()); }

constexpr std::array<protocol::Choice<TranscriptFormat>, 4> kFormats{
    {{"text", TranscriptFormat::text},
     {"json", TranscriptFormat::json},
     {"srt", TranscriptFormat::srt},
     {"vtt", TranscriptFormat::vtt}}};

Result<std::vector<TranscriptFormat>> formats_of(std::string_view names) {
  std::vector<TranscriptFormat> formats;
  while (true) {
    const std::size_t comma = names.find(',');
    const std::string_view name = names.substr(0, comma);
    const auto format = protocol::value_of(name, kFormats);
    if (!format) {
      return Error{ErrorCode::invalid_argument,
                   "--format: '" + std::string(name) + "' is not text, json, srt or vtt"};
    }
    if (std::ranges::find(formats, *format) == formats.end()) formats.push_back(*format);
    if (comma == std::string_view::npos) return formats;
    names.remove_prefix(comma + 1);
  }
}

void add_format_options(CLI::App& command, Options& options) {
  CLI::Option* const format = command.add_option(
      "--format", options.formats,
      "text; json: an object for each file, with the times of its segments and words; srt, vtt: "
      "subtitles; several with commas between them (default: text)");
  format->type_name("FORMAT");
  command
      .add_flag_callback(
          "--json", [&options] { options.formats = "json"; }, "The same as --format json")
      ->excludes(format);
}

void add_work_options(CLI::App& command, Options& options) {
  command
      .add_option("-o,--output", options.transcribe.folder,
                  "Folder for the transcripts, one file for each recording and format; what is "
                  "there already is passed over, what was interrupted goes on")
      ->type_name("FOLDER");
  command.add_flag("--overwrite", options.transcribe.overwrite,
                   "Transcribe again what is there already");
  command
      .add_option("--jobs", options.jobs,
                  "Recordings that are heard at once (default: as many as there are cores)")
      ->type_name("COUNT")
      ->check(CLI::Range(std::size_t{1}, kTranscribeJobsMax));
  command
      .add_option("--language", options.language,
                  "What is spoken, as a code or an English name (default: found out)")
      ->type_name("LANGUAGE");
  command.add_flag("--translate", options.translate, "Into English");
  command
      .add_option("--suppress-noise", options.suppress_db,
                  "Turn steady noise down first, by up to so many dB (default: 0, not at all)")
      ->type_name("DB")
      ->check(CLI::Range(0, dsp::Denoiser::kSuppressMaxDb));
  command.add_flag("--progress,!--no-progress", options.transcribe.shows_progress,
                   "Show how far it is (default: on a terminal, with --output)");
}

/// What is wrong with what was asked for, if anything is.
std::optional<std::string> misuse(const TranscribeOptions& options) {
  if (!options.folder.empty()) return std::nullopt;
  if (options.overwrite) return "--overwrite: there is nothing to overwrite without --output";
  if (options.formats.size() > 1) return "several formats need --output";
  // Players read a file of subtitles to its first end, and its times begin at 0.
  const bool has_cues = options.formats.front() == TranscriptFormat::srt ||
                        options.formats.front() == TranscriptFormat::vtt;
  if (!has_cues || options.recordings.size() == 1) return std::nullopt;
  return "subtitles are made of one file at a time, or into a folder (--output)";
}

Status check_language(const Config& config, const service::RecognitionRequest& request) {
  const bool is_english = request.language.empty() || request.language == "en";
  const bool is_known = is_english || server::is_multilingual_asr(config);
  if (is_known && (!request.translate || server::is_translating_asr(config))) return {};
  const std::string what =
      request.translate ? "--translate: '" : "--language: " + request.language + ": '";
  return Error{ErrorCode::invalid_argument,
               what + server::recognizer_name(config) +
                   "' knows English only: --set asr.model=whisper-base (`tools/deps --with "
                   "languages` fetches it)"};
}

Result<service::RecognitionRequest> request_of(const Options& options, const Config& config) {
  service::RecognitionRequest request;
  request.id = "transcribe";
  request.face = "transcribe";
  if (!options.language.empty()) {
    const auto code = protocol::language_code(options.language);
    if (!code) {
      return Error{ErrorCode::invalid_argument, "--language: '" + options.language +
                                                    "' is no language: expected a code or a name "
                                                    "such as en or english"};
    }
    request.language = *code;
  }
  request.translate = options.translate;
  request.silence = Millis(config.turn.silence_ms);
  request.prefix_padding = Millis(config.turn.prefix_padding_ms);
  request.threshold = static_cast<float>(config.turn.threshold);
  request.suppress_db = options.suppress_db;
  request.calls_max = std::clamp<std::size_t>(static_cast<std::size_t>(config.asr.threads), 1,
                                              service::kRecordingCallsMax);
  PARLEY_TRY_STATUS(check_language(config, request));
  return request;
}

/// One line of all that a transcript depends on.
std::string settings_line(const Config& config, const service::RecognitionRequest& request) {
  std::string words;
  for (const std::string& word : config.asr.hot_words) words += word + ',';
  return config.asr.url + ' ' + server::recognizer_name(config) + ' ' + words + ' ' +
         config.vad.model + ' ' + request.language + (request.translate ? "/translated " : " ") +
         std::to_string(request.silence.count()) + ' ' +
         std::to_string(request.prefix_padding.count()) + ' ' + std::to_string(request.threshold) +
         ' ' + std::to_string(request.suppress_db);
}

Result<int> load_and_transcribe(const Options& options) {
  Config defaults;
  defaults.log.level = "warn";  // a line for each recording is the server's
  defaults.turn.silence_ms = static_cast<int>(service::kRecordingSilence.count());
  defaults.asr.threads = static_cast<int>(cores());
  PARLEY_TRY(const Config config, options.config.load({}, defaults));
  PARLEY_TRY(const service::RecognitionRequest request, request_of(options, config));
  Metrics metrics;
  PARLEY_TRY(const std::unique_ptr<server::Engine> engine,
             server::Engine::load(config, metrics, {}, {.speaking = false, .thinking = false}));
  service::RecognitionService service(engine->recognition_context(),
                                      {.streams_max = options.transcribe.jobs});
  const StopSignal stop;
  return transcribe_recordings({.service = service,
                                .clock = engine->clock(),
                                .request = request,
                                .settings = settings_line(config, request),
                                .is_stopped = [&stop] { return stop.is_raised(); }},
                               options.transcribe, std::cout, std::cerr);
}

int transcribe(Options& options, bool says_progress) {
  auto formats = formats_of(options.formats);
  if (!formats) {
    std::cerr << "parley transcribe: " << formats.error().message << '\n';
    return kWrongUsage;
  }
  options.transcribe.formats = *std::move(formats);
  auto recordings = find_recordings(options.files);
  if (!recordings) {
    std::cerr << "parley transcribe: " << recordings.error().message << '\n';
    return kFailed;
  }
  options.transcribe.recordings = *std::move(recordings);
  options.transcribe.jobs = options.jobs > 0 ? options.jobs : std::min(cores(), kTranscribeJobsMax);
  if (!says_progress) {
    options.transcribe.shows_progress =
        !options.transcribe.folder.empty() && ::isatty(STDERR_FILENO) == 1;
  }
  if (const auto problem = misuse(options.transcribe)) {
    std::cerr << "parley transcribe: " << *problem << '\n';
    return kWrongUsage;
  }
  const Result<int> done = load_and_transcribe(options);
  if (!done) std::cerr << "parley transcribe: " << done.error().message << '\n';
  return done ? *done : kFailed;
}

}  // namespace

void add_transcribe_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command = root.add_subcommand(
      "transcribe", "What recordings say: a line `FILE<tab>text` for each, or a file in a folder");
  command
      ->add_option("FILE", options->files,
                   "WAV, FLAC, Ogg or MP3, of any rate; MP4 and WebM where ffmpeg is installed; or "
                   "folders of them")
      ->required()
      ->type_name("");
  add_format_options(*command, *options);
  add_work_options(*command, *options);
  options->config.add_to(*command);
  command->callback([options, command, &status] {
    status = transcribe(*options, command->count("--progress") > 0);
  });
}

}  // namespace parley::cli
