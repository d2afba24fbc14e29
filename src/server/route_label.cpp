// SPDX-License-Identifier: Apache-2.0
#include "server/route_label.h"

namespace parley::server {

std::string_view route_label(std::string_view path) noexcept {
  for (const std::string_view known :
       {"/v1/audio/speech", "/v1/audio/stream", "/v1/audio/transcriptions",
        "/v1/audio/translations", "/v1/audio/voices", "/v1/realtime", "/v1/asr/stream",
        "/v1/rooms/token", "/v1/rooms/dispatch", "/v1/rooms", "/metrics", "/healthz", "/readyz"}) {
    if (path == known) return known;
  }
  for (const std::string_view folder :
       {"/v1/realtime/", "/v1/conversations", "/v1/speakers", "/v1/models", "/v1/text-to-speech",
        "/twilio/", "/ws/", "/xiaozhi/"}) {
    if (path.starts_with(folder)) return folder;
  }
  return path.starts_with("/v1/") ? "/v1/other" : "other";
}

}  // namespace parley::server
