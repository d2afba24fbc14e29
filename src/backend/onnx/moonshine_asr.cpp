// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/moonshine_asr.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <span>
#include <utility>

#include "backend/onnx/gather_rows.h"
#include "backend/onnx/terminate_on_cancel.h"
#include "backend/onnx/token_times.h"

namespace parley::backend {
namespace {

// The encoder's three convolutions need 895 samples; silence up to this costs next to nothing.
constexpr std::size_t kSamplesMin = 1600;

// Measured on 60 clips of LibriSpeech, over small shifts of where they begin: 15.1 % of words wrong
// with one beam (greedy), 14.2 % with two, 13.5 % with three, 13.4 % with four.
constexpr std::size_t kBeamWidth = 3;
constexpr float kBeamMargin = 2.0F;
// With hot words: what they may be mistaken for has to be followed beside them.
constexpr std::size_t kHotBeamWidth = 5;
constexpr float kHotBeamMargin = 4.0F;

constexpr std::size_t kAttentionFrame = 384;  // samples that the encoder makes a frame of: 24 ms

constexpr const char* kEncoderFile = "/encoder.onnx";
constexpr const char* kDecoderFile = "/decoder.onnx";
constexpr const char* kTokensFile = "/tokenizer.bin";
constexpr const char* kSamples = "input_values";
constexpr const char* kTokens = "input_ids";
constexpr const char* kScores = "logits";
constexpr const char* kAlignment = "alignment";

std::size_t tokens_max(std::size_t samples) {
  return MoonshineAsr::kTokensMargin +
         static_cast<std::size_t>(MoonshineAsr::kTokensPerSecondMax * static_cast<double>(samples) /
                                  model::kAsrRate);
}

/// What a call is to check instead of making it: one pass over many tokens costs about as much as
/// two steps of one. Finals take none: they must not depend on which partials there were.
std::vector<std::int64_t> draft_of(const model::AsrCall& call, std::size_t tokens_max) {
  if (!call.is_optional) return {};
  const std::span<const std::int64_t> last = call.hypothesis;
  const std::span<const std::int64_t> draft = last.first(std::min(last.size(), tokens_max));
  return {draft.begin(), draft.end()};
}

}  // namespace

// One utterance on its way through the model: owns every tensor of it.
class MoonshineAsr::Decoding {
 public:
  Decoding(const MoonshineAsr& model, const OrtRunOptions* options)
      : model_(model), options_(options), past_(model.past_names_.size()) {}

  Status encode(std::span<float> audio) {
    const std::array<std::int64_t, 2> shape{1, static_cast<std::int64_t>(audio.size())};
    PARLEY_TRY(const OrtValuePtr values, tensor(audio, shape));
    constexpr std::array kIn{kSamples};
    const std::array<const OrtValue*, 1> in{values.get()};
    std::vector<const char*> names;
    for (std::size_t i = own(); i < past_.size(); ++i) {
      names.push_back(model_.present_names_[i].c_str());
    }
    std::vector<OrtValue*> out(names.size(), nullptr);
    PARLEY_TRY_STATUS(model_.encoder_.run(options_, kIn, in, names, out));
    for (std::size_t i = 0; i < out.size(); ++i) past_[own() + i].reset(out[i]);
    return make_empty_past();
  }

  /// The scores after the begin token and then after each of `draft`: a row for each.
  Result<std::span<const float>> begin(std::span<const std::int64_t> draft) {
    std::vector<std::int64_t> tokens{TokenTable::kBegin};
    tokens.insert(tokens.end(), draft.begin(), draft.end());
    begun_with_ = tokens.size();
    return run(tokens, {1, static_cast<std::int64_t>(tokens.size())});
  }

  /// Only the first `rows` of what `begin` gave were of use: the answer goes on from there.
  Status keep_begun(std::size_t rows) {
    if (rows == begun_with_) return {};
    begun_with_ = rows;
    return keep_positions(std::span(past_).first(own()), rows);
  }

  /// The scores after each beam's last token, row by row. What the encoder made has one row for all
  /// beams: the decoder's products broadcast it, so that nothing is copied for them.
  Result<std::span<const float>> step(std::span<const BeamSearch::Beam> beams) {
    std::vector<std::int64_t> tokens(beams.size());
    std::vector<std::size_t> parents(beams.size());
    bool moves = beams.size() != rows_;
    for (std::size_t i = 0; i < beams.size(); ++i) {
      tokens[i] = beams[i].tokens.back();
      parents[i] = beams[i].parent;
      moves = moves || parents[i] != i;
    }
    if (moves) PARLEY_TRY_STATUS(gather_rows(std::span(past_).first(own()), parents));
    rows_ = beams.size();
    return run(tokens, {static_cast<std::int64_t>(tokens.size()), 1});
  }

  /// How much the decoder looked at each frame for token `step` of an answer, in that step's `row`.
  [[nodiscard]] std::span<const float> attention(std::size_t step, std::size_t row) const {
    // The first run made several steps at once, and each later one made one.
    const std::size_t run = step < begun_with_ ? 0 : step - begun_with_ + 1;
    const std::size_t index = run == 0 ? step : row;
    if (run >= attention_.size()) return {};
    const Result<std::vector<std::int64_t>> shape = shape_of(*attention_[run]);
    const Result<std::span<const float>> values = floats(*attention_[run]);
    if (!shape || !values || shape->size() != 3) return {};
    const auto rows = static_cast<std::size_t>((*shape)[0] * (*shape)[1]);
    if (index >= rows) return {};
    const std::size_t frames = values->size() / rows;
    return values->subspan(index * frames, frames);
  }

 private:
  /// How many of `past_` grow with the answer: the decoder's own.
  [[nodiscard]] std::size_t own() const { return past_.size() / 2; }

  /// One run of the decoder for `tokens`, [beams, tokens of each]. The scores are valid until the
  /// next one.
  Result<std::span<const float>> run(std::span<std::int64_t> tokens,
                                     const std::array<std::int64_t, 2>& shape) {
    PARLEY_TRY(const OrtValuePtr id, tensor(tokens, shape));
    std::vector<const char*> names_in{kTokens};
    std::vector<const OrtValue*> in{id.get()};
    for (std::size_t i = 0; i < past_.size(); ++i) {
      names_in.push_back(model_.past_names_[i].c_str());
      in.push_back(past_[i].get());
    }
    std::vector<const char*> names_out{kScores, kAlignment};
    for (std::size_t i = 0; i < own(); ++i) names_out.push_back(model_.present_names_[i].c_str());
    std::vector<OrtValue*> out(names_out.size(), nullptr);
    PARLEY_TRY_STATUS(model_.decoder_.run(options_, names_in, in, names_out, out));
    logits_.reset(out[0]);
    attention_.emplace_back(out[1]);
    for (std::size_t i = 0; i < own(); ++i) past_[i].reset(out[i + 2]);
    return floats(*logits_);
  }

  Status make_empty_past() {
    const std::array<std::int64_t, 4> shape{1, model_.heads_, 0, model_.head_size_};
    for (OrtValuePtr& value : std::span(past_).first(own())) {
      PARLEY_TRY(value, tensor(std::span(&nothing_, 0), shape));
    }
    return {};
  }

  const MoonshineAsr& model_;
  const OrtRunOptions* const options_;
  std::vector<OrtValuePtr> past_;       // as MoonshineAsr::past_names_
  OrtValuePtr logits_;                  // of the last run
  std::vector<OrtValuePtr> attention_;  // of each run: [beams, tokens of each, frames]
  std::size_t begun_with_ = 1;          // tokens of the first run that are part of the answer
  std::size_t rows_ = 1;                // of the decoder's own keys and values
  float nothing_ = 0.0F;                // what empty tensors point at
};

MoonshineAsr::MoonshineAsr(InferenceSession encoder, InferenceSession decoder, TokenTable tokens,
                           std::vector<std::string> hot_words)
    : encoder_(std::move(encoder)),
      decoder_(std::move(decoder)),
      tokens_(std::move(tokens)),
      hot_words_(
          tokens_.size(), [this](std::int64_t id) { return tokens_.piece(id); },
          std::move(hot_words)) {}

Result<std::unique_ptr<MoonshineAsr>> MoonshineAsr::load(const std::string& folder,
                                                         std::vector<std::string> hot_words) {
  PARLEY_TRY(InferenceSession encoder,
             InferenceSession::load(folder + kEncoderFile, {kSamples}, {"present.0.encoder.key"}));
  PARLEY_TRY(InferenceSession decoder,
             InferenceSession::load(
                 folder + kDecoderFile,
                 {kTokens, "past_key_values.0.encoder.key", "past_key_values.0.decoder.key"},
                 {kScores, kAlignment, "present.0.decoder.key"}));
  PARLEY_TRY(TokenTable tokens, TokenTable::load(folder + kTokensFile));
  std::unique_ptr<MoonshineAsr> model(new MoonshineAsr(std::move(encoder), std::move(decoder),
                                                       std::move(tokens), std::move(hot_words)));
  PARLEY_TRY_STATUS(model->check_shapes());
  // A first run proves that the three files fit together, and warms the sessions up.
  model::AsrCall probe;
  probe.audio.resize(kSamplesMin);
  model->transcribe(probe);
  if (!probe.status) return probe.status.error().with_context(folder);
  return model;
}

Status MoonshineAsr::check_shapes() {
  const std::string past = "past_key_values.";
  PARLEY_TRY(const auto shape, decoder_.input_shape(past + "0.decoder.key"));
  if (shape.size() != 4 || shape[1] <= 0 || shape[3] <= 0) {
    return Error{
        ErrorCode::data_corrupt,
        decoder_.file() + ": not the expected model: the shape of " + past + "0.decoder.key"};
  }
  heads_ = shape[1];
  head_size_ = shape[3];
  const auto& inputs = decoder_.inputs();
  while (std::find(inputs.begin(), inputs.end(), past + std::to_string(layers_) + ".decoder.key") !=
         inputs.end()) {
    ++layers_;
  }
  for (const char* side : {".decoder.", ".encoder."}) {
    for (std::size_t layer = 0; layer < layers_; ++layer) {
      for (const char* part : {"key", "value"}) {
        past_names_.push_back(past + std::to_string(layer) + side + part);
        present_names_.push_back("present." + std::to_string(layer) + side + part);
      }
    }
  }
  return {};
}

void MoonshineAsr::transcribe(model::AsrCall& call) noexcept {
  call.text.clear();
  call.words.clear();
  call.tokens.clear();
  if (call.audio.size() > kSamplesMax) {
    call.status = Error{ErrorCode::invalid_argument, "audio: " + std::to_string(call.audio.size()) +
                                                         " samples are more than " +
                                                         std::to_string(kSamplesMax) + " (30 s)"};
    return;
  }
  const Status decoded = decode(call);
  if (call.cancelled()) {
    call.text.clear();
    call.words.clear();
    call.tokens.clear();
    call.status = Error{ErrorCode::cancelled, "cancelled"};
  } else {
    call.status = decoded;
  }
}

Status MoonshineAsr::decode(model::AsrCall& call) const {
  if (call.audio.empty()) return {};
  const std::size_t limit = tokens_max(call.audio.size());
  if (call.audio.size() < kSamplesMin) call.audio.resize(kSamplesMin);

  const TerminateOnCancel terminate(call);
  const std::shared_ptr<const HotWordTrie> hot_words = hot_words_.of(call.hints);
  const std::size_t usual = hot_words ? kHotBeamWidth : kBeamWidth;
  // One is enough for what is heard again a moment later.
  const std::size_t width = call.is_optional ? 1 : usual;
  Decoding decoding(*this, terminate.options());
  PARLEY_TRY_STATUS(decoding.encode(call.audio));
  BeamSearch search({.width = width,
                     .margin = hot_words ? kHotBeamMargin : kBeamMargin,
                     .tokens_max = limit,
                     .end = TokenTable::kEnd,
                     .hot_words = hot_words.get()});
  const std::vector<std::int64_t> draft = draft_of(call, limit);
  PARLEY_TRY(std::span<const float> scores, decoding.begin(draft));
  const std::size_t vocabulary = scores.size() / (draft.size() + 1);
  std::size_t held = 0;  // of the draft: the model still says the same
  search.advance(scores.first(vocabulary), vocabulary);
  while (held < draft.size() && !search.beams().empty() &&
         search.beams().front().tokens.back() == draft[held]) {
    ++held;
    search.advance(scores.subspan(held * vocabulary, vocabulary), vocabulary);
  }
  PARLEY_TRY_STATUS(decoding.keep_begun(held + 1));
  while (!search.beams().empty() && !call.cancelled()) {
    PARLEY_TRY(scores, decoding.step(search.beams()));
    search.advance(scores.first(search.beams().size() * vocabulary), vocabulary);
  }
  call.text = tokens_.text(search.best());
  call.hypothesis = search.best();
  tell_tokens(search, call);
  tell_words(search, decoding, call);
  return {};
}

/// The pieces of the text, without the space that the text does not begin with either.
void MoonshineAsr::tell_tokens(const BeamSearch& search, model::AsrCall& call) const {
  for (std::size_t i = 0; i < search.best().size(); ++i) {
    std::string piece = tokens_.piece(search.best()[i]);
    if (call.tokens.empty()) piece.erase(0, piece.find_first_not_of(' '));
    if (!piece.empty()) call.tokens.push_back({std::move(piece), search.best_choices()[i].logprob});
  }
}

void MoonshineAsr::tell_words(const BeamSearch& search, const Decoding& decoding,
                              model::AsrCall& call) const {
  std::vector<std::string> pieces;
  pieces.reserve(search.best().size());
  for (const std::int64_t id : search.best()) pieces.push_back(tokens_.piece(id));
  const std::vector<BeamSearch::Choice>& choices = search.best_choices();
  std::vector<std::span<const float>> attention;
  for (std::size_t i = 0; i < choices.size(); ++i) {
    attention.push_back(decoding.attention(i, choices[i].row));
  }
  call.words = word_times(pieces, attention, call.audio, kAttentionFrame);
}

}  // namespace parley::backend
