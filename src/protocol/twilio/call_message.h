// SPDX-License-Identifier: Apache-2.0
//
// Twilio's Media Streams (docs/telephony/twilio.md): what the other end of a telephone call's
// WebSocket says, and what it is told. All frames are JSON text; sound is mu-law of 8 kHz in
// base64; all numbers are strings.
//
//   ← {"event":"start","streamSid":"MZ…","start":{"callSid":"CA…","customParameters":{…},…}}
//   ← {"event":"media","media":{"track":"inbound","payload":"…"}}   20 ms each
// and, unless the stream only listens:
//   → {"event":"media","streamSid":"MZ…","media":{"payload":"…"}}   any length
//   → {"event":"mark",…} and, when all before it was played, ← {"event":"mark",…}
//   → {"event":"clear",…}: what was not played is thrown away
//
// Messages are read leniently: what is unknown is passed over. Threads: any (pure).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/protocol_error.h"

namespace parley::protocol {

/// Of a start; further ones are passed over.
inline constexpr std::size_t kCallParametersMax = 32;
/// Of the names of a stream, of a call, of a mark, and of each parameter's; longer is an error.
inline constexpr std::size_t kCallNameBytesMax = 256;
/// Of a parameter's value; longer is an error.
inline constexpr std::size_t kCallValueBytesMax = 4096;

struct CallStart {
  std::string stream;         // streamSid: what every message of ours names
  std::string call;           // callSid
  bool has_outbound = false;  // what we would say is heard, too: a stream that only listens
  std::vector<std::pair<std::string, std::string>> parameters = {};  // of the <Stream>
};
/// Mu-law, 8 kHz. What is not inbound the caller hears: in a call of ours, our own voice.
struct CallSound {
  std::string bytes;
  bool is_inbound = true;
};
/// All that was sent before the mark of that name has been played, or thrown away.
struct CallMark {
  std::string name;
};
struct CallDigit {
  char digit = '0';  // 0 to 9, *, #, A to D
};
struct CallStop {};
/// "connected", and what nobody needs to know.
struct CallOther {
  std::string event;
};
using CallMessage = std::variant<CallOther, CallStart, CallSound, CallMark, CallDigit, CallStop>;
[[nodiscard]] std::variant<CallMessage, ProtocolError> parse_call_message(std::string_view frame);

// What a call is told.
struct CallSend {
  std::string bytes;  // mu-law, 8 kHz
};
struct CallSendMark {
  std::string name;
};
struct CallClear {};
using CallCommand = std::variant<CallSend, CallSendMark, CallClear>;
[[nodiscard]] std::string to_json(const CallCommand& command, std::string_view stream);

}  // namespace parley::protocol
