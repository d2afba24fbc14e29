// SPDX-License-Identifier: Apache-2.0
//
// Scores of a CTC model into text: greedy, by prefix beam search, or through a decoding graph of
// OpenFst.
//   in   scores       TensorFrame float32 [rows, tokens], [1, rows, tokens] or [tokens]
//   out  transcript   Transcript: partial ones whenever the best text has changed, and a final one
//                     at `is_last`; pts and duration: what the scores of the utterance cover
// Tags such as <|en|> or <|HAPPY|> in the text become the transcript's labels
// (transcript_labels.h). Threads: strand; the search runs here, so it is bounded: at most
// kRowsPerCall rows a call. Allocates: for text that is longer than any before, and in each
// Transcript.  Latency: none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "graph/operator.h"
#include "graph/port.h"
#include "operators/decode/label_decoder.h"
#include "operators/decode/symbols.h"

namespace parley::operators {

class DecodeTextOperator final : public graph::Operator {
 public:
  static constexpr int kRowsPerCall = 64;

  /// What `open` loads from the disk.
  struct Parts {
    std::unique_ptr<LabelDecoder> decoder;
    // Shared because several sessions read the same table.
    std::shared_ptr<const Symbols> symbols;
  };
  using Load = std::function<Result<Parts>()>;
  struct Options {
    SymbolKind kind = SymbolKind::pieces;
    bool logits = false;  // the scores are no log probabilities yet: log softmax is taken
    bool partials = true;
  };

  DecodeTextOperator(const Options& options, Load load);
  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;

 private:
  Status begin_frame(const media::TensorFrame& frame);
  void advance(std::span<const float> row);
  void push_text(bool is_final);

  const Options options_;
  const Load load_;
  graph::In<media::TensorFrame> scores_{*this, "scores"};
  graph::Out<media::Transcript> transcript_{*this, "transcript"};
  Parts parts_;
  std::size_t row_ = 0;      // next of the front frame
  std::size_t rows_ = 0;     // of the front frame; 0: not looked at yet
  std::size_t tokens_ = 0;   // columns
  bool has_begun_ = false;   // an utterance
  media::FrameHeader head_;  // of its first frame; duration: so far
  std::vector<float> log_row_;
  std::vector<std::int32_t> labels_;
  std::vector<std::int32_t> told_;  // labels of the last partial
  std::string text_;
};

}  // namespace parley::operators
