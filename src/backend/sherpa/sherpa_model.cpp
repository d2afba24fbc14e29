// SPDX-License-Identifier: Apache-2.0
#include "backend/sherpa/sherpa_model.h"

#include <algorithm>
#include <array>
#include <utility>

#include <boost/json.hpp>
#include <sherpa-onnx/c-api/c-api.h>

namespace parley::backend {
namespace {

namespace json = boost::json;

constexpr const char* kSenseVoice = "sense_voice";
constexpr const char* kBpe = "bpe";
constexpr const char* kBpeVocab = "bpe_vocab";
constexpr std::array<std::string_view, 3> kUnits{kBpe, "cjkchar", "cjkchar+bpe"};

#define PARLEY_STREAMING(family, path, name) \
  SherpaFile { "streaming_" #family, #name, true, offsetof(SherpaOnnxOnlineModelConfig, path) }
constexpr std::array kStreaming{
    PARLEY_STREAMING(transducer, transducer.encoder, encoder),
    PARLEY_STREAMING(transducer, transducer.decoder, decoder),
    PARLEY_STREAMING(transducer, transducer.joiner, joiner),
    PARLEY_STREAMING(transducer, tokens, tokens),
    SherpaFile{"streaming_transducer", kBpeVocab, false,
               offsetof(SherpaOnnxOnlineModelConfig, bpe_vocab)},
    PARLEY_STREAMING(paraformer, paraformer.encoder, encoder),
    PARLEY_STREAMING(paraformer, paraformer.decoder, decoder),
    PARLEY_STREAMING(paraformer, tokens, tokens),
    PARLEY_STREAMING(zipformer2_ctc, zipformer2_ctc.model, model),
    PARLEY_STREAMING(zipformer2_ctc, tokens, tokens),
    PARLEY_STREAMING(nemo_ctc, nemo_ctc.model, model),
    PARLEY_STREAMING(nemo_ctc, tokens, tokens),
    PARLEY_STREAMING(t_one_ctc, t_one_ctc.model, model),
    PARLEY_STREAMING(t_one_ctc, tokens, tokens),
};
#undef PARLEY_STREAMING

#define PARLEY_WHOLE(family, path, name) \
  SherpaFile { #family, #name, true, offsetof(SherpaOnnxOfflineModelConfig, path) }
/// Of a family that is one model and its tokens.
#define PARLEY_WHOLE_PAIR(family, path) \
  PARLEY_WHOLE(family, path, model), PARLEY_WHOLE(family, tokens, tokens)
constexpr std::array kWhole{
    PARLEY_WHOLE(transducer, transducer.encoder, encoder),
    PARLEY_WHOLE(transducer, transducer.decoder, decoder),
    PARLEY_WHOLE(transducer, transducer.joiner, joiner),
    PARLEY_WHOLE(transducer, tokens, tokens),
    SherpaFile{"transducer", kBpeVocab, false, offsetof(SherpaOnnxOfflineModelConfig, bpe_vocab)},
    PARLEY_WHOLE(whisper, whisper.encoder, encoder),
    PARLEY_WHOLE(whisper, whisper.decoder, decoder),
    PARLEY_WHOLE(whisper, tokens, tokens),
    PARLEY_WHOLE(fire_red_asr, fire_red_asr.encoder, encoder),
    PARLEY_WHOLE(fire_red_asr, fire_red_asr.decoder, decoder),
    PARLEY_WHOLE(fire_red_asr, tokens, tokens),
    PARLEY_WHOLE_PAIR(sense_voice, sense_voice.model),
    PARLEY_WHOLE_PAIR(paraformer, paraformer.model),
    PARLEY_WHOLE_PAIR(nemo_ctc, nemo_ctc.model),
    PARLEY_WHOLE_PAIR(zipformer_ctc, zipformer_ctc.model),
    PARLEY_WHOLE_PAIR(wenet_ctc, wenet_ctc.model),
    PARLEY_WHOLE_PAIR(fire_red_asr_ctc, fire_red_asr_ctc.model),
    PARLEY_WHOLE_PAIR(dolphin, dolphin.model),
    PARLEY_WHOLE_PAIR(omnilingual, omnilingual.model),
    PARLEY_WHOLE_PAIR(medasr, medasr.model),
    PARLEY_WHOLE_PAIR(telespeech_ctc, telespeech_ctc),
};
#undef PARLEY_WHOLE_PAIR
#undef PARLEY_WHOLE

constexpr std::array kSpeaker{
    SherpaFile{"speaker", "model", true,
               offsetof(SherpaOnnxSpeakerEmbeddingExtractorConfig, model)},
};

SherpaKind kind_of(std::string_view family) {
  for (const SherpaKind kind : {SherpaKind::streaming, SherpaKind::speaker}) {
    const auto files = sherpa_files(kind);
    if (std::ranges::find(files, family, &SherpaFile::family) != files.end()) return kind;
  }
  return SherpaKind::whole;
}

bool is_transducer(const SherpaModel& model) { return model.family.ends_with("transducer"); }

Status take_unit(SherpaModel& model, const json::value& value) {
  PARLEY_TRY(model.modeling_unit, sherpa_text(value, "modeling_unit"));
  if (std::ranges::find(kUnits, model.modeling_unit) != kUnits.end()) return {};
  return sherpa_error("modeling_unit: '" + model.modeling_unit +
                      "' is not bpe, cjkchar or cjkchar+bpe");
}

/// What says that it takes hot words has what they need, and the other way round.
Status check_unit(SherpaModel& model) {
  const bool has_vocab = model.files.contains(kBpeVocab);
  if (has_vocab && model.modeling_unit.empty()) model.modeling_unit = kBpe;
  if (has_vocab || !model.modeling_unit.ends_with(kBpe)) return {};
  return sherpa_error("files.bpe_vocab is missing, which modeling_unit " + model.modeling_unit +
                      " needs");
}

Status take(SherpaModel& model, std::string_view key, const json::value& value) {
  if (key == "family" || key == "files") return {};  // known already
  const bool is_recogniser = model.kind != SherpaKind::speaker;
  if (key == "language" && is_recogniser) {
    PARLEY_TRY(model.language, sherpa_text(value, key));
  } else if (key == "model_type" && is_recogniser) {
    PARLEY_TRY(model.model_type, sherpa_text(value, key));
  } else if (key == "modeling_unit" && is_transducer(model)) {
    PARLEY_TRY_STATUS(take_unit(model, value));
  } else if (key == "itn" && model.family == kSenseVoice) {
    if (!value.is_bool()) return sherpa_error("itn is neither true nor false");
    model.writes_numbers = value.get_bool();
  } else {
    return sherpa_error(std::string(key) + " is not known of the family " + model.family);
  }
  return {};
}

}  // namespace

std::span<const SherpaFile> sherpa_files(SherpaKind kind) noexcept {
  switch (kind) {
    case SherpaKind::streaming:
      return kStreaming;
    case SherpaKind::whole:
      return kWhole;
    case SherpaKind::speaker:
      return kSpeaker;
    case SherpaKind::voice:
      break;
  }
  return {};
}

Result<SherpaModel> SherpaModel::parse(std::string_view text, const std::string& folder) {
  boost::system::error_code error;
  const json::value parsed = json::parse(text, error);
  if (error || !parsed.is_object()) return sherpa_error("it is no JSON object");
  const json::object& description = parsed.get_object();
  SherpaModel model;
  model.folder = folder;
  if (const json::value* const family = description.if_contains("family")) {
    PARLEY_TRY(const std::string name, sherpa_text(*family, "family"));
    model.kind = kind_of(name);
  }
  PARLEY_TRY(static_cast<SherpaParts&>(model),
             sherpa_parts(description, folder, sherpa_files(model.kind)));
  for (const auto& [key, value] : description) {
    PARLEY_TRY_STATUS(take(model, key, value));
  }
  PARLEY_TRY_STATUS(check_unit(model));
  return model;
}

Result<SherpaModel> SherpaModel::load(const std::string& folder) {
  PARLEY_TRY(const std::string text, read_sherpa_description(folder));
  Result<SherpaModel> model = parse(text, folder);
  if (!model) return model.error().with_context(sherpa_description_file(folder));
  PARLEY_TRY_STATUS(check_sherpa_files(model->files));
  return model;
}

}  // namespace parley::backend
