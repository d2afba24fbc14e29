// SPDX-License-Identifier: Apache-2.0
#include "server/http_error.h"

#include <optional>
#include <utility>

#include "protocol/json_writer.h"

namespace parley::server {
namespace {

transport::HttpResponse make(int status, std::string_view type, std::string_view code,
                             std::string_view message, const std::optional<std::string>& param) {
  transport::HttpResponse response{
      .status = status, .content_type = "application/json", .body = {}, .headers = {}};
  protocol::JsonWriter json(response.body);
  json.begin_object();
  json.key("error").begin_object();
  json.field("message", message);
  json.field("type", type);
  json.key("param");
  if (param) {
    json.value(*param);
  } else {
    json.null();
  }
  json.field("code", code);
  json.end_object();
  json.end_object();
  response.body += '\n';
  return response;
}

}  // namespace

transport::HttpResponse http_error(int status, const protocol::ProtocolError& error) {
  return make(status, protocol::to_string(error.type), error.code, error.message, error.param);
}

transport::HttpResponse http_error(int status, std::string_view type, std::string_view code,
                                   std::string_view message) {
  return make(status, type, code, message, std::nullopt);
}

transport::HttpResponse wrong_method(std::string allowed) {
  transport::HttpResponse response = http_error(405, "invalid_request_error", "method_not_allowed",
                                                "This path takes " + allowed + ".");
  response.headers.emplace_back("Allow", std::move(allowed));
  return response;
}

}  // namespace parley::server
