// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/endpoint_error.h"

#include <string>
#include <utility>

#include "backend/remote/chat_stream.h"

namespace parley::backend {
namespace {

ErrorCode code_of(int status) {
  switch (status) {
    case 401:
    case 403:
      return ErrorCode::permission_denied;
    case 404:
      return ErrorCode::not_found;
    case 429:
      return ErrorCode::resource_exhausted;
    default:
      return status >= 400 && status < 500 ? ErrorCode::invalid_argument : ErrorCode::unavailable;
  }
}

}  // namespace

Error endpoint_error(std::string_view who, int status, std::string_view body) {
  std::string text = std::string(who) + " answered HTTP " + std::to_string(status);
  const std::string reason = error_text(body);
  if (!reason.empty()) text += ": " + reason;
  return {code_of(status), std::move(text)};
}

}  // namespace parley::backend
