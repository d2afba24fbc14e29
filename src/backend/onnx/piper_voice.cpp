// SPDX-License-Identifier: Apache-2.0
#include "backend/onnx/piper_voice.h"

#include <algorithm>
#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>

#include <boost/json.hpp>

#include "backend/onnx/utf8_character.h"

namespace parley::backend {
namespace {

namespace json = boost::json;

constexpr char32_t kPad = U'_';
constexpr char32_t kBegin = U'^';
constexpr char32_t kEnd = U'$';

float number(const json::object& object, const char* name) {
  return object.at(name).to_number<float>();
}

// Throws what Boost.JSON and `at` throw.
PiperVoice read(const json::value& root) {
  const json::object& object = root.as_object();
  PiperVoice voice;
  voice.rate = object.at("audio").at("sample_rate").to_number<int>();
  voice.language = object.at("espeak").at("voice").as_string().c_str();
  const json::object& inference = object.at("inference").as_object();
  voice.noise_scale = number(inference, "noise_scale");
  voice.length_scale = number(inference, "length_scale");
  voice.noise_w = number(inference, "noise_w");
  if (const json::value* speakers = object.if_contains("num_speakers")) {
    voice.speakers = std::max(speakers->to_number<std::int64_t>(), std::int64_t{1});
  }
  if (const json::value* ids = object.if_contains("speaker_id_map")) {
    for (const auto& [name, id] : ids->as_object()) {
      voice.speaker_ids.emplace(std::string(name.data(), name.size()),
                                id.to_number<std::int64_t>());
    }
  }
  for (const auto& [key, ids] : object.at("phoneme_id_map").as_object()) {
    std::string_view symbol(key.data(), key.size());
    if (symbol.empty()) continue;
    const char32_t character = take_character(symbol);
    if (!symbol.empty()) continue;  // only single characters occur in what a phonemizer says
    for (const json::value& id : ids.as_array()) {
      voice.phoneme_ids[character].push_back(id.to_number<std::int64_t>());
    }
  }
  return voice;
}

Status check(const PiperVoice& voice) {
  for (const char32_t needed : {kPad, kBegin, kEnd}) {
    const auto found = voice.phoneme_ids.find(needed);
    if (found == voice.phoneme_ids.end() || found->second.empty()) {
      return Error{ErrorCode::data_corrupt,
                   std::string("phoneme_id_map: no id for '") + static_cast<char>(needed) + "'"};
    }
  }
  for (const auto& [name, id] : voice.speaker_ids) {
    if (id < 0 || id >= voice.speakers) {
      return Error{ErrorCode::data_corrupt, "speaker_id_map: '" + name + "' is number " +
                                                std::to_string(id) + " of " +
                                                std::to_string(voice.speakers)};
    }
  }
  if (voice.rate < 8'000 || voice.rate > 48'000) {
    return Error{ErrorCode::data_corrupt,
                 "audio.sample_rate: " + std::to_string(voice.rate) + " is not 8000 to 48000"};
  }
  return {};
}

}  // namespace

Result<PiperVoice> PiperVoice::load(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return Error{ErrorCode::not_found, file + ": cannot be read"};
  const std::string text((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  Result<PiperVoice> voice = parse(text);
  if (!voice) return voice.error().with_context(file);
  return voice;
}

Result<PiperVoice> PiperVoice::parse(std::string_view text) {
  try {
    const json::value root = json::parse(json::string_view(text.data(), text.size()));
    PiperVoice voice = read(root);
    PARLEY_TRY_STATUS(check(voice));
    return voice;
  } catch (const std::exception& error) {
    return Error{ErrorCode::data_corrupt, std::string("not a Piper voice: ") + error.what()};
  }
}

std::optional<std::int64_t> PiperVoice::speaker(std::string_view name) const {
  if (speakers == 1) return std::nullopt;
  if (const auto found = speaker_ids.find(name); found != speaker_ids.end()) return found->second;
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
  const bool is_number = error == std::errc() && end == name.data() + name.size();
  return is_number && number >= 0 && number < speakers ? number : 0;
}

std::vector<std::int64_t> PiperVoice::ids(std::string_view phonemes,
                                          std::vector<std::size_t>* bytes) const {
  const std::vector<std::int64_t>& pad = phoneme_ids.at(kPad);
  std::vector<std::int64_t> out = phoneme_ids.at(kBegin);
  out.insert(out.end(), pad.begin(), pad.end());
  const std::size_t before = out.size();
  if (bytes != nullptr) bytes->assign(before, 0);
  std::string_view rest = phonemes;
  while (!rest.empty()) {
    const std::size_t at = phonemes.size() - rest.size();
    const auto found = phoneme_ids.find(take_character(rest));
    if (found == phoneme_ids.end()) continue;
    out.insert(out.end(), found->second.begin(), found->second.end());
    out.insert(out.end(), pad.begin(), pad.end());
    if (bytes != nullptr) bytes->resize(out.size(), at);
  }
  if (out.size() == before) return {};
  const std::vector<std::int64_t>& end = phoneme_ids.at(kEnd);
  out.insert(out.end(), end.begin(), end.end());
  if (bytes != nullptr) bytes->resize(out.size(), phonemes.size());
  return out;
}

}  // namespace parley::backend
