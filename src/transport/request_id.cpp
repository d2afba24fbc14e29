// SPDX-License-Identifier: Apache-2.0
#include "transport/request_id.h"

#include "base/random.h"

namespace parley::transport {
namespace {

bool is_taken(std::string_view id) noexcept {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.:";
  return !id.empty() && id.size() <= kRequestIdBytesMax &&
         id.find_first_not_of(kLetters) == std::string_view::npos;
}

}  // namespace

std::string request_id(std::optional<std::string_view> from_client) {
  if (from_client && is_taken(*from_client)) return std::string(*from_client);
  thread_local Random random(entropy_seed());
  return random.id("req_");
}

}  // namespace parley::transport
