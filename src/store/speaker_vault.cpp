// SPDX-License-Identifier: Apache-2.0
#include "store/speaker_vault.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <tuple>
#include <utility>

#include "base/sha256.h"
#include "store/speaker_text.h"

namespace parley::store {
namespace {

/// A record that every key opens but the wrong one. Owners are 64 digits, so it is nobody's.
constexpr const char* kCheckOwner = "check";
constexpr const char* kCheckTag = "key";
constexpr const char* kCheckText = "parley speakers";
constexpr double kLengthTolerance = 1e-3;

std::string_view text_of(const AesKey& key) {
  return {reinterpret_cast<const char*>(key.data()), key.size()};
}

double length_of(const std::vector<float>& vector) {
  double squares = 0.0;
  for (const float value : vector)
    squares += static_cast<double>(value) * static_cast<double>(value);
  return std::sqrt(squares);
}

Status check(const SpeakerKey& key, const VoicePrint& voice) {
  if (key.name.empty() || key.name.size() > kSpeakerNameMax) {
    return Error{ErrorCode::invalid_argument,
                 "a speaker's name has 1 to " + std::to_string(kSpeakerNameMax) + " bytes"};
  }
  const double length = length_of(voice.embedding);
  if (voice.embedding.size() > kEmbeddingMax || !(std::abs(length - 1.0) < kLengthTolerance)) {
    return Error{ErrorCode::invalid_argument, "an embedding has the length 1"};
  }
  return {};
}

/// `speaker` with one utterance more.
Status add(Speaker& speaker, const VoicePrint& voice) {
  if (speaker.utterances == 0) {
    speaker.voice = {voice.model, std::vector<float>(voice.embedding.size())};
  }
  std::vector<float>& mean = speaker.voice.embedding;
  if (speaker.voice.model != voice.model || mean.size() != voice.embedding.size()) {
    return Error{ErrorCode::failed_precondition,
                 "The speaker '" + speaker.name + "' was enrolled with the model '" +
                     speaker.voice.model + "': delete it, and enrol it again."};
  }
  for (std::size_t i = 0; i < mean.size(); ++i) {
    mean[i] = mean[i] * speaker.weight + voice.embedding[i];
  }
  speaker.weight = static_cast<float>(length_of(mean));
  if (!(speaker.weight > 0.0F)) {
    return Error{ErrorCode::invalid_argument, "these utterances have no mean: they are opposites"};
  }
  for (float& value : mean) value /= speaker.weight;
  ++speaker.utterances;
  return {};
}

}  // namespace

Result<std::unique_ptr<SpeakerVault>> SpeakerVault::open(std::unique_ptr<SpeakerBackend> backend,
                                                         const SecretKeySource& key) {
  PARLEY_TRY(const std::optional<std::string> kept, backend->get(kCheckOwner, kCheckTag));
  PARLEY_TRY(const AesKey secret, open_secret_key(key, !kept));
  std::unique_ptr<SpeakerVault> vault(new SpeakerVault(std::move(backend), secret));
  PARLEY_TRY_STATUS(vault->check_key());
  return vault;
}

SpeakerVault::SpeakerVault(std::unique_ptr<SpeakerBackend> backend, const AesKey& key)
    : backend_(std::move(backend)),
      box_(hmac_sha256(text_of(key), "parley speakers: records")),
      tag_key_(hmac_sha256(text_of(key), "parley speakers: names")) {}

Status SpeakerVault::check_key() {
  // Of two processes that start at once, one writes it.
  PARLEY_TRY(const bool is_first,
             backend_->put(kCheckOwner, kCheckTag, std::nullopt, box_.seal(kCheckText, kCheckTag)));
  if (is_first) return {};
  PARLEY_TRY(const std::optional<std::string> kept, backend_->get(kCheckOwner, kCheckTag));
  const Result<std::string> opened = box_.open(kept.value_or(""), kCheckTag);
  if (opened && *opened == kCheckText) return {};
  return Error{ErrorCode::failed_precondition,
               "the speakers that are kept were encrypted with another key: give that one, or keep "
               "speakers elsewhere"};
}

std::string SpeakerVault::owner_tag(const std::string& owner) const {
  return hexadecimal(hmac_sha256(text_of(tag_key_), "owner:" + owner));
}

SpeakerVault::Place SpeakerVault::place_of(const SpeakerKey& key) const {
  const std::string owner = owner_tag(key.owner);
  return {owner, hexadecimal(hmac_sha256(text_of(tag_key_), "speaker:" + owner + key.name))};
}

Result<Speaker> SpeakerVault::unseal(const Place& place, const std::string& sealed) const {
  Result<std::string> text = box_.open(sealed, place.owner + place.tag);
  if (!text) return text.error().with_context("a kept speaker");
  return parse_speaker(*text);
}

Result<Speaker> SpeakerVault::enrol(const SpeakerKey& key, const VoicePrint& voice,
                                    std::int64_t now) {
  PARLEY_TRY_STATUS(check(key, voice));
  const Place place = place_of(key);
  for (int i = 0; i < kEnrolTriesMax; ++i) {
    PARLEY_TRY(const std::optional<std::string> before, backend_->get(place.owner, place.tag));
    Speaker speaker{.name = key.name, .voice = {}, .created = now};
    if (before) {
      PARLEY_TRY(speaker, unseal(place, *before));
    } else {
      PARLEY_TRY(const std::vector<SealedSpeaker> others, backend_->all(place.owner));
      if (others.size() >= kSpeakersMax) {
        return Error{ErrorCode::resource_exhausted,
                     "There are " + std::to_string(kSpeakersMax) + " speakers: delete some first."};
      }
    }
    PARLEY_TRY_STATUS(add(speaker, voice));
    speaker.updated = now;
    const std::string sealed = box_.seal(speaker_text(speaker), place.owner + place.tag);
    PARLEY_TRY(const bool is_kept, backend_->put(place.owner, place.tag, before, sealed));
    if (is_kept) return speaker;
  }
  return Error{ErrorCode::unavailable, "others change the speaker '" + key.name + "' all the time"};
}

Status SpeakerVault::remove(const SpeakerKey& key) {
  const Place place = place_of(key);
  PARLEY_TRY(const bool was_there, backend_->remove(place.owner, place.tag));
  if (was_there) return {};
  return Error{ErrorCode::not_found, "There is no speaker '" + key.name + "'."};
}

Result<std::vector<Speaker>> SpeakerVault::list(const std::string& owner) {
  const std::string tag = owner_tag(owner);
  PARLEY_TRY(const std::vector<SealedSpeaker> kept, backend_->all(tag));
  std::vector<Speaker> speakers;
  speakers.reserve(kept.size());
  for (const SealedSpeaker& one : kept) {
    PARLEY_TRY(Speaker speaker, unseal({tag, one.tag}, one.sealed));
    speakers.push_back(std::move(speaker));
  }
  std::ranges::sort(speakers, {},
                    [](const Speaker& speaker) { return std::tie(speaker.created, speaker.name); });
  return speakers;
}

}  // namespace parley::store
