// SPDX-License-Identifier: Apache-2.0
//
// Errors of HTTP requests in the shape that OpenAI's clients read: {"error":{message,type,code}}.
//
// Threads: any (pure function).
#pragma once

#include <string>
#include <string_view>

#include "protocol/protocol_error.h"
#include "transport/http/http_message.h"

namespace parley::server {

[[nodiscard]] transport::HttpResponse http_error(int status, std::string_view type,
                                                 std::string_view code, std::string_view message);
/// The same as a session would say it, with the field at fault.
[[nodiscard]] transport::HttpResponse http_error(int status, const protocol::ProtocolError& error);
/// 405. `allowed` as in the header: "GET, HEAD".
[[nodiscard]] transport::HttpResponse wrong_method(std::string allowed);

}  // namespace parley::server
