// SPDX-License-Identifier: Apache-2.0
//
// Whether sherpa-onnx takes a voice, found out in a process of its own (parley-voice-check),
// because sherpa ends the process where a file is not what it expects.
//
// Threads: any. Blocks for as long as a voice takes to load and to say a word.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace parley::backend {

/// Beside the running program. not_found, with advice.
[[nodiscard]] Result<std::string> find_voice_check();

/// Errors: data_corrupt with what sherpa said before it ended; deadline_exceeded; not_found.
[[nodiscard]] Status check_voice(const std::string& program, const std::string& library,
                                 const std::string& folder, Millis limit = Millis(60'000));

/// What the program does: loads the voice and has it say something. Writes a line: "ok" at the
/// end, or what is wrong. The result is the exit status.
int voice_check_main(const std::string& library, const std::string& folder);

}  // namespace parley::backend
