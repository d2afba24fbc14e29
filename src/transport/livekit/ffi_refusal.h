// SPDX-License-Identifier: Apache-2.0
//
// The library refuses a request at once when it makes no sense to it, and answers others later. To
// who does not wait for the first word, a refusal is told as the answer that would have come later.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "transport/livekit/ffi.h"

namespace parley::transport {

/// The id that the answer to `request` will carry; 0: there is none, or it is not one that we make.
[[nodiscard]] std::uint64_t async_id(const ffi::FfiRequest& request);

/// The answer that says `why`. Nothing: nobody expects an answer to this request.
[[nodiscard]] std::optional<ffi::FfiEvent> refusal_of(
    const ffi::FfiRequest& request, std::string_view why = "LiveKit's client refuses the request");

/// Of one whose id alone is known, as the answer to ConnectRequest.
[[nodiscard]] ffi::FfiEvent refused_connect(std::uint64_t async_id, std::string_view why);

}  // namespace parley::transport
