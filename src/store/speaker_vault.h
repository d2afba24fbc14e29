// SPDX-License-Identifier: Apache-2.0
//
// Speakers, encrypted before they reach the place where they are kept (AES-256-GCM, a random nonce
// each time, bound to owner and name). That place sees digests of owners and names, made with a key
// of their own (HMAC-SHA-256), and nothing else:
//
//   safe      a copy of the database, a backup, a disk that is thrown away, whoever runs the Redis
//             server: they learn how many speakers there are and when they change, not who or how
//             they sound; a record that was changed or put in another's place is refused
//   not safe  whoever has the key, too: its file lies beside the database unless it is put
//   elsewhere
//             or given in the configuration; the memory of a running process; records that are
//             brought back from an older copy are not noticed
//
// Blocks on the backend. Threads: one at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/aes_gcm.h"
#include "base/result.h"
#include "store/secret_key.h"
#include "store/speaker_backend.h"
#include "store/speaker_records.h"

namespace parley::store {

/// Tries of one enrolment while other processes enrol the same name.
inline constexpr int kEnrolTriesMax = 8;

class SpeakerVault {
 public:
  /// Makes the key file where nothing was kept yet. Errors: those of open_secret_key and of the
  /// backend; failed_precondition (what is kept was encrypted with another key).
  static Result<std::unique_ptr<SpeakerVault>> open(std::unique_ptr<SpeakerBackend> backend,
                                                    const SecretKeySource& key);

  /// One more utterance of this speaker, or the first; `now` in seconds since 1970. Errors:
  /// invalid_argument (the name's length, an embedding that is not of length 1),
  /// failed_precondition (enrolled with another model), resource_exhausted (kSpeakersMax), and
  /// those of the backend.
  Result<Speaker> enrol(const SpeakerKey& key, const VoicePrint& voice, std::int64_t now);
  /// Errors: not_found, and those of the backend.
  Status remove(const SpeakerKey& key);
  /// In the order in which they were first enrolled. Errors: data_corrupt (a record was changed),
  /// and those of the backend.
  Result<std::vector<Speaker>> list(const std::string& owner);

 private:
  struct Place {
    std::string owner;
    std::string tag;
  };

  SpeakerVault(std::unique_ptr<SpeakerBackend> backend, const AesKey& key);
  Status check_key();
  [[nodiscard]] std::string owner_tag(const std::string& owner) const;
  [[nodiscard]] Place place_of(const SpeakerKey& key) const;
  [[nodiscard]] Result<Speaker> unseal(const Place& place, const std::string& sealed) const;

  const std::unique_ptr<SpeakerBackend> backend_;
  const AesGcm box_;
  const AesKey tag_key_;
};

}  // namespace parley::store
