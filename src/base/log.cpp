// SPDX-License-Identifier: Apache-2.0
#include "base/log.h"

#include <memory>

#include <spdlog/logger.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>

#include "base/json_text.h"

namespace parley::log {
namespace {

constexpr std::string_view name_of(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warn:
      return "warn";
    case Level::error:
      return "error";
    case Level::off:
      break;
  }
  return "off";
}

constexpr spdlog::level::level_enum to_spdlog(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warn:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
    case Level::off:
      break;
  }
  return spdlog::level::off;
}

spdlog::logger& logger() {
  // Never destroyed, so that a thread which outlives main can still say what it has to say.
  static spdlog::logger* const instance = [] {
    auto made = std::make_unique<spdlog::logger>("parley",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_formatter(std::make_unique<spdlog::pattern_formatter>(
        R"({"ts":"%Y-%m-%dT%H:%M:%S.%eZ",%v})", spdlog::pattern_time_type::utc));
    made->set_level(spdlog::level::info);
    return made.release();
  }();
  return *instance;
}

struct AppendValue {
  std::string& out;
  void operator()(std::int64_t value) const { out += std::to_string(value); }
  void operator()(double value) const { json_text::append_number(out, value); }
  void operator()(bool value) const { out += value ? "true" : "false"; }
  void operator()(const std::string& value) const {
    json_text::append_string(out, value, kValueBytesMax);
  }
};

}  // namespace

void set_level(Level level) { logger().set_level(to_spdlog(level)); }

void write(Level level, std::string_view event, Fields fields) {
  if (!logger().should_log(to_spdlog(level))) return;
  const std::string members = format_members(level, event, fields);
  logger().log(to_spdlog(level), spdlog::string_view_t(members.data(), members.size()));
}

std::string format_members(Level level, std::string_view event, Fields fields) {
  std::string text = R"("level":")";
  text += name_of(level);
  text += R"(","event":)";
  json_text::append_string(text, event, kValueBytesMax);
  for (const Field& field : fields) {
    text += ',';
    json_text::append_string(text, field.key, kValueBytesMax);
    text += ':';
    std::visit(AppendValue{text}, field.value);
  }
  return text;
}

}  // namespace parley::log
