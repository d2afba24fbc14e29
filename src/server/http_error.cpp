// SPDX-License-Identifier: Apache-2.0
#include "server/http_error.h"

#include "protocol/json_writer.h"

namespace parley::server {

transport::HttpResponse http_error(int status, std::string_view type, std::string_view code,
                                   std::string_view message) {
  transport::HttpResponse response{
      .status = status, .content_type = "application/json", .body = {}, .headers = {}};
  protocol::JsonWriter json(response.body);
  json.begin_object();
  json.key("error").begin_object();
  json.field("message", message);
  json.field("type", type);
  json.key("param").null();
  json.field("code", code);
  json.end_object();
  json.end_object();
  response.body += '\n';
  return response;
}

}  // namespace parley::server
