// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_voice.h"

#include <array>
#include <charconv>

#include <boost/json.hpp>
#include <sherpa-onnx/c-api/c-api.h>

namespace parley::backend {
namespace {

namespace json = boost::json;

#define PARLEY_SHERPA_FILE(family, member, is_required) \
  {#family, #member, is_required, offsetof(SherpaOnnxOfflineTtsModelConfig, family.member)}
constexpr std::array kFiles{
    SherpaFile PARLEY_SHERPA_FILE(vits, model, true),
    SherpaFile PARLEY_SHERPA_FILE(vits, tokens, true),
    SherpaFile PARLEY_SHERPA_FILE(vits, lexicon, false),
    SherpaFile PARLEY_SHERPA_FILE(matcha, acoustic_model, true),
    SherpaFile PARLEY_SHERPA_FILE(matcha, vocoder, true),
    SherpaFile PARLEY_SHERPA_FILE(matcha, tokens, true),
    SherpaFile PARLEY_SHERPA_FILE(matcha, lexicon, false),
    SherpaFile PARLEY_SHERPA_FILE(kokoro, model, true),
    SherpaFile PARLEY_SHERPA_FILE(kokoro, voices, true),
    SherpaFile PARLEY_SHERPA_FILE(kokoro, tokens, true),
    SherpaFile PARLEY_SHERPA_FILE(kokoro, lexicon, false),
    SherpaFile PARLEY_SHERPA_FILE(kitten, model, true),
    SherpaFile PARLEY_SHERPA_FILE(kitten, voices, true),
    SherpaFile PARLEY_SHERPA_FILE(kitten, tokens, true),
    SherpaFile PARLEY_SHERPA_FILE(kitten, lexicon, false),
    SherpaFile PARLEY_SHERPA_FILE(zipvoice, tokens, true),
    SherpaFile PARLEY_SHERPA_FILE(zipvoice, encoder, true),
    SherpaFile PARLEY_SHERPA_FILE(zipvoice, decoder, true),
    SherpaFile PARLEY_SHERPA_FILE(zipvoice, vocoder, true),
    SherpaFile PARLEY_SHERPA_FILE(zipvoice, lexicon, false),
    SherpaFile PARLEY_SHERPA_FILE(pocket, lm_flow, true),
    SherpaFile PARLEY_SHERPA_FILE(pocket, lm_main, true),
    SherpaFile PARLEY_SHERPA_FILE(pocket, encoder, true),
    SherpaFile PARLEY_SHERPA_FILE(pocket, decoder, true),
    SherpaFile PARLEY_SHERPA_FILE(pocket, text_conditioner, true),
    SherpaFile PARLEY_SHERPA_FILE(pocket, vocab_json, true),
    SherpaFile PARLEY_SHERPA_FILE(pocket, token_scores_json, true),
    SherpaFile PARLEY_SHERPA_FILE(supertonic, duration_predictor, true),
    SherpaFile PARLEY_SHERPA_FILE(supertonic, text_encoder, true),
    SherpaFile PARLEY_SHERPA_FILE(supertonic, vector_estimator, true),
    SherpaFile PARLEY_SHERPA_FILE(supertonic, vocoder, true),
    SherpaFile PARLEY_SHERPA_FILE(supertonic, tts_json, true),
    SherpaFile PARLEY_SHERPA_FILE(supertonic, unicode_indexer, true),
    SherpaFile PARLEY_SHERPA_FILE(supertonic, voice_style, true),
};
#undef PARLEY_SHERPA_FILE

Result<float> scale_of(const json::value& value, std::string_view what) {
  const json::result<double> number = json::try_value_to<double>(value);
  if (number && *number > 0.0 && *number <= 10.0) return static_cast<float>(*number);
  return sherpa_error(std::string(what) + " is not a number up to 10");
}

Result<int> speaker_of(const json::value& value, std::string_view what) {
  const json::result<int> number = json::try_value_to<int>(value);
  if (number && *number >= 0) return *number;
  return sherpa_error(std::string(what) + " is not a whole number from 0");
}

Status take_scales(SherpaVoice& voice, const json::value& value) {
  PARLEY_TRY(const json::object* const scales, sherpa_object(value, "scales"));
  for (const auto& [name, number] : *scales) {
    PARLEY_TRY(const float scale, scale_of(number, "scales." + std::string(name)));
    if (name == "length") {
      voice.length_scale = scale;
    } else if (name == "noise") {
      voice.noise_scale = scale;
    } else if (name == "noise_w") {
      voice.noise_w = scale;
    } else {
      return sherpa_error("scales." + std::string(name) + " is not known");
    }
  }
  return {};
}

Status take_reference(SherpaVoice& voice, const json::value& value) {
  PARLEY_TRY(const json::object* const reference, sherpa_object(value, "reference"));
  for (const auto& [name, text] : *reference) {
    PARLEY_TRY(std::string taken, sherpa_text(text, "reference." + std::string(name)));
    if (name == "audio") {
      voice.reference_audio = voice.folder + "/" + taken;
    } else if (name == "text") {
      voice.reference_text = std::move(taken);
    } else {
      return sherpa_error("reference." + std::string(name) + " is not known");
    }
  }
  return {};
}

Status take(SherpaVoice& voice, std::string_view key, const json::value& value) {
  if (key == "family" || key == "files") return {};  // known already
  if (key == "scales") return take_scales(voice, value);
  if (key == "reference") return take_reference(voice, value);
  if (key == "language") {
    PARLEY_TRY(voice.language, sherpa_text(value, key));
  } else if (key == "speaker") {
    PARLEY_TRY(voice.speaker, speaker_of(value, key));
  } else if (key == "speakers") {
    PARLEY_TRY(const json::object* const speakers, sherpa_object(value, key));
    for (const auto& [name, number] : *speakers) {
      PARLEY_TRY(voice.speakers[std::string(name)],
                 speaker_of(number, "speakers." + std::string(name)));
    }
  } else {
    return sherpa_error(std::string(key) + " is not known");
  }
  return {};
}

/// What one member cannot tell.
Status check(const SherpaVoice& voice) {
  const bool reads_letters = voice.family == "pocket" || voice.family == "supertonic";
  if (!reads_letters && voice.language.empty() && !voice.files.contains("lexicon")) {
    return sherpa_error(
        "there is neither a language nor files.lexicon: the voice reads no letters");
  }
  const bool clones = voice.family == "zipvoice" || voice.family == "pocket";
  if (clones && voice.reference_audio.empty()) {
    return sherpa_error("reference.audio is missing: the voice is that of a recording");
  }
  return {};
}

}  // namespace

std::span<const SherpaFile> sherpa_files() noexcept { return kFiles; }

Result<SherpaVoice> SherpaVoice::parse(std::string_view text, const std::string& folder) {
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return sherpa_error("it is no JSON object");
  SherpaVoice voice;
  voice.folder = folder;
  PARLEY_TRY(static_cast<SherpaParts&>(voice), sherpa_parts(parsed.get_object(), folder, kFiles));
  for (const auto& [key, value] : parsed.get_object()) {
    PARLEY_TRY_STATUS(take(voice, key, value));
  }
  PARLEY_TRY_STATUS(check(voice));
  return voice;
}

Result<SherpaVoice> SherpaVoice::load(const std::string& folder) {
  PARLEY_TRY(const std::string text, read_sherpa_description(folder));
  Result<SherpaVoice> voice = parse(text, folder);
  if (!voice) return voice.error().with_context(sherpa_description_file(folder));
  SherpaFiles needed = voice->files;
  if (!voice->reference_audio.empty()) needed["reference"] = voice->reference_audio;
  PARLEY_TRY_STATUS(check_sherpa_files(needed));
  return voice;
}

int SherpaVoice::speaker_of(std::string_view name) const {
  if (const auto found = speakers.find(name); found != speakers.end()) return found->second;
  int number = 0;
  const auto [end, failure] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = failure == std::errc() && end == name.data() + name.size() && number >= 0;
  return is_number ? number : speaker;
}

}  // namespace parley::backend
