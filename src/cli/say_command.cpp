// SPDX-License-Identifier: Apache-2.0
#include "cli/say_command.h"

#include <filesystem>
#include <iostream>
#include <memory>
#include <system_error>

#include <CLI/CLI.hpp>

#include "cli/cli.h"
#include "cli/config_options.h"
#include "cli/say.h"
#include "codec/wav_writer.h"
#include "protocol/json_writer.h"
#include "server/engine.h"

namespace parley::cli {
namespace {

struct Options {
  ConfigOptions config;
  std::string text;
  std::string file;
  std::uint64_t seed = SayOptions().seed;
  bool words = false;
};

Result<std::string> read_text(const std::string& argument, std::istream& in) {
  std::string text = argument;
  if (argument == "-") {
    text.resize(kSayTextMax + 1);
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
  }
  if (text.size() > kSayTextMax) {
    return Error{ErrorCode::invalid_argument, "the text is longer than 1 MiB: say it in parts"};
  }
  return text;
}

/// Writes what is said; a file that is not whole is removed.
Status speak_to_file(server::Engine& engine, const std::vector<std::string>& pieces,
                     const SayOptions& options, const std::string& file) {
  PARLEY_TRY(codec::WavWriter wav, codec::WavWriter::create(file, engine.tts().rate()));
  std::size_t samples = 0;
  Status said = say(engine.tts(), engine.pool(), engine.clock(), pieces, options,
                    [&](std::span<const float> audio) {
                      samples += audio.size();
                      return wav.write(audio);
                    });
  if (said) said = wav.finish();
  if (said && samples == 0) {
    said = Error{ErrorCode::invalid_argument, "the text has nothing that can be said"};
  }
  if (!said) {
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored)) std::filesystem::remove(file, ignored);
  }
  return said;
}

/// One JSON object per line.
void print_words(std::span<const media::WordTime> words, std::ostream& out) {
  const auto seconds = [](media::MediaTime time) {
    return static_cast<double>(time.flicks) / static_cast<double>(media::MediaTime::kPerSecond);
  };
  for (const media::WordTime& word : words) {
    std::string line;
    protocol::JsonWriter json(line);
    json.begin_object();
    json.field("text", word.text);
    json.field("start", seconds(word.begin));
    json.field("end", seconds(word.end));
    json.end_object();
    out << line << '\n';
  }
}

Status load_and_say(const Options& options) {
  PARLEY_TRY(const Config config, options.config.load());
  PARLEY_TRY(const std::string text, read_text(options.text, std::cin));
  const std::vector<std::string> pieces = spoken_pieces(text);
  if (pieces.empty()) return Error{ErrorCode::invalid_argument, "there is no text to say"};
  Metrics metrics;
  PARLEY_TRY(const std::unique_ptr<server::Engine> engine,
             server::Engine::load(config, metrics, {}, {.listening = false, .thinking = false}));
  std::vector<media::WordTime> words;
  PARLEY_TRY_STATUS(speak_to_file(*engine, pieces,
                                  {.voice = config.tts.voice,
                                   .speed = static_cast<float>(config.tts.speed),
                                   .seed = options.seed,
                                   .words = options.words ? &words : nullptr},
                                  options.file));
  print_words(words, std::cout);
  return {};
}

}  // namespace

void add_say_command(CLI::App& root, int& status) {
  // Shared with the callback, which outlives this call.
  const auto options = std::make_shared<Options>();
  CLI::App* command = root.add_subcommand("say", "Speak a text into a WAV file");
  command->add_option("TEXT", options->text, "What to say; - reads standard input")
      ->required()
      ->type_name("");
  command->add_option("-o,--out", options->file, "WAV file to write")
      ->required()
      ->type_name("FILE");
  command->add_option("--seed", options->seed,
                      "The same text and seed give the same audio (default: 1)");
  command->add_flag("--words", options->words,
                    "Print when each word is heard, in seconds, a JSON object per line");
  options->config.add_to(*command);
  command->callback([options, &status] {
    const Status said = load_and_say(*options);
    if (!said) std::cerr << "parley say: " << said.error().message << '\n';
    status = said ? kDone : kFailed;
  });
}

}  // namespace parley::cli
