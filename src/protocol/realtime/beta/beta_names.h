// SPDX-License-Identifier: Apache-2.0
//
// What the beta dialect calls things (openai-realtime reference, §8.3).
// Only for .cpp files of protocol/realtime. Threads: any (pure).
#pragma once

#include <string_view>

#include "protocol/realtime/server_event.h"

namespace parley::protocol {

/// The beta's name of an event whose GA name is `type`.
[[nodiscard]] std::string_view beta_type(const ServerPayload& payload,
                                         std::string_view type) noexcept;
/// An item is announced once, when it is made; what came with GA is not told.
[[nodiscard]] bool is_shown_in_beta(const ServerPayload& payload) noexcept;
/// The error with the beta's path of the field at fault: `session.voice` for
/// `session.audio.output.voice`.
[[nodiscard]] ProtocolError in_beta_words(ProtocolError error);

}  // namespace parley::protocol
