// SPDX-License-Identifier: Apache-2.0
#include "cli/keys.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <iomanip>
#include <ostream>
#include <span>

#include <sys/random.h>

#include "base/check.h"
#include "base/sha256.h"
#include "server/api_keys.h"
#include "server/key_limit_fields.h"
#include "server/key_place.h"

namespace parley::cli {
namespace {

using server::KeyRecord;
using server::KeyRecords;

constexpr std::size_t kRandomBytes = 24;
constexpr std::string_view kKeyPrefix = "sk_";

std::string make_key() {
  std::array<std::byte, kRandomBytes> random{};
  // So few bytes are never cut short.
  PARLEY_CHECK(getrandom(random.data(), random.size(), 0) == static_cast<ssize_t>(random.size()));
  return std::string(kKeyPrefix) + hexadecimal(random);
}

/// "2026-01-31 12:00" in UTC.
std::string time_text(std::int64_t seconds) {
  const std::chrono::sys_seconds time{std::chrono::seconds(seconds)};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u %02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()));
  return text.data();
}

std::string state_text(const KeyRecord& record, std::int64_t now) {
  if (record.revoked_at != 0 && record.revoked_at <= now) return "revoked";
  if (record.expires_at != 0 && record.expires_at <= now) return "expired";
  return "live";
}

std::string limits_text(const KeyRecord& record) {
  std::string text;
  for (const auto& [name, value] : record.limits) {
    text += (text.empty() ? "" : " ") + name + "=" + value;
  }
  return text.empty() ? "as limits.*" : text;
}

Result<KeyRecords::iterator> find(KeyRecords& records, const std::string& name) {
  const auto found = std::ranges::find(records, name, &KeyRecord::name);
  if (found == records.end()) {
    return Error{ErrorCode::not_found, "there is no key of the name '" + name + "'"};
  }
  return found;
}

Error bad_expiry(std::string_view text) {
  return {ErrorCode::invalid_argument,
          "--expires '" + std::string(text) +
              "': expected never, a span such as 90d, 12h or 30m, or a date such as 2027-01-31"};
}

Result<std::int64_t> parse_date(std::string_view text) {
  constexpr std::string_view kShape = "0000-00-00";
  if (text.size() != kShape.size() || text[4] != '-' || text[7] != '-') return bad_expiry(text);
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  const char* const at = text.data();
  const bool is_read = std::from_chars(at, at + 4, year).ptr == at + 4 &&
                       std::from_chars(at + 5, at + 7, month).ptr == at + 7 &&
                       std::from_chars(at + 8, at + 10, day).ptr == at + 10;
  const std::chrono::year_month_day date{std::chrono::year(year), std::chrono::month(month),
                                         std::chrono::day(day)};
  if (!is_read || !date.ok()) return bad_expiry(text);
  return std::chrono::sys_seconds(std::chrono::sys_days(date)).time_since_epoch().count();
}

}  // namespace

Result<std::int64_t> parse_expiry(std::string_view text, std::int64_t now) {
  constexpr std::int64_t kSpanMax = 100'000;  // of a unit
  if (text == "never") return 0;
  std::int64_t count = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), count);
  const std::string_view unit = text.substr(static_cast<std::size_t>(end - text.data()));
  if (failure != std::errc{} || count <= 0 || count > kSpanMax) return bad_expiry(text);
  if (unit == "d") return now + count * 86'400;
  if (unit == "h") return now + count * 3600;
  if (unit == "m") return now + count * 60;
  PARLEY_TRY(const std::int64_t at, parse_date(text));
  if (at <= now) {
    return Error{ErrorCode::invalid_argument, "--expires " + std::string(text) + ": that is past"};
  }
  return at;
}

Status create_key(const server::KeyPlace& place, const NewKey& wanted, const Clock& clock,
                  std::ostream& out, std::ostream& err) {
  const std::int64_t now = clock.unix_seconds();
  PARLEY_TRY_STATUS(protocol::check_key_name(wanted.name));
  KeyRecord record{.name = wanted.name, .sha256 = {}, .created_at = now};
  PARLEY_TRY(record.expires_at, parse_expiry(wanted.expires, now));
  for (const auto& [name, value] : wanted.limits) {
    server::KeyLimits ignored;
    PARLEY_TRY_STATUS(server::set_key_limit(ignored, *server::find_key_limit(name), value));
    record.limits.emplace_back(name, value);
  }
  const std::string key = make_key();
  record.sha256 = server::digest_of_key(key);
  PARLEY_TRY_STATUS(server::change_keys(place, clock, [&](KeyRecords& records) -> Status {
    if (find(records, record.name)) {
      return Error{ErrorCode::already_exists, "there is a key of the name '" + record.name + "'"};
    }
    records.push_back(record);
    return {};
  }));
  out << key << '\n';
  err << "The key '" << record.name << "' is shown this once. A running server takes it within a "
      << "second.\n";
  return {};
}

Status list_keys(const server::KeyPlace& place, bool json, const Clock& clock, std::ostream& out) {
  PARLEY_TRY(const KeyRecords records, server::read_keys(place, clock));
  if (json) {
    for (const KeyRecord& record : records) out << protocol::key_record_json(record) << '\n';
    return {};
  }
  std::size_t width = 4;
  for (const KeyRecord& record : records) width = std::max(width, record.name.size());
  const auto row = [&](const std::string& name, const std::string& state,
                       const std::string& created, const std::string& expires,
                       const std::string& limits) {
    out << std::left << std::setw(static_cast<int>(width)) << name << "  " << std::setw(7) << state
        << "  " << std::setw(16) << created << "  " << std::setw(16) << expires << "  " << limits
        << '\n';
  };
  row("name", "state", "created (UTC)", "expires", "limits");
  for (const KeyRecord& record : records) {
    row(record.name, state_text(record, clock.unix_seconds()), time_text(record.created_at),
        record.expires_at == 0 ? "never" : time_text(record.expires_at), limits_text(record));
  }
  return {};
}

Status show_key(const server::KeyPlace& place, const std::string& name, const Clock& clock,
                std::ostream& out) {
  PARLEY_TRY(KeyRecords records, server::read_keys(place, clock));
  PARLEY_TRY(const auto record, find(records, name));
  out << "name: " << record->name << "\nstate: " << state_text(*record, clock.unix_seconds())
      << "\nsha256: " << record->sha256 << "\ncreated: " << time_text(record->created_at)
      << " UTC\nexpires: ";
  out << (record->expires_at == 0 ? "never" : time_text(record->expires_at) + " UTC") << '\n';
  if (record->revoked_at != 0) out << "revoked: " << time_text(record->revoked_at) << " UTC\n";
  for (const auto& [limit, value] : record->limits) out << limit << ": " << value << '\n';
  return {};
}

Status revoke_key(const server::KeyPlace& place, const std::string& name, const Clock& clock,
                  std::ostream& err) {
  // Without a file there is nothing to revoke, and none is made.
  PARLEY_TRY(KeyRecords there, server::read_keys(place, clock));
  PARLEY_TRY_STATUS(find(there, name));
  PARLEY_TRY_STATUS(server::change_keys(place, clock, [&](KeyRecords& records) -> Status {
    PARLEY_TRY(const auto record, find(records, name));
    if (record->revoked_at == 0) record->revoked_at = clock.unix_seconds();
    return {};
  }));
  err << "The key '" << name << "' opens nothing any more. What it opened goes on to its end.\n";
  return {};
}

}  // namespace parley::cli
