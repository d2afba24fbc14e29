// SPDX-License-Identifier: Apache-2.0
//
// A model of speakers of sherpa-onnx (ERes2Net, CAM++, WeSpeaker's and NeMo's) from a folder with a
// sherpa.json (sherpa_model.h). Its name, with which embeddings are kept, ends in a digest of the
// file: those of another file in the same folder are never compared with these.
//
// A FILE THAT SHERPA DOES NOT LIKE ENDS THE PROCESS. Load one only after sherpa_check.h has tried
// it in another one. Threads: immutable; several threads may embed at once.
#pragma once

#include <cstddef>
#include <memory>
#include <string>

#include "backend/sherpa/sherpa_model.h"
#include "base/result.h"
#include "model/speaker_model.h"

namespace parley::backend {

class SherpaSpeaker : public model::SpeakerModel {
 public:
  /// 60 s; a speaker is known long before.
  static constexpr std::size_t kSamplesMax = 60 * std::size_t{model::kSpeakerRate};

  /// `library`: the path of libsherpa-onnx-c-api.so. `model` is of the kind `speaker`. Errors:
  /// not_found, failed_precondition (another release), data_corrupt.
  static Result<std::unique_ptr<SherpaSpeaker>> load(const std::string& library, SherpaModel model);

  [[nodiscard]] std::size_t samples_max() const noexcept override { return kSamplesMax; }
};

}  // namespace parley::backend
