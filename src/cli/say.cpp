// SPDX-License-Identifier: Apache-2.0
#include "cli/say.h"

#include <deque>
#include <memory>
#include <utility>

#include "exec/parker.h"
#include "exec/strand.h"
#include "operators/tts/clause_splitter.h"

namespace parley::cli {
namespace {

// Pieces in the voice at once: one that runs and one behind it, so that it never waits for us.
constexpr std::size_t kPiecesAhead = 2;

/// Wakes the caller when a call is done: calls know only how to wake strands.
class Doorbell final : public exec::StrandBody {
 public:
  explicit Doorbell(exec::Executor& executor) : strand_(exec::Strand::make(executor, *this)) {}
  ~Doorbell() override { strand_->close(); }
  Doorbell(const Doorbell&) = delete;
  Doorbell& operator=(const Doorbell&) = delete;

  [[nodiscard]] exec::Waker waker() { return strand_->waker(); }
  void wait_for(const model::Call& call) {
    while (!call.done()) parker_.park();
  }

 private:
  bool run_slice() noexcept override {
    parker_.unpark();
    return false;
  }

  exec::Parker parker_;
  std::shared_ptr<exec::Strand> strand_;  // wakers share it
};

}  // namespace

std::vector<std::string> spoken_pieces(std::string_view text) {
  operators::ClauseSplitter splitter(operators::ClauseSplitter::First::like_others);
  splitter.append(text);
  splitter.finish();
  std::vector<std::string> pieces;
  while (std::optional<std::string> piece = splitter.next()) pieces.push_back(std::move(*piece));
  return pieces;
}

Status say(model::TtsHost& host, exec::Executor& executor, const Clock& clock,
           std::span<const std::string> pieces, const SayOptions& options, const SpeechSink& sink) {
  Doorbell doorbell(executor);
  std::deque<std::shared_ptr<model::TtsCall>> calls;  // shared with the host while in flight
  std::size_t next = 0;
  media::MediaTime spoken;  // by the pieces that are done
  while (next < pieces.size() || !calls.empty()) {
    while (next < pieces.size() && calls.size() < kPiecesAhead) {
      auto call = std::make_shared<model::TtsCall>();
      call->text = pieces[next];
      call->voice = options.voice;
      call->speed = options.speed;
      call->seed = options.seed + next++;
      call->begin(doorbell.waker(), clock.now());
      if (!host.submit(call)) {
        return Error{ErrorCode::resource_exhausted, "the voice has no room for two sentences"};
      }
      calls.push_back(std::move(call));
    }
    const std::shared_ptr<model::TtsCall> call = std::move(calls.front());
    calls.pop_front();
    doorbell.wait_for(*call);
    if (options.words != nullptr) {
      for (media::WordTime& word : call->words) {
        options.words->push_back({std::move(word.text), word.begin + spoken, word.end + spoken});
      }
    }
    spoken += media::MediaTime::from_samples(
        static_cast<std::int64_t>(call->audio.size() / sizeof(float)), host.rate());
    Status done = call->status;
    if (!done) done = done.error().with_context("'" + call->text + "'");
    if (done && !call->audio.empty()) done = sink(call->audio.floats());
    if (!done) {
      for (const auto& waiting : calls) waiting->cancel();
      return done;
    }
  }
  return {};
}

}  // namespace parley::cli
