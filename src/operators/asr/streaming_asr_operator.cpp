// SPDX-License-Identifier: Apache-2.0
#include "operators/asr/streaming_asr_operator.h"

#include <algorithm>
#include <cstdint>
#include <span>
#include <utility>

#include "codec/pcm16.h"
#include "media/copy_count.h"
#include "model/asr_model.h"
#include "operators/asr/asr_operator.h"

namespace parley::operators {

namespace {

using graph::Progress;
using media::MediaTime;
using media::TurnEvent;

/// Models have words for whole chunks only, of 300 ms and more: smaller pieces cost calls.
constexpr MediaTime kStep = MediaTime::from_ms(96);
/// A partial may come that much later than a final.
constexpr Millis kPartialPatience{200};
constexpr Millis kRetry{10};  // after the host's queue was full

std::vector<float> floats(std::span<const std::int16_t> samples) {
  std::vector<float> audio(samples.size());
  codec::pcm16_to_float(samples, audio);
  media::note_copied(audio.size() * sizeof(float));
  return audio;
}

}  // namespace

StreamingAsrOperator::StreamingAsrOperator(model::StreamingAsrHost& host, const InputBuffer& buffer,
                                           const PartialSettings& settings, Makes makes,
                                           Counter& left_out)
    : host_(host), buffer_(buffer), settings_(settings), makes_(makes), left_out_(left_out) {}

Result<Progress> StreamingAsrOperator::process(graph::ProcessContext& context) {
  while (events_.peek() != nullptr) hear(events_.pop());
  while (speech_.peek() != nullptr) {
    const media::SpeechEvent window = speech_.pop();
    heard_ = window.head.pts + window.head.duration;
  }
  while (!utterances_.empty()) {
    if (!partials_.has_room() || !transcripts_.has_room()) return Progress::blocked;
    if (!advance(utterances_.front(), context)) break;
    utterances_.pop_front();
  }
  return Progress::need_input;
}

void StreamingAsrOperator::hear(const TurnEvent& event) {
  const bool makes_any = makes_ == Makes::finals_too || settings_.interval > Millis::zero();
  switch (event.kind) {
    case TurnEvent::Kind::started:
      if (makes_any) begin(event);
      break;
    case TurnEvent::Kind::paused:
    case TurnEvent::Kind::resumed:
      break;
    case TurnEvent::Kind::cleared:
      drop_open();
      break;
    case TurnEvent::Kind::ended:
      if (makes_ == Makes::partials) {
        drop_open();
      } else {
        end(event);
      }
      break;
  }
}

void StreamingAsrOperator::begin(const TurnEvent& event) {
  drop_open();
  Utterance utterance;
  utterance.id = event.utterance;
  utterance.begin = utterance.fed = event.audio_begin;
  utterances_.push_back(std::move(utterance));
}

void StreamingAsrOperator::end(const TurnEvent& event) {
  // What a client commits without anybody having been heard to begin.
  if (utterances_.empty() || utterances_.back().ended) begin(event);
  Utterance& utterance = utterances_.back();
  utterance.ended = true;
  utterance.end = event.head.pts;
  utterance.rest = floats(buffer_.range(utterance.fed, event.head.pts));
  refuse_one();
}

void StreamingAsrOperator::drop_open() noexcept {
  if (utterances_.empty() || utterances_.back().ended) return;
  if (utterances_.back().call) utterances_.back().call->cancel();
  utterances_.pop_back();
}

void StreamingAsrOperator::refuse_one() {
  const auto waits = [](const Utterance& one) { return one.ended && !one.lost && !one.call; };
  if (std::ranges::count_if(utterances_, waits) <= std::ptrdiff_t{kUtterancesWaitingMax}) return;
  Utterance& oldest = *std::ranges::find_if(utterances_, waits);
  oldest.refused = oldest.lost = true;
  oldest.rest = {};
}

bool StreamingAsrOperator::advance(Utterance& utterance, graph::ProcessContext& context) {
  if (utterance.is_asked) {
    if (utterance.call->in_flight()) return false;  // the host wakes us
    take_answer(utterance, context);
  }
  if (!utterance.lost && !utterance.is_whole) {
    feed(utterance, context);
    return false;
  }
  if (!utterance.ended) return false;
  if (utterance.refused) {
    context.report({ErrorCode::resource_exhausted, "speech recognition is behind by more than " +
                                                       std::to_string(kUtterancesWaitingMax) +
                                                       " utterances"});
  }
  tell_final(utterance);
  return true;
}

void StreamingAsrOperator::take_answer(Utterance& utterance, graph::ProcessContext& context) {
  utterance.is_asked = false;
  const model::AsrStreamCall& call = *utterance.call;
  if (call.status) {
    utterance.text = call.text;
    utterance.is_whole = call.is_last;
    if (!utterance.ended) tell_partial(utterance);
    return;
  }
  utterance.lost = true;  // with a transcript, as far as it went
  if (makes_ == Makes::finals_too) {
    context.report(
        call.status.error().with_context("utterance " + std::to_string(utterance.id.value)));
  } else {
    left_out_.add();
  }
}

void StreamingAsrOperator::feed(Utterance& utterance, graph::ProcessContext& context) {
  if (utterance.ended) {
    const std::span<const float> rest = std::span(utterance.rest).subspan(utterance.rest_fed);
    const auto most = static_cast<std::size_t>(kStreamingPieceMax.samples(model::kAsrRate));
    const std::span<const float> piece = rest.first(std::min(most, rest.size()));
    ask(utterance, {piece.begin(), piece.end()}, piece.size() == rest.size(), context);
    if (utterance.is_asked) utterance.rest_fed += piece.size();
    return;
  }
  const MediaTime behind = heard_ - utterance.fed;
  if (behind < kStep) return;
  if (makes_ == Makes::partials && behind > kStreamingBehindMax) {
    utterance.lost = true;
    left_out_.add();
    return;
  }
  const MediaTime until = std::min(heard_, utterance.fed + kStreamingPieceMax);
  ask(utterance, floats(buffer_.range(utterance.fed, until)), false, context);
  if (utterance.is_asked) utterance.fed = until;
}

void StreamingAsrOperator::ask(Utterance& utterance, std::vector<float> audio, bool is_last,
                               graph::ProcessContext& context) {
  if (!utterance.call) {
    utterance.call = std::make_shared<model::AsrStreamCall>();
    utterance.call->hints = settings_.hints;
  }
  utterance.call->audio = std::move(audio);
  utterance.call->is_last = is_last;
  utterance.call->begin(context.waker(),
                        context.now() + (is_last ? Millis::zero() : kPartialPatience));
  utterance.is_asked = host_.submit(utterance.call);
  if (!utterance.is_asked) context.wake_at(context.now() + kRetry);
}

void StreamingAsrOperator::tell_partial(Utterance& utterance) {
  const std::string before = utterance.shown.text();
  const std::size_t stable_before = utterance.shown.stable_bytes();
  utterance.shown.add(utterance.text, Ending::open);
  const std::string& text = utterance.shown.text();
  const std::size_t stable = utterance.shown.stable_bytes();
  const bool is_news = text != before || stable != stable_before;
  if (settings_.interval == Millis::zero() || text.empty() || !is_news) return;
  media::Transcript partial;
  partial.head.pts = utterance.begin;
  partial.head.duration = utterance.fed - utterance.begin;
  partial.utterance = utterance.id;
  partial.text = text;
  partial.stable_bytes = stable;
  partial.language = utterance.call->language;
  partials_.push(std::move(partial));
}

void StreamingAsrOperator::tell_final(Utterance& utterance) {
  media::Transcript transcript;
  transcript.head.pts = utterance.begin;
  transcript.head.duration = utterance.end - utterance.begin;
  transcript.utterance = utterance.id;
  transcript.text = std::move(utterance.text);
  transcript.is_final = utterance.is_whole;
  if (utterance.is_whole) {
    transcript.language = std::move(utterance.call->language);
    transcript.words = std::move(utterance.call->words);
    transcript.tokens = std::move(utterance.call->tokens);
  }
  transcripts_.push(std::move(transcript));
}

void StreamingAsrOperator::close() noexcept {
  for (const Utterance& utterance : utterances_) {
    if (utterance.call) utterance.call->cancel();
  }
  utterances_.clear();
}

}  // namespace parley::operators
