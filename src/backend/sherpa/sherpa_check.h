// SPDX-License-Identifier: Apache-2.0
//
// Whether sherpa-onnx takes a voice, a recogniser or a model of speakers, found out in a process of
// its own (parley-sherpa-check), because sherpa ends the process where a file is not what it
// expects.
//
// Threads: any. Blocks for as long as a model takes to load and to be tried.
#pragma once

#include <string>

#include "backend/sherpa/sherpa_model.h"
#include "base/clock.h"
#include "base/result.h"

namespace parley::backend {

/// Beside the running program. not_found, with advice.
[[nodiscard]] Result<std::string> find_sherpa_check();

/// What is to be tried: a folder, and what it is to hold.
struct SherpaTrial {
  SherpaKind kind = SherpaKind::voice;
  std::string shared_object;  // the path of libsherpa-onnx-c-api.so
  std::string folder;
};

/// Errors: data_corrupt with what sherpa said before it ended; deadline_exceeded; not_found.
[[nodiscard]] Status check_sherpa(const std::string& program, const SherpaTrial& trial,
                                  Millis limit = Millis(60'000));

/// What the program does: loads the model and has it say or hear something. `kind` is "voice",
/// "streaming", "whole" or "speaker". Writes a line: "ok" at the end, or what is wrong. The result
/// is the exit status.
int sherpa_check_main(const std::string& kind, const std::string& library,
                      const std::string& folder);

}  // namespace parley::backend
