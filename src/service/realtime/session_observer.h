// SPDX-License-Identifier: Apache-2.0
//
// What observers hear of sessions: for billing, moderation, monitoring. They hear of things after
// they were told to the client, and cannot change or delay them. Threads: see SessionObserver.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>

#include "protocol/realtime/server_event.h"
#include "service/realtime/price.h"

namespace parley::service {

/// Whose session it is; the same for all of its records.
struct SessionLabel {
  std::string id;   // sess_…
  std::string key;  // the name of the key that opened it; empty without keys
  std::string model;
  std::string call = {};  // a telephone call's name at who connects it; empty: it is none
};

struct SessionOpened {};
struct SessionClosed {
  double seconds = 0.0;  // how long it was open
  ByKind<std::int64_t> tokens{};
  double cost = 0.0;
  std::string currency;  // empty: no prices are set
};
/// What the user said, whether its client asked for transcripts or not.
struct UserSaid {
  std::string item_id;
  std::string transcript;
};
/// One utterance of a telephone call that is listened to.
struct CallerSaid {
  std::string track;  // "inbound", "outbound"
  std::string transcript;
  std::int64_t begin_ms = 0;  // of its speech, counted from the track's first sound
  std::int64_t end_ms = 0;
  std::string language = {};  // ISO 639-1; empty: not known
  std::string speaker = {};   // an enrolled one's name; empty: nobody known
};

struct SessionRecord {
  std::shared_ptr<const SessionLabel> session;
  std::int64_t unix_seconds = 0;
  std::int64_t session_ms = 0;  // since it was opened
  /// An event is as its client got it: `conversation.item.done`, `response.done` or `error`.
  std::variant<SessionOpened, SessionClosed, UserSaid, CallerSaid, protocol::ServerEvent> what;
};

class SessionObserver {
 public:
  virtual ~SessionObserver() = default;
  /// Takes it or loses it (and counts that), but returns at once. Threads: any, several at a time.
  virtual void observe(std::shared_ptr<const SessionRecord> record) noexcept = 0;
};

}  // namespace parley::service
