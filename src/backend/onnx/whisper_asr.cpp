// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/whisper_asr.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <string_view>
#include <utility>

#include "backend/onnx/beam_search.h"
#include "backend/onnx/log_mel_block.h"
#include "backend/onnx/terminate_on_cancel.h"
#include "backend/onnx/token_times.h"
#include "backend/onnx/whisper_guard.h"

namespace parley::backend {
namespace {

constexpr std::size_t kFrame = 2 * dsp::WhisperLogMel::kHop;  // of the encoder: 20 ms
constexpr std::size_t kSilenceBehind = 2 * std::size_t{model::kAsrRate};
constexpr std::size_t kSamplesMin = 2 * std::size_t{model::kAsrRate};  // with that silence
constexpr std::size_t kPromptSize = 4;
// Of what was said before, its end. Reading gives scores of the whole vocabulary for each token:
// 200 KB.
constexpr std::size_t kSaidBeforeMax = 64;
constexpr std::size_t kBeamWidth = 3;
constexpr float kBeamMargin = 2.0F;
// With hot words: what they may be mistaken for has to be followed beside them.
constexpr std::size_t kHotBeamWidth = 5;
constexpr float kHotBeamMargin = 4.0F;
constexpr float kSilentPeak = 3e-4F;  // ten steps of 16 bits: nothing that anybody said

constexpr const char* kTokensFile = "/tokens.bin";

// Their words have no spaces between them.
constexpr std::array<std::string_view, 7> kWithoutSpaces{"zh", "ja", "th", "lo", "my", "km", "bo"};

/// Whole frames.
std::size_t window(std::size_t samples) {
  samples = std::clamp(samples, kSamplesMin, WhisperAsr::kSamplesMax);
  return (samples + kFrame - 1) / kFrame * kFrame;
}

std::size_t tokens_max(std::size_t samples, std::size_t room) {
  const double seconds = static_cast<double>(samples) / model::kAsrRate;
  const auto spoken = static_cast<std::size_t>(WhisperAsr::kTokensPerSecondMax * seconds);
  return std::min(WhisperAsr::kTokensMargin + spoken, room);
}

void clear(model::AsrCall& call) {
  call.text.clear();
  call.detected_language.clear();
  call.words.clear();
  call.tokens.clear();
}

}  // namespace

struct WhisperAsr::Answer {
  std::int64_t language = 0;
  std::vector<std::int64_t> tokens;
  std::vector<double> logprobs;               // of each, and of what ended them
  std::vector<std::vector<float>> attention;  // likewise; empty when it is not known
  WhisperScores scores;
};

WhisperAsr::WhisperAsr(WhisperGraphs graphs, WhisperVocabulary vocabulary,
                       dsp::WhisperLogMel features, std::vector<std::string> hot_words)
    : graphs_(std::move(graphs)),
      vocabulary_(std::move(vocabulary)),
      features_(std::move(features)),
      hot_words_(
          static_cast<std::size_t>(vocabulary_.end()),
          [this](std::int64_t id) { return std::string(vocabulary_.piece(id)); },
          std::move(hot_words)) {}

Result<std::unique_ptr<WhisperAsr>> WhisperAsr::load(const std::string& folder,
                                                     std::vector<std::string> hot_words) {
  PARLEY_TRY(WhisperGraphs graphs, WhisperGraphs::load(folder));
  PARLEY_TRY(TokenTable tokens, TokenTable::load(folder + kTokensFile));
  WhisperVocabulary::Suppressed suppressed;
  PARLEY_TRY(suppressed.always, graphs.metadata("parley.suppress"));
  PARLEY_TRY(suppressed.first, graphs.metadata("parley.suppress_first"));
  auto vocabulary = WhisperVocabulary::make(std::move(tokens), suppressed);
  if (!vocabulary) return vocabulary.error().with_context(folder + kTokensFile);
  PARLEY_TRY(dsp::WhisperLogMel features, dsp::WhisperLogMel::make());
  std::unique_ptr<WhisperAsr> model(new WhisperAsr(std::move(graphs), std::move(*vocabulary),
                                                   std::move(features), std::move(hot_words)));
  // A first run proves that the files fit together, and warms the sessions up.
  model::AsrCall probe;
  probe.audio.resize(kSamplesMin / 2, 2.0F * kSilentPeak);
  model->transcribe(probe);
  if (!probe.status) return probe.status.error().with_context(folder);
  return model;
}

void WhisperAsr::transcribe(model::AsrCall& call) noexcept {
  clear(call);
  if (call.audio.size() > kSamplesMax) {
    call.status = Error{ErrorCode::invalid_argument, "audio: " + std::to_string(call.audio.size()) +
                                                         " samples are more than " +
                                                         std::to_string(kSamplesMax) + " (30 s)"};
    return;
  }
  call.status = recognise(call);
  if (call.cancelled()) call.status = Error{ErrorCode::cancelled, "cancelled"};
  if (!call.status) clear(call);
}

Status WhisperAsr::recognise(model::AsrCall& call) const {
  std::optional<std::int64_t> language;
  if (!call.language.empty()) {
    language = vocabulary_.language(call.language);
    if (!language) {
      return Error{ErrorCode::invalid_argument,
                   "language: the model does not know '" + call.language + "'"};
    }
  }
  const auto is_quiet = [](float sample) { return std::abs(sample) <= kSilentPeak; };
  if (std::ranges::all_of(call.audio, is_quiet)) return {};

  const TerminateOnCancel terminate(call);
  WhisperRun run(graphs_, terminate.options());
  const std::size_t first = window(call.audio.size() + kSilenceBehind);
  PARLEY_TRY(Answer answer, attempt(call, run, first, language));
  if (is_doubtful(answer.scores) && first < kSamplesMax && !call.cancelled()) {
    PARLEY_TRY(Answer again, attempt(call, run, kSamplesMax, language));
    if (is_better(again.scores, answer.scores)) answer = std::move(again);
  }
  if (!is_made_up(answer.scores)) tell(answer, call);
  return {};
}

/// One answer, with silence behind the audio up to `samples`.
Result<WhisperAsr::Answer> WhisperAsr::attempt(const model::AsrCall& call, WhisperRun& run,
                                               std::size_t samples,
                                               std::optional<std::int64_t> language) const {
  const std::size_t frames = samples / dsp::WhisperLogMel::kHop;
  std::vector<float> features = log_mel_block(features_, call.audio, frames);
  PARLEY_TRY_STATUS(run.encode(features, frames));

  Answer answer;
  PARLEY_TRY(std::span<const float> scores, read_prompt(call, run, language, answer));
  const std::size_t stride = scores.size();

  const std::size_t room = graphs_.positions() - kPromptSize - said_before(call).size();
  // A translation says the words in English.
  const auto hot_words = call.translate ? nullptr : hot_words_.of(call.hints);
  BeamSearch search({.width = hot_words ? kHotBeamWidth : kBeamWidth,
                     .margin = hot_words ? kHotBeamMargin : kBeamMargin,
                     .tokens_max = tokens_max(call.audio.size(), room),
                     .end = vocabulary_.end(),
                     .hot_words = hot_words.get()});
  const std::size_t choices = static_cast<std::size_t>(vocabulary_.end()) + 1;
  std::vector<float> rows;  // what may be said: text, or the end
  while (true) {
    const std::size_t count = search.beams().size();
    rows.resize(count * choices);
    for (std::size_t i = 0; i < count; ++i) {
      const auto row = std::span(rows).subspan(i * choices, choices);
      std::ranges::copy(scores.subspan(i * stride, choices), row.begin());
      vocabulary_.suppress(row, search.beams()[i].tokens.empty());
    }
    search.advance(rows, choices);
    if (search.beams().empty() || call.cancelled()) break;
    PARLEY_TRY(scores, run.step(search.beams()));
  }

  answer.tokens = search.best();
  answer.scores.was_cut = search.best_ending() != BeamSearch::Ending::token;
  answer.scores.repeated = repeated_share(answer.tokens);
  answer.scores.tokens = answer.tokens.size();
  const std::vector<BeamSearch::Choice>& chosen = search.best_choices();
  double sum = 0.0;
  for (std::size_t i = 0; i < chosen.size(); ++i) {
    sum += chosen[i].logprob;
    answer.logprobs.push_back(chosen[i].logprob);
    const std::span<const float> look = run.attention(i, chosen[i].row);
    const std::size_t heard = (call.audio.size() + kFrame - 1) / kFrame;
    const std::span<const float> row = look.first(std::min(look.size(), heard));
    answer.attention.emplace_back(row.begin(), row.end());
  }
  if (!chosen.empty()) answer.scores.logprob_mean = sum / static_cast<double>(chosen.size());
  return answer;
}

/// The tokens in front of the prompt.
std::vector<std::int64_t> WhisperAsr::said_before(const model::AsrCall& call) const {
  const std::optional<std::int64_t> previous = vocabulary_.previous();
  if (!previous || call.hints == nullptr || call.hints->prompt.empty()) return {};
  std::vector<std::int64_t> tokens = vocabulary_.encode(" " + call.hints->prompt);
  const std::size_t most = std::min(kSaidBeforeMax, graphs_.positions() / 2 - 1);
  if (tokens.size() > most) {
    tokens.erase(tokens.begin(), tokens.end() - static_cast<std::ptrdiff_t>(most));
  }
  tokens.insert(tokens.begin(), *previous);
  return tokens;
}

/// Returns the scores after the prompt.
Result<std::span<const float>> WhisperAsr::read_prompt(const model::AsrCall& call, WhisperRun& run,
                                                       std::optional<std::int64_t> language,
                                                       Answer& answer) const {
  const auto task = vocabulary_.task(call.translate);
  std::vector<std::int64_t> prompt = said_before(call);
  const std::size_t before = prompt.size();
  prompt.push_back(vocabulary_.begin());
  if (language) prompt.insert(prompt.end(), {*language, task[0], task[1]});
  PARLEY_TRY(std::span<const float> scores, run.read(prompt));
  const std::size_t row = scores.size() / prompt.size();
  if (row < vocabulary_.size()) return Error{ErrorCode::data_corrupt, "fewer scores than tokens"};
  const std::span<const float> begun = scores.subspan(before * row, row);
  answer.scores.no_speech = vocabulary_.no_speech(begun);
  answer.language = language.value_or(vocabulary_.likeliest_language(begun));
  if (!language) {
    const std::array rest{answer.language, task[0], task[1]};
    PARLEY_TRY(scores, run.read(rest));
  }
  return scores.last(row);
}

void WhisperAsr::tell(const Answer& answer, model::AsrCall& call) const {
  call.text = vocabulary_.text(answer.tokens);
  if (call.text.empty()) return;
  call.detected_language = vocabulary_.code(answer.language);
  std::vector<std::string> pieces;
  for (std::size_t i = 0; i < answer.tokens.size(); ++i) {
    pieces.emplace_back(vocabulary_.piece(answer.tokens[i]));
    // The text does not begin with the space either.
    std::string_view piece = pieces.back();
    if (call.tokens.empty())
      piece.remove_prefix(std::min(piece.find_first_not_of(' '), piece.size()));
    if (!piece.empty()) call.tokens.push_back({std::string(piece), answer.logprobs[i]});
  }
  if (call.translate || std::ranges::count(kWithoutSpaces, call.detected_language) > 0) return;
  const std::vector<std::span<const float>> attention(answer.attention.begin(),
                                                      answer.attention.end());
  call.words = word_times(pieces, attention, call.audio, kFrame);
}

}  // namespace parley::backend
