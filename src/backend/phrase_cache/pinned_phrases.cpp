// SPDX-License-Identifier: Apache-2.0
#include "backend/phrase_cache/pinned_phrases.h"

#include <cerrno>
#include <charconv>
#include <fstream>
#include <sstream>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "media/speech_limits.h"

namespace parley::backend {
namespace {

constexpr std::size_t kLogEvery = 100;  // phrases
constexpr Nanos kRetry = Millis(100);   // after the host had no room

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

Error wrong(std::size_t line, const std::string& what) {
  return {ErrorCode::invalid_argument, "line " + std::to_string(line) + ": " + what};
}

/// `voice=amy` or `speed=1.2`.
Status apply(std::string_view word, std::size_t line, PinnedPhrase& phrase) {
  if (word.starts_with("voice=")) {
    phrase.voice = word.substr(6);
    return {};
  }
  if (word.starts_with("speed=")) {
    const std::string_view number = word.substr(6);
    float speed = 0.0F;
    const auto [end, failure] =
        std::from_chars(number.data(), number.data() + number.size(), speed);
    const bool is_number = failure == std::errc{} && end == number.data() + number.size();
    if (is_number && speed >= media::kSpeechSpeedMin && speed <= media::kSpeechSpeedMax) {
      phrase.speed = speed;
      return {};
    }
  }
  return wrong(line, "'" + std::string(word) + "': expected voice=NAME or speed=0.25 to 4");
}

Result<PinnedPhrase> parse_line(std::string_view text, std::size_t line, PinnedPhrase phrase) {
  if (text.starts_with('{')) {
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) return wrong(line, "'{' without '}'");
    std::string_view words = trimmed(text.substr(1, end - 1));
    while (!words.empty()) {
      const std::size_t space = std::min(words.find(' '), words.size());
      PARLEY_TRY_STATUS(apply(words.substr(0, space), line, phrase));
      words = trimmed(words.substr(space));
    }
    text = trimmed(text.substr(end + 1));
  }
  if (text.empty()) return wrong(line, "no phrase");
  phrase.text = text;
  return phrase;
}

}  // namespace

Result<std::vector<PinnedPhrase>> parse_pinned(std::string_view file,
                                               const PinnedPhrase& defaults) {
  std::vector<PinnedPhrase> phrases;
  for (std::size_t line = 1; !file.empty(); ++line) {
    const std::size_t end = std::min(file.find('\n'), file.size());
    const std::string_view text = trimmed(file.substr(0, end));
    file.remove_prefix(std::min(end + 1, file.size()));
    if (text.empty() || text.starts_with('#')) continue;
    PARLEY_TRY(PinnedPhrase phrase, parse_line(text, line, defaults));
    phrases.push_back(std::move(phrase));
  }
  return phrases;
}

Result<std::vector<PinnedPhrase>> read_pinned(const std::string& path,
                                              const PinnedPhrase& defaults) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    const int code = errno;
    return Error{code == ENOENT ? ErrorCode::not_found : ErrorCode::unavailable,
                 path + ": " + std::generic_category().message(code)};
  }
  Result<std::vector<PinnedPhrase>> phrases = parse_pinned(text.str(), defaults);
  if (!phrases) return phrases.error().with_context(path);
  return phrases;
}

PinnedPhrases::PinnedPhrases(std::vector<PinnedPhrase> phrases, const Surroundings& around)
    : phrases_(std::move(phrases)),
      around_(around),
      strand_(exec::Strand::make(around.executor, *this)) {}

PinnedPhrases::~PinnedPhrases() {
  strand_->close();
  if (call_ != nullptr && !call_->done()) call_->cancel();
}

void PinnedPhrases::start() { strand_->wake(); }

bool PinnedPhrases::run_slice() noexcept {
  if (call_ != nullptr) {
    if (!call_->done()) return false;
    note_end();
  }
  if (next_ == phrases_.size()) return false;
  submit_next();
  return call_ != nullptr && call_->done();
}

void PinnedPhrases::submit_next() {
  const PinnedPhrase& phrase = phrases_[next_];
  auto call = std::make_shared<model::TtsCall>();
  call->text = phrase.text;
  call->voice = phrase.voice;
  call->speed = phrase.speed;
  call->any_seed = true;
  call->qos = model::TtsQos::bulk;
  if (!around_.cache.pin(around_.host.key_of(*call))) {
    log::warn("too many phrases are pinned", {{"pinned", next_}, {"wanted", phrases_.size()}});
    next_ = phrases_.size();
    return;
  }
  call->begin(strand_->waker(), around_.clock.now());
  if (around_.host.submit(call)) {
    call_ = std::move(call);
  } else {
    around_.timers.schedule(around_.clock.now() + kRetry, strand_->waker());
  }
}

void PinnedPhrases::note_end() {
  const std::shared_ptr<model::TtsCall> call = std::exchange(call_, nullptr);
  ++next_;
  if (!call->status) {
    ++failed_;
    log::warn("a pinned phrase could not be spoken",
              {{"text", call->text}, {"why", call->status.error().message}});
  }
  if (next_ == phrases_.size() || next_ % kLogEvery == 0) {
    log::info("pinned phrases are ready",
              {{"ready", next_ - failed_}, {"failed", failed_}, {"of", phrases_.size()}});
  }
}

}  // namespace parley::backend
