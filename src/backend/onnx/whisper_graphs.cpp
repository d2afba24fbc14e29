// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/whisper_graphs.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "backend/onnx/gather_rows.h"

namespace parley::backend {
namespace {

constexpr const char* kEncoderFile = "/encoder.onnx";
constexpr const char* kDecoderFile = "/decoder.onnx";
constexpr const char* kPositions = "parley.positions";
constexpr std::size_t kPositionsMin = 8;  // a prompt and a few words
constexpr const char* kAlignment = "alignment";

std::vector<const char*> pointers(std::span<const std::string> names) {
  std::vector<const char*> out;
  for (const std::string& name : names) out.push_back(name.c_str());
  return out;
}

std::vector<OrtValuePtr> owned(std::span<OrtValue* const> values) {
  std::vector<OrtValuePtr> out;
  for (OrtValue* value : values) out.emplace_back(value);
  return out;
}

}  // namespace

Result<WhisperGraphs> WhisperGraphs::load(const std::string& folder) {
  PARLEY_TRY(InferenceSession encoder, InferenceSession::load(folder + kEncoderFile, {"mel"},
                                                              {"cross_key.0", "cross_value.0"}));
  PARLEY_TRY(InferenceSession decoder,
             InferenceSession::load(
                 folder + kDecoderFile,
                 {"tokens", "past_key.0", "past_value.0", "cross_key.0", "cross_value.0"},
                 {"scores", "present_key.0", "present_value.0"}));
  WhisperGraphs graphs(std::move(encoder), std::move(decoder));
  PARLEY_TRY_STATUS(graphs.name_values());
  return graphs;
}

Status WhisperGraphs::name_values() {
  const auto differs = [](const InferenceSession& session, const std::string& what) {
    return Error{ErrorCode::data_corrupt, session.file() + ": not the expected model: " + what};
  };
  PARLEY_TRY(const std::string positions, decoder_.metadata(kPositions));
  const auto [stop, error] =
      std::from_chars(positions.data(), positions.data() + positions.size(), positions_);
  if (error != std::errc() || *stop != '\0' || positions_ < kPositionsMin) {
    return differs(decoder_, kPositions);
  }
  PARLEY_TRY(const auto mel, encoder_.input_shape("mel"));
  if (mel.size() != 3 || mel[1] <= 0) return differs(encoder_, "the shape of mel");
  bins_ = mel[1];
  PARLEY_TRY(const auto past, decoder_.input_shape("past_key.0"));
  if (past.size() != 4 || past[1] <= 0 || past[3] <= 0) {
    return differs(decoder_, "the shape of past_key.0");
  }
  heads_ = past[1];
  head_size_ = past[3];
  aligns_ = std::ranges::count(decoder_.outputs(), kAlignment) > 0;
  for (std::size_t layer = 0;
       std::ranges::count(decoder_.inputs(), "past_key." + std::to_string(layer)) > 0; ++layer) {
    for (const char* part : {"_key.", "_value."}) {
      const std::string rest = part + std::to_string(layer);
      cross_names_.push_back("cross" + rest);
      past_names_.push_back("past" + rest);
      present_names_.push_back("present" + rest);
    }
  }
  return {};
}

Status WhisperRun::encode(std::span<float> features, std::size_t frames) {
  const std::array<std::int64_t, 3> shape{1, graphs_.bins_, static_cast<std::int64_t>(frames)};
  PARLEY_TRY(const OrtValuePtr mel, tensor(features, shape));
  constexpr std::array kIn{"mel"};
  const std::array<const OrtValue*, 1> in{mel.get()};
  std::vector<OrtValue*> out(graphs_.cross_names_.size(), nullptr);
  PARLEY_TRY_STATUS(graphs_.encoder_.run(options_, kIn, in, pointers(graphs_.cross_names_), out));
  cross_ = owned(out);
  past_.clear();
  const std::array<std::int64_t, 4> empty{1, graphs_.heads_, 0, graphs_.head_size_};
  for (std::size_t i = 0; i < graphs_.past_names_.size(); ++i) {
    PARLEY_TRY(OrtValuePtr value, tensor(std::span(&nothing_, 0), empty));
    past_.push_back(std::move(value));
  }
  return {};
}

Result<std::span<const float>> WhisperRun::read(std::span<const std::int64_t> tokens) {
  attention_.clear();
  return run(tokens, 1);
}

Result<std::span<const float>> WhisperRun::step(std::span<const BeamSearch::Beam> beams) {
  std::vector<std::int64_t> tokens;
  std::vector<std::size_t> parents;
  for (const BeamSearch::Beam& beam : beams) {
    tokens.push_back(beam.tokens.back());
    parents.push_back(beam.parent);
  }
  // A single way that goes on, the usual end of a search, needs no copies.
  const bool is_same = parents.size() == 1 && rows_ == 1;
  if (!is_same) PARLEY_TRY_STATUS(gather_rows(past_, parents));
  return run(tokens, tokens.size());
}

Result<std::span<const float>> WhisperRun::run(std::span<const std::int64_t> tokens,
                                               std::size_t rows) {
  std::vector<std::int64_t> ids(tokens.begin(), tokens.end());
  const std::array<std::int64_t, 2> shape{static_cast<std::int64_t>(rows),
                                          static_cast<std::int64_t>(ids.size() / rows)};
  PARLEY_TRY(const OrtValuePtr id, tensor(std::span(ids), shape));
  std::vector<const char*> names_in{"tokens"};
  std::vector<const OrtValue*> in{id.get()};
  for (std::size_t i = 0; i < past_.size(); ++i) {
    names_in.push_back(graphs_.past_names_[i].c_str());
    in.push_back(past_[i].get());
    names_in.push_back(graphs_.cross_names_[i].c_str());
    in.push_back(cross_[i].get());
  }
  std::vector<const char*> names_out = pointers(graphs_.present_names_);
  names_out.push_back("scores");
  if (graphs_.aligns_) names_out.push_back(kAlignment);
  std::vector<OrtValue*> out(names_out.size(), nullptr);
  PARLEY_TRY_STATUS(graphs_.decoder_.run(options_, names_in, in, names_out, out));
  std::vector<OrtValuePtr> values = owned(out);
  if (graphs_.aligns_) {
    attention_.push_back(std::move(values.back()));
    values.pop_back();
  }
  scores_ = std::move(values.back());
  values.pop_back();
  past_ = std::move(values);
  rows_ = rows;
  return floats(*scores_);
}

std::span<const float> WhisperRun::attention(std::size_t step, std::size_t row) const {
  if (step >= attention_.size()) return {};
  const Result<std::vector<std::int64_t>> shape = shape_of(*attention_[step]);
  const Result<std::span<const float>> values = floats(*attention_[step]);
  if (!shape || !values || shape->size() != 3 || (*shape)[0] <= static_cast<std::int64_t>(row)) {
    return {};
  }
  const auto tokens = static_cast<std::size_t>((*shape)[1]);
  const auto frames = static_cast<std::size_t>((*shape)[2]);
  return values->subspan((row * tokens + tokens - 1) * frames, frames);
}

}  // namespace parley::backend
