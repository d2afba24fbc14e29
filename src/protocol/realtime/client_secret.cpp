// SPDX-License-Identifier: Apache-2.0
#include "protocol/realtime/client_secret.h"

#include <array>
#include <optional>
#include <utility>

#include "protocol/json_reader.h"
#include "protocol/json_writer.h"
#include "protocol/realtime/beta/beta_names.h"
#include "protocol/realtime/beta/beta_reader.h"
#include "protocol/realtime/beta/beta_writer.h"
#include "protocol/realtime/session_parser.h"
#include "protocol/realtime/session_writer.h"

namespace parley::protocol {
namespace {

constexpr std::size_t kDepthMax = 64;

std::optional<std::chrono::seconds> read_life(const json::value& value, std::string_view path,
                                              Problems& problems) {
  static constexpr std::array<Choice<bool>, 1> kAnchors{{{"created_at", true}}};
  const json::object* object = read_object(value, path, problems);
  if (object == nullptr) return std::nullopt;
  ObjectReader reader(*object, std::string(path), problems, ObjectReader::Null::is_absent);
  static_cast<void>(reader.choice("anchor", kAnchors));
  const std::optional<std::int64_t> seconds =
      reader.integer("seconds", kSecretLifeMin.count(), kSecretLifeMax.count());
  reader.finish();
  if (!seconds) return std::nullopt;
  return std::chrono::seconds(*seconds);
}

void read_ga(const json::object& body, Problems& problems, ClientSecretRequest& request) {
  ObjectReader reader(body, "", problems, ObjectReader::Null::is_absent);
  if (const auto life = optional_field(reader, "expires_after", read_life)) request.life = *life;
  std::optional<SessionPatch> session = optional_field(reader, "session", read_session);
  if (session) request.session = std::move(*session);
  reader.finish();
}

/// The paths of the body have no `session.` before them.
ProtocolError without_root(ProtocolError error) {
  constexpr std::string_view kRoot = "session.";
  if (!error.param || !error.param->starts_with(kRoot)) return error;
  const std::size_t at = error.message.find(*error.param);
  if (at != std::string::npos) error.message.erase(at, kRoot.size());
  error.param->erase(0, kRoot.size());
  return error;
}

void read_beta(json::value& body, SessionType type, Problems& problems,
               ClientSecretRequest& request) {
  request.life = kBetaSecretLife;
  if (const json::value* secret = body.as_object().if_contains("client_secret")) {
    // The two kinds of sessions spell it differently.
    const json::object* object = read_object(*secret, "client_secret", problems);
    if (object == nullptr) return;
    ObjectReader reader(*object, "client_secret", problems, ObjectReader::Null::is_absent);
    for (const std::string_view key : {"expires_after", "expires_at"}) {
      if (const auto life = optional_field(reader, key, read_life)) request.life = *life;
    }
    reader.finish();
  }
  const BetaExtras extras = rewrite_session_as_ga(body, type, problems);
  if (problems.any()) return;
  std::optional<SessionPatch> session = read_session(body, "session", problems);
  if (!session) return;
  request.session = std::move(*session);
  request.session.temperature = extras.temperature;
}

}  // namespace

std::variant<ClientSecretRequest, ProtocolError> parse_client_secret_request(std::string_view text,
                                                                             Dialect dialect,
                                                                             SessionType type) {
  const bool is_beta = dialect == Dialect::beta;
  json::parse_options limits;
  limits.max_depth = kDepthMax;
  json::error_code failure;
  try {
    json::value body = text.empty() ? json::value(json::object())
                                    : json::parse(json::string_view(text.data(), text.size()),
                                                  failure, {}, limits);
    if (failure || !body.is_object()) return invalid_json();
    Problems problems;
    ClientSecretRequest request;
    if (is_beta) {
      read_beta(body, type, problems, request);
    } else {
      read_ga(body.get_object(), problems, request);
    }
    std::optional<ProtocolError> error = problems.take();
    if (!error) return request;
    return is_beta ? without_root(in_beta_words(std::move(*error))) : std::move(*error);
  } catch (const std::exception&) {  // out of memory, or a limit of the library
    return invalid_json();
  }
}

std::string client_secret_json(const ClientSecretShown& secret, const SessionConfig& session,
                               Dialect dialect) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  if (dialect == Dialect::beta) {
    write_beta_session_fields(json, session);
    json.key("client_secret").begin_object();
  }
  json.field("value", secret.value);
  json.field("expires_at", secret.expires_at);
  if (dialect == Dialect::beta) {
    json.end_object();
  } else {
    write_session(json.key("session"), session);
  }
  json.end_object();
  return out;
}

}  // namespace parley::protocol
