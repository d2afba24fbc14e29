// SPDX-License-Identifier: Apache-2.0
//
// Models of sherpa-onnx that the configuration names: recognisers and models of speakers, each from
// a folder of the model cache with a sherpa.json (docs/recognition/models.md). Each is tried in a
// process of its own before it is loaded, because sherpa ends the process that gives it a wrong
// file. `setting` names in errors what is to be corrected.
//
// Threads: one owner; the models themselves are shared. Blocks for as long as a model takes to load
// twice.
#pragma once

#include <memory>
#include <string>

#include "base/config.h"
#include "base/result.h"
#include "model/asr_model.h"
#include "model/speaker_model.h"
#include "model/streaming_asr_model.h"

namespace parley::server {

/// The folder `name` of the cache is described for sherpa-onnx, be it right or wrong.
[[nodiscard]] bool is_sherpa_model(const Config& config, const std::string& name);

/// A streaming model hears whole utterances, too.
[[nodiscard]] Result<std::unique_ptr<model::AsrModel>> load_sherpa_asr(const Config& config,
                                                                       const std::string& setting,
                                                                       const std::string& name);
[[nodiscard]] Result<std::unique_ptr<model::StreamingAsrModel>> load_sherpa_streaming_asr(
    const Config& config, const std::string& setting, const std::string& name);
[[nodiscard]] Result<std::unique_ptr<model::SpeakerModel>> load_sherpa_speaker(
    const Config& config, const std::string& setting, const std::string& name);

}  // namespace parley::server
