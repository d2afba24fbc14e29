// SPDX-License-Identifier: Apache-2.0
//
// The other end of FfiProcess: the program parley-livekit, in which LiveKit's client library runs.
#pragma once

#include <string>

namespace parley::transport {

/// Does what comes from `socket` with the library at `path`, and sends back what the library has to
/// say, until the other end is closed or gone; then it leaves every room. The exit status: 0, or 1
/// when the library cannot be used, which is said on `socket`. Once in a process.
int serve_ffi(int socket, const std::string& path);

}  // namespace parley::transport
