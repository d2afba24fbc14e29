// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as what Twilio's end of a call says: a message of its socket, or the form of its
// request. What is taken keeps its limits, and what is said of it is JSON again.

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>
#include <variant>

#include <boost/json.hpp>

#include "protocol/twilio/call_message.h"
#include "protocol/twilio/voice_request.h"

namespace {

using namespace parley::protocol;  // NOLINT: one file, one subject

void require(bool condition) {
  if (!condition) std::abort();
}

void require_object(std::string_view text) {
  boost::json::error_code error;
  const boost::json::value value =
      boost::json::parse(boost::json::string_view(text.data(), text.size()), error);
  require(!error && value.is_object());
}

void look_at(const CallMessage& message) {
  if (const auto* start = std::get_if<CallStart>(&message)) {
    require(start->parameters.size() <= kCallParametersMax);
    require(start->stream.size() <= kCallNameBytesMax && start->call.size() <= kCallNameBytesMax);
    for (const auto& [name, value] : start->parameters) {
      require(name.size() <= kCallNameBytesMax && value.size() <= kCallValueBytesMax);
    }
    require_object(to_json(CallClear{}, start->stream));
  } else if (const auto* mark = std::get_if<CallMark>(&message)) {
    require(mark->name.size() <= kCallNameBytesMax);
    require_object(to_json(CallSendMark{mark->name}, "MZ"));
  } else if (const auto* sound = std::get_if<CallSound>(&message)) {
    const std::string json = to_json(CallSend{sound->bytes}, "MZ");
    require_object(json);
    const auto again = parse_call_message(json);
    require(std::get<CallSound>(std::get<CallMessage>(again)).bytes == sound->bytes);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto parsed = parse_call_message(text);
  if (const auto* message = std::get_if<CallMessage>(&parsed)) {
    look_at(*message);
  } else {
    require(!std::get<ProtocolError>(parsed).message.empty());
  }
  const FormFields fields = parse_form_fields(text);
  require(fields.size() <= kFormFieldsMax);
  std::size_t bytes = 0;
  for (const auto& [name, value] : fields) bytes += name.size() + value.size();
  require(bytes <= size);
  require(twilio_signed_text("wss://a", fields).size() == bytes + 7);
  const std::string xml = connect_stream_xml("wss://a", fields);
  require(xml.starts_with("<?xml") && xml.ends_with("</Response>"));
  return 0;
}
