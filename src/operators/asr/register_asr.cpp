// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>

#include "operators/asr/asr_from_file.h"
#include "operators/asr/partial_from_file.h"
#include "operators/register_all.h"

namespace parley::operators {
namespace {

constexpr const char* kLanguageHelp = "ISO 639-1, such as en; empty: the model's own";
constexpr const char* kKeepHelp =
    "Audio before speech that is kept; whatever finds the turns may be so far behind";
constexpr Millis kKeepLeast{1'000};
constexpr Millis kKeepMost{kAudioBeforeSpeechMax.ms()};

struct PartialOptions {
  Millis interval = PartialSettings().interval;
  std::string language;
  Millis keep = PartialFileOptions().keep;
};

void register_asr(graph::Registry& registry, model::AsrHost* host) {
  using Options = AsrFileOptions;
  registry.add(
      "asr", "Utterances to text",
      graph::OptionTable<Options>()
          .text("language", &Options::language, kLanguageHelp)
          .flag("translate", &Options::translate, "To English, where the model can")
          .choice("when_behind", &Options::when_behind,
                  {{"wait", Options::WhenBehind::wait}, {"refuse", Options::WhenBehind::refuse}},
                  "When too many utterances wait: audio waits, or the oldest gets an error; refuse "
                  "for people who speak now")
          .millis("keep_ms", &Options::keep, kKeepLeast, kKeepMost, kKeepHelp),
      [host](Options options) -> Result<std::unique_ptr<AsrFromFile>> {
        if (host == nullptr) return not_bound("a speech recognition model");
        return std::make_unique<AsrFromFile>(*host, std::move(options));
      });
}

void register_partial(graph::Registry& registry, model::AsrHost* host, Counter* left_out) {
  using Options = PartialOptions;
  registry.add(
      "partial", "What has been understood of an utterance while it is being spoken",
      graph::OptionTable<Options>()
          .millis("interval_ms", &Options::interval, Millis{0}, Millis{10'000},
                  "Of speech between two; fewer come when the model has other work; 0: none")
          .text("language", &Options::language, kLanguageHelp)
          .millis("keep_ms", &Options::keep, kKeepLeast, kKeepMost, kKeepHelp),
      [host, left_out](Options options) -> Result<std::unique_ptr<PartialFromFile>> {
        if (host == nullptr) return not_bound("a speech recognition model");
        PartialFileOptions given;
        given.settings.interval = options.interval;
        given.settings.language = std::move(options.language);
        given.keep = options.keep;
        return std::make_unique<PartialFromFile>(*host, given, left_out);
      });
}

}  // namespace

void register_asr_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  register_asr(registry, bindings.asr);
  register_partial(registry, bindings.asr, bindings.partials_left_out);
}

}  // namespace parley::operators
