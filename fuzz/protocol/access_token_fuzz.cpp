// SPDX-License-Identifier: Apache-2.0
//
// Any text as an access token: an error, as nobody knows the secret. And any text as the claims of
// one that is signed: an error, or a token that comes back as it was.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "base/sha256.h"
#include "protocol/room/access_token.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

constexpr std::string_view kSecret = "secret";
constexpr std::int64_t kNow = 1'750'000'000;

void require(bool condition) {
  if (!condition) std::abort();
}

std::string with_signature(std::string_view claims) {
  std::string jwt = parley::base64url(R"({"alg":"HS256"})") + "." + parley::base64url(claims);
  const auto digest = parley::hmac_sha256(kSecret, jwt);
  return jwt + "." +
         parley::base64url({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto guessed = verify_access_token(text, kSecret, kNow);
  require(guessed || !guessed.error().message.empty());
  const auto token = verify_access_token(with_signature(text), kSecret, kNow);
  if (!token) return 0;
  const auto again = verify_access_token(mint_access_token(*token, kSecret), kSecret, kNow);
  if (!again) return 0;  // longer than a token may be: escapes grew
  require(again->identity == token->identity && again->expires_at == token->expires_at);
  require(again->video.room == token->video.room && again->agents.size() == token->agents.size());
  return 0;
}
