// SPDX-License-Identifier: Apache-2.0
//
// parley-livekit LIBRARY: LiveKit's client library, for Parley, which starts this program and
// speaks to it over its standard input, a socket (transport/livekit/ffi_frame.h).
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <unistd.h>

#include "transport/livekit/ffi_host.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fputs("usage: parley-livekit LIBRARY (Parley starts it, for agents in rooms)\n", stderr);
    return 2;
  }
  // What its log says of a room is told by events, too; what is left is for whoever looks for a
  // fault.
  ::setenv("RUST_LOG", "warn", 0);
  // Parley decides when it ends, by closing the socket: a signal to all processes of a service is
  // meant for Parley, whose agents may have something to finish.
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) std::signal(signal, SIG_IGN);
  return parley::transport::serve_ffi(STDIN_FILENO, argv[1]);
}
