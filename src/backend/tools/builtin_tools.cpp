// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/builtin_tools.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include <boost/json.hpp>

#include "backend/tools/calculator.h"
#include "backend/tools/spoken_words.h"
#include "backend/tools/tool_rules.h"
#include "base/utf8.h"

namespace parley::backend {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 6> kNames{"get_time",  "set_timer", "stop_timers",
                                                 "calculate", "remember",  "recall"};

// Words that say nothing of what a note is about.
constexpr std::array<std::string_view, 30> kEmptyWords{
    "the", "a",    "an",   "my",   "is",    "are", "was",   "were", "i",    "you",
    "it",  "that", "of",   "in",   "on",    "to",  "at",    "and",  "for",  "with",
    "me",  "we",   "what", "when", "where", "who", "about", "do",   "does", "will"};

std::string text_at(const json::object& arguments, std::string_view key) {
  const json::value* value = arguments.if_contains(key);
  if (value == nullptr || !value->is_string()) return {};
  return std::string(value->get_string());
}

/// "3:05 PM", "Sunday, November 22, 2026", where the server stands.
std::string time_text(std::int64_t unix_seconds, bool is_date) {
  const auto now = static_cast<std::time_t>(unix_seconds);
  std::tm local{};
  localtime_r(&now, &local);
  std::array<char, 80> text{};
  const char* format = is_date ? "Today is %A, %B %e, %Y." : "It is %I:%M %p.";
  std::string out(text.data(), std::strftime(text.data(), text.size(), format, &local));
  // %e pads with a blank, %I with a zero.
  if (const std::size_t blanks = out.find("  "); blanks != std::string::npos) out.erase(blanks, 1);
  if (out.starts_with("It is 0")) out.erase(6, 1);
  return out;
}

std::vector<std::string> telling_words(std::string_view text) {
  std::vector<std::string> words = spoken_words(text);
  std::erase_if(words, [](const std::string& word) {
    return std::find(kEmptyWords.begin(), kEmptyWords.end(), word) != kEmptyWords.end();
  });
  return words;
}

/// "my key is under the mat" is said back as "your key is under the mat".
std::string turned_round(std::string_view note) {
  std::string text;
  for (const std::string& word : spoken_words(note)) {
    if (!text.empty()) text += ' ';
    if (word == "my") {
      text += "your";
    } else if (word == "i") {
      text += "you";
    } else if (word == "i'm" || word == "am") {
      text += word == "am" ? "are" : "you're";
    } else if (word == "mine") {
      text += "yours";
    } else {
      text += word;
    }
  }
  return text;
}

std::string cut(std::string text) {
  text.resize(character_begin(text, kNoteBytesMax));
  return text;
}

}  // namespace

BuiltinTools::BuiltinTools(BuiltinSet set, const Clock& clock) : clock_(clock) {
  if (set.time) {
    tools_.push_back(
        {"get_time", "The time of day or the date, where the server is.",
         R"({"type":"object","properties":{"what":{"type":"string","enum":["time","date"]}},"required":["what"],"additionalProperties":false})"});
  }
  if (set.timer) {
    tools_.push_back(
        {"set_timer", "Sets a timer. When it is up, the assistant speaks by itself.",
         R"({"type":"object","properties":{"seconds":{"type":"integer","minimum":1,"maximum":86400}},"required":["seconds"],"additionalProperties":false})"});
    tools_.push_back({"stop_timers", "Stops all timers.",
                      R"({"type":"object","properties":{},"additionalProperties":false})"});
  }
  if (set.calculator) {
    tools_.push_back(
        {"calculate", "Works out a sum, such as (2 + 3) * 4 or 15 percent of 80.",
         R"({"type":"object","properties":{"expression":{"type":"string","maxLength":200}},"required":["expression"],"additionalProperties":false})"});
  }
  if (set.memory) {
    tools_.push_back(
        {"remember", "Notes a fact for later in this conversation.",
         R"({"type":"object","properties":{"fact":{"type":"string","maxLength":200}},"required":["fact"],"additionalProperties":false})"});
    tools_.push_back(
        {"recall", "What was noted about something; about nothing: all notes.",
         R"({"type":"object","properties":{"about":{"type":"string","maxLength":100}},"required":["about"],"additionalProperties":false})"});
  }
}

bool BuiltinTools::is_builtin(std::string_view name) {
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

bool BuiltinTools::submit(std::shared_ptr<model::ToolCall> call) {
  call->status = run(*call);
  call->finish();
  return true;
}

void BuiltinTools::forget(std::uint64_t session) noexcept {
  const std::lock_guard lock(mutex_);
  notes_.erase(session);
}

Status BuiltinTools::run(model::ToolCall& call) {
  const bool is_known = std::any_of(tools_.begin(), tools_.end(), [&](const model::LlmTool& one) {
    return one.name == call.name;
  });
  if (!is_known) return Error{ErrorCode::not_found, "There is no such function."};
  boost::system::error_code error;
  const json::value parsed = json::parse(call.arguments, error);
  const json::object* arguments = error ? nullptr : parsed.if_object();
  if (arguments == nullptr) {
    return Error{ErrorCode::invalid_argument, "The arguments are no JSON object."};
  }
  if (call.name == "get_time") {
    call.output = time_text(clock_.unix_seconds(), text_at(*arguments, "what") == "date");
  } else if (call.name == "set_timer") {
    const json::value* value = arguments->if_contains("seconds");
    const std::int64_t seconds = value != nullptr && value->is_int64() ? value->get_int64() : 0;
    if (seconds < 1 || seconds > kTimerSecondsMax) {
      return Error{ErrorCode::invalid_argument, "A timer takes from one second to one day."};
    }
    const std::string length = duration_text(seconds);
    call.alarms.push_back({std::chrono::seconds(seconds),
                           std::string(kSayPrefix) + "The timer of " + length + " is up."});
    call.output = "The timer is set: " + length + ".";
  } else if (call.name == "stop_timers") {
    call.stops_alarms = true;
    call.output = "All timers are stopped.";
  } else if (call.name == "calculate") {
    PARLEY_TRY(const Sum sum, calculate(text_at(*arguments, "expression")));
    call.output = "That is " + number_text(sum.value) + ".";
  } else if (call.name == "remember") {
    std::string fact = cut(text_at(*arguments, "fact"));
    if (fact.empty()) return Error{ErrorCode::invalid_argument, "There is nothing to remember."};
    remember(call.session, std::move(fact));
    call.output = "I will remember that.";
  } else {
    call.output = recall(call.session, text_at(*arguments, "about"));
  }
  return {};
}

void BuiltinTools::remember(std::uint64_t session, std::string fact) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string>& notes = notes_[session];
  if (notes.size() >= kNotesMax) notes.erase(notes.begin());
  notes.push_back(std::move(fact));
}

std::string BuiltinTools::recall(std::uint64_t session, std::string_view about) const {
  std::vector<std::string> notes;
  {
    const std::lock_guard lock(mutex_);
    if (const auto found = notes_.find(session); found != notes_.end()) notes = found->second;
  }
  const std::vector<std::string> wanted = telling_words(about);
  std::string text;
  for (const std::string& note : notes) {
    const std::vector<std::string> has = telling_words(note);
    const bool fits =
        wanted.empty() || std::any_of(wanted.begin(), wanted.end(), [&](const auto& word) {
          return std::find(has.begin(), has.end(), word) != has.end();
        });
    if (fits) text += (text.empty() ? "You told me that " : ", and that ") + turned_round(note);
  }
  if (!text.empty()) return text + ".";
  return wanted.empty() ? "You have told me nothing to remember."
                        : "You have told me nothing about that.";
}

}  // namespace parley::backend
