// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_check.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdio>
#include <string_view>
#include <utility>
#include <vector>

#include <unistd.h>

#include "backend/sherpa/sherpa_asr.h"
#include "backend/sherpa/sherpa_speaker.h"
#include "backend/sherpa/sherpa_streaming_asr.h"
#include "backend/sherpa/sherpa_synthesizer.h"
#include "exec/child_process.h"

namespace parley::backend {
namespace {

constexpr const char* kProgram = "parley-sherpa-check";
constexpr const char* kGood = "ok";
constexpr std::size_t kReasonBytesMax = 400;

constexpr std::array<std::pair<SherpaKind, const char*>, 4> kKinds{{
    {SherpaKind::voice, "voice"},
    {SherpaKind::streaming, "streaming"},
    {SherpaKind::whole, "whole"},
    {SherpaKind::speaker, "speaker"},
}};

/// The end of what loading says by itself, which tells less than what sherpa logged before it.
constexpr std::string_view kNotTaken = ": sherpa-onnx does not take this model";

void drop_line_breaks(std::string& text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
}

/// Without the line break, and without the name of the folder; of a log line of sherpa only what
/// comes after its place in the source.
std::string last_line(std::string text, const std::string& folder) {
  drop_line_breaks(text);
  if (text.ends_with(kNotTaken) && text.find('\n') != std::string::npos) {
    text.erase(text.rfind('\n'));
    drop_line_breaks(text);
  }
  text.erase(0, text.rfind('\n') + 1);
  if (text.starts_with(folder + ": ")) text.erase(0, folder.size() + 2);
  for (const char* source : {".cc:", ".h:"}) {
    const std::size_t place = text.find(source);
    if (place == std::string::npos) continue;
    text.erase(0, std::min(text.find(' ', place), text.size() - 1) + 1);
  }
  if (text.size() > kReasonBytesMax) text.erase(kReasonBytesMax);
  return text;
}

/// Phonemes that every voice knows, or words where a lexicon does.
SherpaText probe_of(const SherpaVoice& voice) {
  if (voice.language.empty()) return {.text = "hello"};
  return {.text = {}, .phonemes = {'a', 'n', 'a', '.'}, .sentence_lengths = {4}};
}

Status try_voice(const std::string& library, const std::string& folder) {
  PARLEY_TRY(const SherpaVoice voice, SherpaVoice::load(folder));
  PARLEY_TRY(const auto synthesizer, SherpaSynthesizer::open(library, voice));
  std::size_t samples = 0;
  PARLEY_TRY_STATUS(
      synthesizer->speak(probe_of(voice), voice.speaker, 1.0F, [&](std::span<const float> audio) {
        samples += audio.size();
        return true;
      }));
  if (samples == 0) return Error{ErrorCode::data_corrupt, "the voice makes no sound"};
  return {};
}

/// Noise, the same at each call.
std::vector<float> noise(std::size_t samples) {
  std::vector<float> audio(samples);
  std::uint32_t state = 1;
  for (float& sample : audio) {
    state = state * 1'664'525U + 1'013'904'223U;
    sample = (static_cast<float>(state >> 8U) / static_cast<float>(1U << 24U) - 0.5F) * 0.2F;
  }
  return audio;
}

/// Of some models' letters: they are told hot words as others will be.
model::AsrHintsRef some_hot_words() {
  return std::make_shared<model::AsrHints>(
      model::AsrHints{.hot_words = {"hello world", "\u4F60\u597D", "\u4E2D\u56FD"}});
}

/// Two utterances in one batch, as a host would hear them.
Status try_streaming(const std::string& library, SherpaModel model) {
  const bool takes_hot_words = !model.modeling_unit.empty();
  PARLEY_TRY(const auto recogniser, SherpaStreamingAsr::load(library, std::move(model)));
  constexpr int kPieces = 4;
  std::array<model::AsrStreamCall, 2> calls;
  const std::array<model::AsrStreamCall*, 2> batch{calls.data(), &calls[1]};
  if (takes_hot_words) calls.front().hints = some_hot_words();
  for (int piece = 1; piece <= kPieces; ++piece) {
    for (model::AsrStreamCall& call : calls) {
      call.audio = noise(model::kAsrRate / 2);
      call.is_last = piece == kPieces;
    }
    recogniser->hear(batch);
    for (const model::AsrStreamCall& call : calls) PARLEY_TRY_STATUS(call.status);
  }
  return {};
}

/// A second, and next to nothing.
Status try_whole(const std::string& library, SherpaModel model) {
  const bool takes_hot_words = !model.modeling_unit.empty();
  PARLEY_TRY(const auto recogniser, SherpaAsr::load(library, std::move(model)));
  for (const int samples : {model::kAsrRate, 160}) {
    model::AsrCall call;
    if (takes_hot_words) call.hints = some_hot_words();
    call.audio = noise(static_cast<std::size_t>(samples));
    recogniser->transcribe(call);
    PARLEY_TRY_STATUS(call.status);
  }
  return {};
}

Status try_speaker(const std::string& library, SherpaModel model) {
  PARLEY_TRY(const auto speakers, SherpaSpeaker::load(library, std::move(model)));
  model::SpeakerCall call;
  call.audio = noise(model::kSpeakerRate);
  speakers->embed(call);
  return std::move(call.status);
}

Status try_model(SherpaKind kind, const std::string& library, const std::string& folder) {
  if (kind == SherpaKind::voice) return try_voice(library, folder);
  PARLEY_TRY(SherpaModel model, SherpaModel::load(folder));
  if (model.kind != kind) {
    return Error{ErrorCode::data_corrupt, "the family " + model.family + " is of another kind"};
  }
  if (kind == SherpaKind::streaming) return try_streaming(library, std::move(model));
  if (kind == SherpaKind::speaker) return try_speaker(library, std::move(model));
  return try_whole(library, std::move(model));
}

}  // namespace

Result<std::string> find_sherpa_check() {
  std::string path = exec::program_beside(kProgram);
  if (::access(path.c_str(), X_OK) == 0) return path;
  return Error{ErrorCode::not_found, path +
                                         ": there is no such program; models of sherpa-onnx "
                                         "need it (build the target parley-sherpa-check)"};
}

Status check_sherpa(const std::string& program, const SherpaTrial& trial, Millis limit) {
  const char* const kind =
      std::ranges::find(kKinds, trial.kind, [](const auto& one) { return one.first; })->second;
  PARLEY_TRY(exec::ChildProcess child,
             exec::ChildProcess::start(program, {kind, trial.shared_object, trial.folder}));
  const std::string what = trial.kind == SherpaKind::voice ? "voice" : "model";
  const SteadyClock clock;
  const Instant deadline = clock.now() + limit;
  std::string output;
  Status read;
  while (read) read = child.read_some(output, clock, deadline);
  if (read.error().code == ErrorCode::deadline_exceeded) {
    return Error{ErrorCode::deadline_exceeded,
                 trial.folder + ": the " + what + " does not load in time"};
  }
  const std::string reason = last_line(output, trial.folder);
  if (reason == kGood) return {};
  const std::string end = child.stop();
  return Error{ErrorCode::data_corrupt,
               trial.folder + ": sherpa-onnx does not take this " + what + ": " +
                   (reason.empty() ? "no reason is given" : reason) + " (" + end + ")"};
}

int sherpa_check_main(const std::string& kind, const std::string& library,
                      const std::string& folder) {
  const auto* const known =
      std::ranges::find(kKinds, kind, [](const auto& one) { return std::string_view(one.second); });
  const Status tried =
      known == kKinds.end()
          ? Status(Error{ErrorCode::invalid_argument, "kind: '" + kind + "' is not known"})
          : try_model(known->first, library, folder);
  std::printf("%s\n", tried ? kGood : tried.error().message.c_str());
  return tried ? 0 : 1;
}

}  // namespace parley::backend
