// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "cli/doctor.h"
#include "cli/say.h"
#include "cli/talk_session.h"
#include "codec/pcm16.h"
#include "codec/resample_pcm16.h"
#include "server/engine.h"

namespace parley::cli {
namespace {

using Level = Finding::Level;

constexpr const char* kSubject = "conversation";
constexpr const char* kQuestion = "Can you tell me the time, please?";
constexpr std::string_view kKeyWord = "time";
constexpr Millis kPatience{60'000};

/// The question as the microphone, an ear for the reply as the speaker.
class Loopback final : public TalkAudio {
 public:
  explicit Loopback(std::vector<std::int16_t> question) : question_(std::move(question)) {}

  bool read(std::span<std::int16_t> frame) override {
    if (at_end()) return false;
    const std::size_t count = std::min(frame.size(), question_.size() - at_);
    std::ranges::fill(frame, std::int16_t{0});
    std::copy_n(question_.begin() + static_cast<std::ptrdiff_t>(at_), count, frame.begin());
    at_ += count;
    return true;
  }
  [[nodiscard]] bool at_end() const override { return at_ == question_.size(); }
  [[nodiscard]] Instant next_frame(Instant /*now*/) const override { return Instant::never(); }
  void begin_reply() override {}
  void play(std::span<const std::int16_t> samples) override { heard_ += samples.size(); }
  std::int64_t stop_playing() override { return static_cast<std::int64_t>(heard_); }
  [[nodiscard]] double seconds_heard() const { return static_cast<double>(heard_) / kTalkRate; }

 private:
  std::vector<std::int16_t> question_;
  std::size_t at_ = 0;
  std::size_t heard_ = 0;  // strand; read when it has ended
};

Result<std::vector<std::int16_t>> speak_question(server::Engine& engine) {
  const std::vector<std::string> pieces = spoken_pieces(kQuestion);
  std::vector<std::int16_t> spoken;
  PARLEY_TRY_STATUS(say(engine.tts(), engine.pool(), engine.clock(), pieces, {},
                        [&](std::span<const float> audio) -> Status {
                          const std::size_t before = spoken.size();
                          spoken.resize(before + audio.size());
                          codec::float_to_pcm16(audio, std::span(spoken).subspan(before));
                          return {};
                        }));
  return codec::resample_pcm16(spoken, engine.tts().rate(), kTalkRate);
}

Finding judge(const std::vector<std::string>& lines, const Loopback& audio, Nanos took) {
  std::string all;
  bool is_understood = false;
  for (const std::string& line : lines) {
    is_understood |= line.starts_with("you:") && line.find(kKeyWord) != std::string::npos;
    if (line.starts_with('(')) continue;  // about the model: check_llm has said it
    std::string words;                    // without the padding of columns
    std::ranges::unique_copy(line, std::back_inserter(words),
                             [](char a, char b) { return a == ' ' && b == ' '; });
    words.erase(0, words.find_first_not_of(' '));
    all += (all.empty() ? "" : "; ") + words;
  }
  const std::string times =
      std::to_string(std::chrono::duration_cast<Millis>(took).count()) + " ms in all, " +
      std::to_string(static_cast<int>(audio.seconds_heard() * 1000)) + " ms of speech came back";
  if (audio.seconds_heard() <= 0) {
    return {Level::problem, kSubject, "no speech came back: " + all,
            "the findings above say which part is missing"};
  }
  if (!is_understood) {
    return {Level::note, kSubject, "'" + std::string(kQuestion) + "' was misheard: " + all,
            "check the recognition model with `parley models verify`"};
  }
  return {Level::ok, kSubject, all + "; " + times};
}

Result<Finding> converse(const Config& config) {
  Metrics metrics;
  PARLEY_TRY(const std::unique_ptr<server::Engine> engine,
             server::Engine::load(config, metrics, {}));
  PARLEY_TRY(std::vector<std::int16_t> question, speak_question(*engine));
  Loopback audio(std::move(question));
  std::vector<std::string> lines;  // strand; read when it has ended
  agent::AgentSettings settings = server::default_settings(config);
  settings.playout_lead = Millis(0);
  const Instant begin = engine->clock().now();
  bool over = false;
  {
    PARLEY_TRY(
        const std::unique_ptr<TalkSession> session,
        TalkSession::start(engine->agent_context(), engine->pool(), settings, {.interrupts = false},
                           audio, [&](std::string line) { lines.push_back(std::move(line)); }));
    over = session->wait(begin + kPatience);
  }
  if (!over) {
    return Finding{Level::problem, kSubject, "a question was not answered within a minute",
                   "see whether the machine is busy, or the endpoint of llm.url slow"};
  }
  return judge(lines, audio, engine->clock().now() - begin);
}

}  // namespace

Findings check_conversation(const Config& config) {
  const Result<Finding> finding = converse(config);
  if (finding) return {*finding};
  return {{Level::problem, kSubject, finding.error().message,
           "the findings above say which part is missing"}};
}

}  // namespace parley::cli
