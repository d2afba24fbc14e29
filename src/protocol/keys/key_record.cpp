// SPDX-License-Identifier: Apache-2.0
#include "protocol/keys/key_record.h"

#include <algorithm>

#include <boost/json.hpp>

#include "base/json_text.h"
#include "base/sha256.h"

namespace parley::protocol {
namespace {

namespace json = boost::json;

Error bad_record(const std::string& why) { return {ErrorCode::invalid_argument, why}; }

Status read_time(std::string_view name, const json::value& value, std::int64_t& to) {
  const auto* const seconds = value.if_int64();
  if (seconds == nullptr || *seconds < 0) {
    return bad_record(std::string(name) + ": expected seconds since 1970");
  }
  to = *seconds;
  return {};
}

Status read_member(std::string_view name, const json::value& value, KeyRecord& record) {
  if (name == "created_at") return read_time(name, value, record.created_at);
  if (name == "expires_at") return read_time(name, value, record.expires_at);
  if (name == "revoked_at") return read_time(name, value, record.revoked_at);
  if (name == "name" || name == "sha256") {
    const auto* const text = value.if_string();
    if (text == nullptr) return bad_record(std::string(name) + ": expected a string");
    (name == "name" ? record.name : record.sha256) = std::string(*text);
    return {};
  }
  if (!value.is_number()) return bad_record(std::string(name) + ": expected a number");
  std::string text;
  if (const auto* const whole = value.if_int64()) {
    text = std::to_string(*whole);
  } else {
    json_text::append_number(text, value.to_number<double>());
  }
  record.limits.emplace_back(name, std::move(text));
  return {};
}

}  // namespace

Status check_key_name(std::string_view name) {
  constexpr std::string_view kLetters =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
  if (name.empty() || name.size() > kKeyNameBytesMax ||
      name.find_first_not_of(kLetters) != std::string_view::npos) {
    return bad_record("name '" + std::string(name) + "': expected 1 to " +
                      std::to_string(kKeyNameBytesMax) + " letters, digits, '.', '_' and '-'");
  }
  return {};
}

Result<KeyRecord> parse_key_record(std::string_view line) {
  boost::system::error_code failure;
  const json::value value = json::parse(json::string_view(line.data(), line.size()), failure);
  if (failure || !value.is_object()) return bad_record("expected a JSON object");
  KeyRecord record;
  for (const auto& [name, member] : value.get_object()) {
    PARLEY_TRY_STATUS(read_member({name.data(), name.size()}, member, record));
  }
  PARLEY_TRY_STATUS(check_key_name(record.name));
  if (!is_sha256(record.sha256)) return bad_record("sha256: expected 64 hexadecimal digits");
  std::ranges::transform(record.sha256, record.sha256.begin(), [](char c) {
    return c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return record;
}

std::string key_record_json(const KeyRecord& record) {
  std::string line = "{\"name\":";
  json_text::append_string(line, record.name, kKeyNameBytesMax);
  line +=
      ",\"sha256\":\"" + record.sha256 + "\",\"created_at\":" + std::to_string(record.created_at);
  if (record.expires_at != 0) line += ",\"expires_at\":" + std::to_string(record.expires_at);
  if (record.revoked_at != 0) line += ",\"revoked_at\":" + std::to_string(record.revoked_at);
  for (const auto& [name, value] : record.limits) line += ",\"" + name + "\":" + value;
  return line + "}";
}

}  // namespace parley::protocol
