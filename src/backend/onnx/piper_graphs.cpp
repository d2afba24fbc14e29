// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/piper_graphs.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <utility>

namespace parley::backend {
namespace {

using Shape = std::vector<std::int64_t>;

constexpr std::size_t kLevelsMax = 8;        // voices have three or four
constexpr std::size_t kNumberMax = 100'000;  // of a margin or a rate

std::int64_t as_dimension(std::size_t count) { return static_cast<std::int64_t>(count); }

/// What a run is given and gives, by name.
struct Values {
  void give(const char* name, const OrtValue* value) {
    if (value == nullptr) return;  // the graph has no such input
    names_in.push_back(name);
    in.push_back(value);
  }
  void want(const char* name) {
    names_out.push_back(name);
    out.push_back(nullptr);
  }
  [[nodiscard]] Status run(const InferenceSession& session, const OrtRunOptions* options) {
    return session.run(options, names_in, in, names_out, out);
  }
  std::vector<const char*> names_in;
  std::vector<const OrtValue*> in;
  std::vector<const char*> names_out;
  std::vector<OrtValue*> out;  // owned by nobody yet
};

/// Numbers with commas between them.
Result<std::vector<std::size_t>> numbers(const InferenceSession& session, const char* key) {
  PARLEY_TRY(const std::string text, session.metadata(key));
  std::vector<std::size_t> found;
  for (const char *at = text.data(), *const end = at + text.size(); at <= end;) {
    std::size_t value = 0;
    const auto [next, error] = std::from_chars(at, end, value);
    if (error != std::errc() || value > kNumberMax || found.size() == kLevelsMax ||
        (next != end && *next != ',')) {
      return Error{ErrorCode::data_corrupt, session.file() + ": " + key + ": '" + text + "'"};
    }
    found.push_back(value);
    at = next + 1;
  }
  return found;
}

Result<std::size_t> number(const InferenceSession& session, const char* key) {
  PARLEY_TRY(const std::vector<std::size_t> found, numbers(session, key));
  return found.front();
}

}  // namespace

Result<PiperGraphs> PiperGraphs::load(const std::string& folder, bool has_speakers) {
  PARLEY_TRY(InferenceSession encoder,
             InferenceSession::load(folder + "/encoder.onnx",
                                    {"input", "input_lengths", "scales", "noise_duration"},
                                    {"mean", "spread", "durations"}));
  PARLEY_TRY(InferenceSession flow,
             InferenceSession::load(folder + "/flow.onnx", {"prior"}, {"latent"}));
  PARLEY_TRY(InferenceSession generator,
             InferenceSession::load(folder + "/generator.onnx", {"latent", "cuts"}, {"output"}));
  const auto has = [](const std::vector<std::string>& names, std::string_view name) {
    return std::ranges::find(names, name) != names.end();
  };
  if (has(encoder.inputs(), "sid") != has_speakers) {
    return Error{ErrorCode::data_corrupt,
                 folder + ": encoder.onnx and voice.json do not agree on the number of speakers"};
  }
  PiperGraphs graphs(std::move(encoder), std::move(flow), std::move(generator));
  PARLEY_TRY_STATUS(graphs.read_margins());
  return graphs;
}

Status PiperGraphs::read_margins() {
  PARLEY_TRY(flow_margin_, number(flow_, "parley.margin"));
  PARLEY_TRY(margin_, number(generator_, "parley.margin"));
  PARLEY_TRY(const std::vector<std::size_t> margins, numbers(generator_, "parley.margins"));
  PARLEY_TRY(const std::vector<std::size_t> rates, numbers(generator_, "parley.rates"));
  bool is_plausible = margins.size() == rates.size() && margins.back() == 0;
  for (std::size_t i = 0; is_plausible && i < rates.size(); ++i) {
    is_plausible = rates[i] > 0 && margins[i] <= (i == 0 ? margin_ : margins[i - 1]);
    levels_.push_back({.margin = margins[i], .rate = rates[i]});
  }
  if (!is_plausible) {
    return Error{ErrorCode::data_corrupt, generator_.file() + ": its margins make no sense"};
  }
  return {};
}

Result<PiperGraphs::Encoded> PiperGraphs::encode(const OrtRunOptions* options, Text text) const {
  const std::int64_t ids = as_dimension(text.ids.size());
  std::int64_t length = ids;
  PARLEY_TRY(const OrtValuePtr input, tensor(text.ids, Shape{1, ids}));
  PARLEY_TRY(const OrtValuePtr lengths, tensor(std::span(&length, 1), Shape{1}));
  PARLEY_TRY(const OrtValuePtr scales, tensor(text.scales, Shape{3}));
  PARLEY_TRY(const OrtValuePtr noise,
             tensor(text.noise, Shape{1, as_dimension(kDurationChannels), ids}));
  OrtValuePtr speaker;
  std::int64_t number = text.speaker.value_or(0);
  if (text.speaker) {
    PARLEY_TRY(speaker, tensor(std::span(&number, 1), Shape{1}));
  }
  Values values;
  values.give("input", input.get());
  values.give("input_lengths", lengths.get());
  values.give("scales", scales.get());
  values.give("noise_duration", noise.get());
  values.give("sid", speaker.get());
  for (const char* name : {"mean", "spread", "durations"}) values.want(name);
  if (text.speaker) values.want("speaker");
  PARLEY_TRY_STATUS(values.run(encoder_, options));

  Encoded encoded;
  encoded.mean.reset(values.out[0]);
  encoded.spread.reset(values.out[1]);
  const OrtValuePtr durations(values.out[2]);
  if (text.speaker) encoded.speaker.reset(values.out[3]);
  PARLEY_TRY(const std::span<const float> lasted, floats(*durations));
  encoded.durations.assign(lasted.begin(), lasted.end());
  PARLEY_TRY(const Shape shape, shape_of(*encoded.mean));
  PARLEY_TRY(const Shape same, shape_of(*encoded.spread));
  if (shape.size() != 3 || shape != same || shape[0] != 1) {
    return Error{ErrorCode::data_corrupt, encoder_.file() + ": the prior has another shape"};
  }
  encoded.channels = static_cast<std::size_t>(shape[1]);
  encoded.frames = static_cast<std::size_t>(shape[2]);
  return encoded;
}

Result<OrtValuePtr> PiperGraphs::flow(const OrtRunOptions* options, std::span<float> prior,
                                      std::size_t channels, const OrtValue* speaker) const {
  const Shape shape{1, as_dimension(channels), as_dimension(prior.size() / channels)};
  PARLEY_TRY(const OrtValuePtr input, tensor(prior, shape));
  Values values;
  values.give("prior", input.get());
  values.give("speaker", speaker);
  values.want("latent");
  PARLEY_TRY_STATUS(values.run(flow_, options));
  OrtValuePtr latent(values.out[0]);
  PARLEY_TRY(const Shape made, shape_of(*latent));
  if (made != shape) {
    return Error{ErrorCode::data_corrupt, flow_.file() + ": the latent has another shape"};
  }
  return latent;
}

Result<OrtValuePtr> PiperGraphs::generate(const OrtRunOptions* options, std::span<float> latent,
                                          std::size_t channels, std::size_t before,
                                          std::size_t count, std::size_t after,
                                          const OrtValue* speaker) const {
  std::vector<std::int64_t> cuts;
  std::size_t left = before;
  std::size_t right = after;
  for (const Level& level : levels_) {
    const std::size_t left_kept = std::min(left, level.margin);
    const std::size_t right_kept = std::min(right, level.margin);
    cuts.push_back(as_dimension((left - left_kept) * level.rate));
    cuts.push_back(as_dimension((left + count + right_kept) * level.rate));
    left = left_kept;
    right = right_kept;
  }
  PARLEY_TRY(const OrtValuePtr input, tensor(latent, Shape{1, as_dimension(channels),
                                                           as_dimension(before + count + after)}));
  PARLEY_TRY(const OrtValuePtr ends, tensor(cuts, Shape{as_dimension(cuts.size())}));
  Values values;
  values.give("latent", input.get());
  values.give("cuts", ends.get());
  values.give("speaker", speaker);
  values.want("output");
  PARLEY_TRY_STATUS(values.run(generator_, options));
  OrtValuePtr output(values.out[0]);
  PARLEY_TRY(const std::span<const float> samples, floats(*output));
  if (samples.size() != count * frame_samples()) {
    return Error{ErrorCode::data_corrupt,
                 generator_.file() + ": it made another number of samples"};
  }
  return output;
}

}  // namespace parley::backend
