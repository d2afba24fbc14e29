// SPDX-License-Identifier: Apache-2.0
//
// Chooses the next token from the model's logits.
//
// Greedy at temperature 0, otherwise drawn from the likeliest tokens with the call's own seed. A
// grammar is asked about the best token first and about more only when it refuses: it then costs
// microseconds for most tokens, where masking the whole vocabulary costs milliseconds.
//
// Two guards against the loops of small models: tokens that were used lately are made less likely
// (Keskar et al., "CTRL", 2019, §4.1), and a reply that repeats itself word for word is ended
// (`is_looping`). Neither touches an output that is held to a grammar.
//
// Threads: one owner.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "backend/llama/vocabulary.h"
#include "base/random.h"

namespace parley::backend {

/// What may come next; llama.cpp's grammar, or a fake.
class TokenGate {
 public:
  virtual ~TokenGate() = default;
  /// Sets `allowed[i]` for each candidate.
  virtual void test(std::span<const Token> candidates, std::vector<bool>& allowed) = 0;
  virtual void accept(Token token) = 0;
};

struct SamplerOptions {
  float temperature = 0.0F;  // 0: greedy
  std::uint64_t seed = 0;
  std::size_t candidates_max = 40;  // at a temperature above 0: drawn from so many likeliest
  float probability_max = 0.95F;    // likewise: until they add up to this
  float repetition_penalty = 1.0F;  // >= 1; 1: none
  std::size_t penalty_window = 64;  // tokens
};

class TokenSampler {
 public:
  explicit TokenSampler(SamplerOptions options);

  /// `logits` are changed where the penalty applies. `gate` may be null. Returns -1 when the gate
  /// allows no token at all.
  [[nodiscard]] Token choose(std::span<float> logits, std::span<const Token> recent,
                             TokenGate* gate);

 private:
  struct Candidate {
    Token token;
    float logit;
  };
  void penalise(std::span<float> logits, std::span<const Token> recent) const;
  void collect(std::span<const float> logits, std::size_t count);
  [[nodiscard]] bool filter(TokenGate& gate);
  [[nodiscard]] Token draw();

  SamplerOptions options_;
  Random random_;
  std::vector<Candidate> candidates_;  // likeliest first
  std::vector<Token> tokens_;
  std::vector<bool> allowed_;
};

/// True when `output` ends in the same run of tokens, `times` times over, each run at least
/// `length_min` long. `times` >= 2.
[[nodiscard]] bool is_looping(std::span<const Token> output, std::size_t times,
                              std::size_t length_min);

}  // namespace parley::backend
