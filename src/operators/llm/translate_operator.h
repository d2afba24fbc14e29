// SPDX-License-Identifier: Apache-2.0
//
// Says utterances in another language, by the language model; it remembers nothing.
//   in   transcripts   Transcript; those that are not final, or empty, are dropped
//   out  translations  Transcript, one for each, in order, with the same head and utterance; not
//                      `is_final` when it failed (an ErrorEvent came first) and the text is as far
//                      as it went
// One is in the model at a time. What is in the wanted language already passes as it is.
// Threads: strand (the generation: LLM host).  Allocates: text only.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "graph/operator.h"
#include "graph/port.h"
#include "model/llm_model.h"

namespace parley::operators {

/// Utterances that wait for the model. Beyond this the oldest is answered with an error.
inline constexpr std::size_t kTranslationsWaitingMax = 8;

class TranslateOperator final : public graph::Operator {
 public:
  struct Options {
    std::string to = "en";       // ISO 639-1, or as the model knows it
    std::string from{};          // likewise; empty: as the transcript says, or whatever it is
    std::string instructions{};  // more of them: names, terms, tone
    std::int32_t output_tokens_max = 512;
  };

  TranslateOperator(model::LlmHost& host, Options options)
      : host_(host), options_(std::move(options)) {}
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  void close() noexcept override;
  [[nodiscard]] bool is_busy() const noexcept override { return !jobs_.empty(); }

 private:
  struct Job {
    media::Transcript heard;
    bool refused = false;  // too many wait
    // In the model; shared with the host, since the session may end first.
    std::shared_ptr<model::LlmCall> call = {};
    std::string text = {};
  };

  void take(media::Transcript heard);
  /// True: it is finished and was given out.
  bool advance(Job& job, graph::ProcessContext& context);
  void submit(Job& job, graph::ProcessContext& context);
  void give(Job& job, bool is_whole);
  [[nodiscard]] std::string instructions_for(const media::Transcript& heard) const;

  graph::In<media::Transcript> transcripts_{*this, "transcripts"};
  graph::Out<media::Transcript> translations_{*this, "translations"};
  model::LlmHost& host_;
  const Options options_;
  std::deque<Job> jobs_;  // the first may be in the model
};

}  // namespace parley::operators
