// SPDX-License-Identifier: Apache-2.0
//
// Twilio's request for what to do with a call, and the answer: TwiML that connects it to our
// socket. And what Twilio signs of a request, so that nobody else can ask.
//
// Threads: any (pure).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace parley::protocol {

/// Of a form; further ones are passed over.
inline constexpr std::size_t kFormFieldsMax = 200;

/// application/x-www-form-urlencoded, in its order; what is no escape stays as it is.
using FormFields = std::vector<std::pair<std::string, std::string>>;
[[nodiscard]] FormFields parse_form_fields(std::string_view body);

/// What X-Twilio-Signature is the HMAC-SHA1 of: the address, and behind it each field's name and
/// value, sorted.
[[nodiscard]] std::string twilio_signed_text(std::string_view url, FormFields fields);

/// <Response><Connect><Stream url="…"><Parameter name="…" value="…"/></Stream></Connect></Response>
[[nodiscard]] std::string connect_stream_xml(std::string_view url, const FormFields& parameters);

}  // namespace parley::protocol
