// SPDX-License-Identifier: Apache-2.0
#include "operators/decode/decode_text_operator.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "operators/decode/transcript_labels.h"

namespace parley::operators {

using graph::Progress;
using media::TensorFrame;

DecodeTextOperator::DecodeTextOperator(const Options& options, Load load)
    : options_(options), load_(std::move(load)) {}

Status DecodeTextOperator::open(graph::ProcessContext&) {
  PARLEY_TRY(parts_, load_());
  return {};
}

Result<Progress> DecodeTextOperator::process(graph::ProcessContext&) {
  for (int taken = 0; taken < kRowsPerCall;) {
    const TensorFrame* frame = scores_.peek();
    if (frame == nullptr) return Progress::need_input;
    // A row may push a partial, and the last one the final transcript.
    if (!transcript_.has_room(2)) return Progress::blocked;
    if (rows_ == 0) {
      if (Status status = begin_frame(*frame); !status) {
        static_cast<void>(scores_.pop());
        return std::move(status).error();
      }
    }
    for (; row_ < rows_ && taken < kRowsPerCall; ++row_, ++taken) {
      advance(frame->data.floats().subspan(row_ * tokens_, tokens_));
    }
    if (row_ < rows_) break;
    head_.duration = frame->head.pts + frame->head.duration - head_.pts;
    const bool is_last = frame->head.is_last;
    static_cast<void>(scores_.pop());
    rows_ = 0;
    row_ = 0;
    ++taken;  // so that empty frames count, too
    if (is_last) {
      push_text(true);
      parts_.decoder->reset();
      has_begun_ = false;
    } else if (options_.partials) {
      push_text(false);
    }
  }
  return Progress::more_output;
}

Status DecodeTextOperator::begin_frame(const TensorFrame& frame) {
  if (!has_begun_) {
    has_begun_ = true;
    head_ = frame.head;
    told_.clear();
    tokens_ = 0;
  }
  row_ = 0;
  rows_ = 0;
  if (frame.data.empty()) return {};  // only the end of a stretch
  const auto dims = frame.shape.dims();
  const bool is_batch_of_one = dims.size() == 3 && dims[0] == 1;
  if (frame.element != media::ElementType::float32 || dims.empty() ||
      (dims.size() > 2 && !is_batch_of_one) ||
      frame.data.size() != frame.shape.elements() * sizeof(float)) {
    return Error{ErrorCode::invalid_argument, "scores of rank " + std::to_string(dims.size()) +
                                                  "; wanted is float32 [rows, tokens]"};
  }
  const auto tokens = static_cast<std::size_t>(dims.back());
  const std::size_t wanted = parts_.decoder->tokens();
  if (tokens == 0 || (wanted != 0 && tokens != wanted) || (tokens_ != 0 && tokens != tokens_)) {
    return Error{ErrorCode::invalid_argument, "scores of " + std::to_string(tokens) +
                                                  " tokens; wanted are " +
                                                  std::to_string(wanted != 0 ? wanted : tokens_)};
  }
  tokens_ = tokens;
  rows_ = frame.shape.elements() / tokens;
  log_row_.resize(tokens);
  return {};
}

void DecodeTextOperator::advance(std::span<const float> row) {
  if (!options_.logits) {
    parts_.decoder->advance(row);
    return;
  }
  const float largest = *std::max_element(row.begin(), row.end());
  float sum = 0.0F;
  for (const float value : row) sum += std::exp(value - largest);
  const float down = largest + std::log(sum);
  for (std::size_t i = 0; i < row.size(); ++i) log_row_[i] = row[i] - down;
  parts_.decoder->advance(log_row_);
}

void DecodeTextOperator::push_text(bool is_final) {
  parts_.decoder->best(labels_, is_final);
  if (!is_final && labels_ == told_) return;
  told_ = labels_;
  text_.clear();
  parts_.symbols->append(labels_, options_.kind, text_);
  TranscriptLabels labels = take_labels(text_);
  media::Transcript transcript;
  transcript.head = head_;
  transcript.head.is_last = is_final;
  transcript.text = text_;
  transcript.is_final = is_final;
  transcript.language = std::move(labels.language);
  transcript.emotion = std::move(labels.emotion);
  transcript.event = std::move(labels.event);
  transcript_.push(std::move(transcript));
}

}  // namespace parley::operators
