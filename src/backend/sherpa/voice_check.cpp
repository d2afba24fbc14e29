// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/voice_check.h"

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include <unistd.h>

#include "backend/phonemizer/child_process.h"
#include "backend/sherpa/sherpa_synthesizer.h"

namespace parley::backend {
namespace {

constexpr const char* kProgram = "parley-voice-check";
constexpr const char* kGood = "ok";
constexpr std::size_t kReasonBytesMax = 400;

/// Without the line break; of a log line of sherpa only what comes after its place in the source.
std::string last_line(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  text.erase(0, text.rfind('\n') + 1);
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

}  // namespace

Result<std::string> find_voice_check() {
  std::error_code error;
  const std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  std::string path = (self.parent_path() / kProgram).string();
  if (::access(path.c_str(), X_OK) == 0) return path;
  return Error{ErrorCode::not_found, path +
                                         ": there is no such program; voices of sherpa-onnx "
                                         "need it (build the target parley-voice-check)"};
}

Status check_voice(const std::string& program, const std::string& library,
                   const std::string& folder, Millis limit) {
  PARLEY_TRY(ChildProcess child, ChildProcess::start(program, {library, folder}));
  const SteadyClock clock;
  const Instant deadline = clock.now() + limit;
  std::string output;
  Status read;
  while (read) read = child.read_some(output, clock, deadline);
  if (read.error().code == ErrorCode::deadline_exceeded) {
    return Error{ErrorCode::deadline_exceeded, folder + ": the voice does not load in time"};
  }
  const std::string reason = last_line(output);
  if (reason == kGood) return {};
  const std::string end = child.stop();
  return Error{ErrorCode::data_corrupt, folder + ": sherpa-onnx does not take this voice: " +
                                            (reason.empty() ? "no reason is given" : reason) +
                                            " (" + end + ")"};
}

int voice_check_main(const std::string& library, const std::string& folder) {
  const auto fail = [](const Error& error) {
    std::printf("%s\n", error.message.c_str());
    return 1;
  };
  const Result<SherpaVoice> voice = SherpaVoice::load(folder);
  if (!voice) return fail(voice.error());
  const auto synthesizer = SherpaSynthesizer::open(library, *voice);
  if (!synthesizer) return fail(synthesizer.error());
  std::size_t samples = 0;
  const Status spoken =
      (*synthesizer)
          ->speak(probe_of(*voice), voice->speaker, 1.0F, [&](std::span<const float> audio) {
            samples += audio.size();
            return true;
          });
  if (!spoken) return fail(spoken.error());
  if (samples == 0) return fail({ErrorCode::data_corrupt, "the voice makes no sound"});
  std::printf("%s\n", kGood);
  return 0;
}

}  // namespace parley::backend
