// SPDX-License-Identifier: Apache-2.0
#include "tests/service/realtime/transcript.h"

#include <fstream>
#include <sstream>

namespace parley::test {
namespace {

namespace json = boost::json;

constexpr Millis kTick{10};
constexpr Millis kPatience{10'000};  // virtual time that a frame may take

std::int64_t integer_or(const json::object& object, std::string_view key, std::int64_t other) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? other : value->as_int64();
}

std::string text_or(const json::object& object, std::string_view key, const std::string& other) {
  const json::value* value = object.if_contains(key);
  return value == nullptr ? other : std::string(value->as_string().c_str());
}

std::string type_of(const std::string& frame) {
  return json::parse(frame).as_object().at("type").as_string().c_str();
}

model::FakeLlmOptions llm_options(const json::object& what) {
  model::FakeLlmOptions llm;
  if (const json::value* replies = what.if_contains("replies")) {
    for (const json::value& one : replies->as_array()) {
      const json::object& reply = one.as_object();
      llm.replies.push_back({.text = text_or(reply, "text", ""),
                             .tool = text_or(reply, "tool", ""),
                             .arguments = text_or(reply, "arguments", "{}")});
    }
  }
  llm.tool_arguments = text_or(what, "tool_arguments", "{}");
  llm.first_token_delay = Millis(integer_or(what, "first_token_ms", 0));
  llm.token_delay = Millis(integer_or(what, "token_ms", 0));
  llm.name = text_or(what, "name", "fake");
  llm.is_demonstration = what.contains("demonstration");
  return llm;
}

}  // namespace

void Transcript::play(const std::string& path) {
  std::ifstream file(path);
  ASSERT_TRUE(file) << "cannot read " << path;
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line[0] == '#') continue;
    const std::size_t space = line.find(' ');
    const std::string rest = space == line.npos ? "" : line.substr(space + 1);
    SCOPED_TRACE(path + ":" + std::to_string(number) + ": " + line);
    try {
      step(line.substr(0, space), rest);
    } catch (const std::exception& error) {
      ADD_FAILURE() << error.what();
      failed_ = true;
    }
    if (failed_ || ::testing::Test::HasFatalFailure()) return;
  }
  while (!call_->link->frames.empty()) take_frame();
  if (writes_beta_) return;  // the auditor knows GA
  for (const std::string& fault : auditor_.faults()) ADD_FAILURE() << path << ": " << fault;
}

void Transcript::play_as_beta(const std::string& path) {
  is_beta_ = true;
  play(path);
}

void Transcript::step(const std::string& word, const std::string& rest) {
  if (word == "llm" || word == "heard" || word == "turns" || word == "session") {
    prepare(word, json::parse(rest));
  } else if (word == "open") {
    call_ = std::make_unique<RealtimeFixture>(options_);
    if (is_beta_ || writes_beta_) call_->link->dialect = protocol::Dialect::beta;
    if (is_beta_) {
      call_->link->translate = [this](const std::string& frame) { return beta_.to_ga(frame); };
    }
    call_->open();
  } else if (word == "dialect") {
    writes_beta_ = rest == "beta";
  } else if (word == "C" || word == "C!") {
    std::string frame = word == "C" ? substitute(rest, bindings_) : rest;
    if (is_beta_ && word == "C") frame = BetaAdapter::to_beta(frame);
    EXPECT_EQ(call_->client(frame), service::PushResult::accepted);
  } else if (word == "speak") {
    const std::size_t space = rest.find(' ');
    const Millis length(std::stoi(rest.substr(0, space)));
    space == rest.npos ? call_->speak(length) : call_->speak(length, std::stod(rest.substr(space)));
  } else if (word == "silence") {
    call_->be_silent(Millis(std::stoi(rest)));
  } else if (word == "rest") {
    call_->rest(Millis(std::stoi(rest)));
  } else if (word == "S") {
    expect_next(json::parse(rest));
  } else if (word == "S*") {
    skippable_.merge(words(rest));
  } else if (word == "until") {
    expect_until(json::parse(rest));
  } else if (word == "never") {
    expect_never(rest);
  } else if (word == "quiet") {
    call_->rest(Millis(std::stoi(rest)));
    failed_ = !call_->link->frames.empty();
    EXPECT_FALSE(failed_) << "got " << call_->link->frames.front();
  } else if (word == "closed") {
    const std::size_t space = rest.find(' ');
    EXPECT_EQ(call_->link->close_code, std::stoi(rest.substr(0, space)));
    EXPECT_EQ(call_->link->close_reason, rest.substr(space + 1));
  } else {
    ADD_FAILURE() << "unknown step '" << word << "'";
  }
}

void Transcript::prepare(const std::string& word, const json::value& what) {
  if (word == "llm") {
    options_.llm = llm_options(what.as_object());
  } else if (word == "heard") {
    for (const json::value& text : what.as_array()) {
      options_.heard.emplace_back(text.as_string().c_str());
    }
  } else if (word == "turns") {
    options_.turns.clear();
    for (const json::value& one : what.as_array()) options_.turns.push_back(one.to_number<float>());
  } else {
    const json::object& session = what.as_object();
    options_.model = text_or(session, "model", "m");
    if (text_or(session, "type", "realtime") == "transcription") {
      options_.type = protocol::SessionType::transcription;
    }
    options_.speakers = session.contains("speakers");
    options_.service.session_max = std::chrono::seconds(integer_or(session, "max_seconds", 3600));
  }
}

void Transcript::expect_next(const json::value& expected) {
  std::string skipped;
  while (wait_for_frame()) {
    const json::value frame = take_frame();
    const std::optional<std::string> difference = mismatch(expected, frame, bindings_);
    if (!difference) {
      skippable_.clear();
      return;
    }
    if (skippable_.contains(frame.as_object().at("type").as_string().c_str())) continue;
    failed_ = true;
    ADD_FAILURE() << *difference << "\n  in " << json::serialize(frame).substr(0, 1000);
    return;
  }
  failed_ = true;
  ADD_FAILURE() << "no frame within " << kPatience.count() << " ms";
}

void Transcript::expect_until(const json::value& expected) {
  std::string passed;
  while (wait_for_frame()) {
    const json::value frame = take_frame();
    if (!mismatch(expected, frame, bindings_)) return;
    passed += "\n  " + json::serialize(frame).substr(0, 200);
  }
  failed_ = true;
  ADD_FAILURE() << "it did not come within " << kPatience.count() << " ms; there were" << passed;
}

void Transcript::expect_never(const std::string& rest) {
  const std::size_t space = rest.find(' ');
  call_->rest(Millis(std::stoi(rest.substr(0, space))));
  const std::set<std::string> types = words(rest.substr(space + 1));
  for (const std::string& frame : call_->link->frames) {
    if (!types.contains(type_of(frame))) continue;
    failed_ = true;
    ADD_FAILURE() << "got " << frame.substr(0, 1000);
  }
}

bool Transcript::wait_for_frame() {
  for (Millis waited{0}; call_->link->frames.empty(); waited += kTick) {
    if (waited > kPatience) return false;
    call_->rest(kTick);
  }
  return true;
}

json::value Transcript::take_frame() {
  json::value frame = json::parse(call_->link->frames.front());
  call_->link->frames.pop_front();
  if (!writes_beta_) auditor_.see(frame);
  return frame;
}

std::set<std::string> Transcript::words(const std::string& text) {
  std::istringstream in(text);
  return {std::istream_iterator<std::string>(in), {}};
}

}  // namespace parley::test
