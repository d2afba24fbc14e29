// SPDX-License-Identifier: Apache-2.0
//
// How a send on a socket went, in the words of the service that sent.
#pragma once

#include "service/realtime/client_link.h"
#include "transport/connection.h"

namespace parley::server {

[[nodiscard]] inline service::SendResult send_result_of(transport::SendResult sent) noexcept {
  switch (sent) {
    case transport::SendResult::sent:
      return service::SendResult::sent;
    case transport::SendResult::backpressure:
      return service::SendResult::slow;
    case transport::SendResult::closed:
      break;
  }
  return service::SendResult::closed;
}

}  // namespace parley::server
