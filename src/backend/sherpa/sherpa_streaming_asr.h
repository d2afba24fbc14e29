// SPDX-License-Identifier: Apache-2.0
//
// A recogniser of sherpa-onnx that hears an utterance while it is being spoken (zipformer and other
// transducers, Paraformer, CTC models) from a folder with a sherpa.json (sherpa_model.h). Several
// utterances are heard in one batch, as far as each has a chunk of audio ready.
//
// A FILE THAT SHERPA DOES NOT LIKE ENDS THE PROCESS. Load one only after sherpa_check.h has tried
// it in another one. Threads: immutable; several batches may be heard at once.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend/sherpa/sherpa_model.h"
#include "base/result.h"
#include "model/streaming_asr_model.h"

namespace parley::backend {

class SherpaStreamingAsr : public model::StreamingAsrModel {
 public:
  /// `library`: the path of libsherpa-onnx-c-api.so. `model` is of the kind `streaming`.
  /// `hot_words`: of all calls, before their own, where the model takes any. Errors: not_found,
  /// failed_precondition (another release), data_corrupt.
  static Result<std::unique_ptr<SherpaStreamingAsr>> load(const std::string& library,
                                                          SherpaModel model,
                                                          std::vector<std::string> hot_words = {});
};

}  // namespace parley::backend
