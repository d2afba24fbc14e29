// SPDX-License-Identifier: Apache-2.0
#include "backend/remote/speech_request.h"

#include <algorithm>

#include <boost/json.hpp>

namespace parley::backend {

std::string without_phonemes(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    const std::size_t begin = std::min(text.find("[["), text.size());
    plain += text.substr(0, begin);
    const std::size_t end = text.find("]]", begin);
    if (end == std::string_view::npos) return plain.append(text.substr(begin));
    text.remove_prefix(end + 2);
  }
  return plain;
}

std::string make_speech_request(std::string_view text, std::string_view model,
                                std::string_view voice, float speed) {
  boost::json::object request{
      {"model", model}, {"input", text}, {"voice", voice}, {"response_format", "pcm"}};
  // Endpoints that know no speed refuse the field.
  if (speed != 1.0F) request["speed"] = speed;
  return boost::json::serialize(request);
}

}  // namespace parley::backend
