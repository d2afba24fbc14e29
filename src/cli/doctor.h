// SPDX-License-Identifier: Apache-2.0
//
// What `parley doctor` looks at, one function for each subject. A finding says what is so and, when
// it is not as it should be, what to do.
//
// Threads: main.
#pragma once

#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <vector>

#include "base/config.h"
#include "cli/model_store.h"

namespace parley::cli {

struct Finding {
  enum class Level : std::uint8_t {
    ok,
    note,     // works, but somebody may want to know
    problem,  // `parley serve` will not work, or not as it should
  };
  Level level = Level::ok;
  std::string subject;
  std::string text;
  std::string advice{};  // what to do; empty: nothing
};
using Findings = std::vector<Finding>;

/// The processor as it says of itself; a value to be judged, so that tests can make one up.
struct Machine {
  bool has_x86_64_v2 = false;  // what the program is built for
  bool has_avx2 = false;
  unsigned cores = 0;
  std::uint64_t memory_bytes = 0;  // that a new process can have
};
[[nodiscard]] Machine this_machine();
[[nodiscard]] Findings check_machine(const Machine& machine);

/// The models that the configuration names: there, and whole.
[[nodiscard]] Findings check_models(const Config& config, const ModelStore& store);
/// What tells speakers apart, and the key that they are kept under; nothing where nobody is told
/// apart.
[[nodiscard]] Findings check_speakers(const Config& config, const ModelStore& store);
/// Where the language model comes from, and whether an endpoint answers.
[[nodiscard]] Findings check_llm(const Config& config);
/// Whether a recogniser elsewhere answers; nothing where there is none.
[[nodiscard]] Findings check_asr(const Config& config);
/// Whether the server could listen.
[[nodiscard]] Findings check_port(const Config& config);
[[nodiscard]] Findings check_phonemizer(const Config& config);
/// Microphones and speakers. None is fine: only `parley talk` wants them.
[[nodiscard]] Findings check_audio_devices();
/// A spoken question to a whole agent, and its spoken answer.
[[nodiscard]] Findings check_conversation(const Config& config);

/// A line for each finding and one for each advice; or JSON objects.
void print_findings(std::span<const Finding> findings, bool json, std::ostream& out);
[[nodiscard]] bool has_problem(std::span<const Finding> findings);

}  // namespace parley::cli
