// SPDX-License-Identifier: Apache-2.0
//
// Enrolled speakers, as they are kept. A name belongs to one owner (an API key's name; empty where
// there are no keys), as a conversation does.
//
// Threads: value types.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace parley::store {

/// Of one owner; a further one is refused with resource_exhausted.
inline constexpr std::size_t kSpeakersMax = 1000;
/// Bytes of a speaker's name, at least one.
inline constexpr std::size_t kSpeakerNameMax = 256;
/// Numbers of an embedding.
inline constexpr std::size_t kEmbeddingMax = 4096;

struct SpeakerKey {
  std::string owner;
  std::string name;
};

/// What a model made of one utterance, or of several. Those of different models tell nothing about
/// each other.
struct VoicePrint {
  std::string model;             // "ge2e"
  std::vector<float> embedding;  // of length 1
};

struct Speaker {
  std::string name;
  VoicePrint voice;              // the mean direction of the utterances'
  std::uint32_t utterances = 0;  // that were enrolled
  /// Length of the sum of their embeddings: near `utterances` where they are alike.
  float weight = 0.0F;
  std::int64_t created = 0;  // seconds since 1970-01-01 UTC
  std::int64_t updated = 0;
};

}  // namespace parley::store
