// SPDX-License-Identifier: Apache-2.0
#include "server/speech/socket_admission.h"

#include <utility>

#include "server/speech/speech_owner.h"
#include "transport/connection.h"

namespace parley::server {

std::variant<SocketAdmission, SocketRefusal> admit_socket(const ApiKeys& keys,
                                                          const KeyAccounts& accounts,
                                                          std::optional<std::size_t> key,
                                                          std::string_view remote) {
  if (!keys.is_open() && !key) {
    return SocketRefusal{.code = "invalid_api_key", .message = "Incorrect API key provided."};
  }
  const std::size_t account = key ? KeyAccounts::of_key(*key) : KeyAccounts::kEverybody;
  SocketAdmission admission{.account = accounts.at(account),
                            .allowance = nullptr,
                            .owner = speech_owner(account, remote)};
  KeyAccount::Entry entry = KeyAccount::enter(admission.account);
  if (entry.refused) {
    return SocketRefusal{.status = 429,
                         .close_code = transport::close_code::kTryAgainLater,
                         .code = "rate_limit_exceeded",
                         .message = std::move(entry.refused->message),
                         .retry_seconds = entry.refused->retry_seconds};
  }
  admission.allowance = std::move(entry.allowance);
  return admission;
}

}  // namespace parley::server
