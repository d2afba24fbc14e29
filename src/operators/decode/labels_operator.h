// SPDX-License-Identifier: Apache-2.0
//
// Takes the tags of SenseVoice and Whisper out of transcripts and passes them on as labels
// (transcript_labels.h). Labels that a transcript has already stay.
//   in   transcript   Transcript
//   out  transcript   Transcript, with language, emotion and event as far as the text says them
// Threads: strand.  Allocates: for labels longer than a string holds in place.  Latency: none.
#pragma once

#include <utility>

#include "graph/operator.h"
#include "graph/port.h"
#include "operators/decode/transcript_labels.h"

namespace parley::operators {

class LabelsOperator final : public graph::Operator {
 public:
  Result<graph::Progress> process(graph::ProcessContext&) override {
    while (in_.peek() != nullptr) {
      if (!out_.has_room()) return graph::Progress::blocked;
      media::Transcript transcript = in_.pop();
      TranscriptLabels labels = take_labels(transcript.text);
      if (transcript.language.empty()) transcript.language = std::move(labels.language);
      if (transcript.emotion.empty()) transcript.emotion = std::move(labels.emotion);
      if (transcript.event.empty()) transcript.event = std::move(labels.event);
      out_.push(std::move(transcript));
    }
    return graph::Progress::need_input;
  }

 private:
  graph::In<media::Transcript> in_{*this, "transcript"};
  graph::Out<media::Transcript> out_{*this, "transcript"};
};

}  // namespace parley::operators
