// SPDX-License-Identifier: Apache-2.0
#include "operators/llm/translate_operator.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "operators/llm/language_name.h"

namespace parley::operators {

namespace {

using graph::Progress;
using model::LlmCall;
using model::LlmMessage;

constexpr Millis kRetry{50};  // after the host's queue was full: generations take longer

std::string trimmed(const std::string& text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t begin = text.find_first_not_of(kSpace);
  if (begin == std::string::npos) return {};
  return text.substr(begin, text.find_last_not_of(kSpace) - begin + 1);
}

}  // namespace

Result<Progress> TranslateOperator::process(graph::ProcessContext& context) {
  while (transcripts_.peek() != nullptr) take(transcripts_.pop());
  while (!jobs_.empty()) {
    if (!translations_.has_room()) return Progress::blocked;
    if (!advance(jobs_.front(), context)) break;
    jobs_.pop_front();
  }
  return Progress::need_input;
}

void TranslateOperator::take(media::Transcript heard) {
  if (!heard.is_final || heard.text.empty()) return;
  jobs_.push_back({.heard = std::move(heard)});
  const auto waits = [](const Job& job) { return !job.refused && job.call == nullptr; };
  if (static_cast<std::size_t>(std::ranges::count_if(jobs_, waits)) > kTranslationsWaitingMax) {
    std::ranges::find_if(jobs_, waits)->refused = true;
  }
}

bool TranslateOperator::advance(Job& job, graph::ProcessContext& context) {
  if (job.refused) {
    context.report({ErrorCode::resource_exhausted, "translation is behind by more than " +
                                                       std::to_string(kTranslationsWaitingMax) +
                                                       " utterances"});
    give(job, false);
    return true;
  }
  if (job.heard.language == options_.to) {
    job.text = job.heard.text;
    give(job, true);
    return true;
  }
  if (job.call == nullptr) submit(job, context);
  if (job.call == nullptr) return false;
  const bool is_done = job.call->done();  // first: what was said before it is
  while (std::optional<model::LlmDelta> delta = job.call->deltas.try_pop()) {
    if (delta->kind == model::LlmDelta::Kind::text) job.text += delta->text;
  }
  if (!is_done) return false;  // the host wakes us
  const bool is_cut = job.call->finish_reason == LlmCall::Finish::length;
  if (!job.call->status) {
    context.report(job.call->status.error().with_context("a translation"));
  } else if (is_cut) {
    context.report({ErrorCode::resource_exhausted,
                    "a translation is longer than output_tokens_max, " +
                        std::to_string(options_.output_tokens_max) + ": it was cut"});
  }
  give(job, job.call->status.has_value() && !is_cut);
  return true;
}

void TranslateOperator::submit(Job& job, graph::ProcessContext& context) {
  auto call = std::make_shared<LlmCall>();
  call->prompt.messages.push_back(
      {.role = LlmMessage::Role::system, .text = instructions_for(job.heard)});
  call->prompt.messages.push_back({.role = LlmMessage::Role::user, .text = job.heard.text});
  call->output_tokens_max = options_.output_tokens_max;
  call->begin(context.waker(), context.now());
  if (host_.submit(call)) {
    job.call = std::move(call);
  } else {
    context.wake_at(context.now() + kRetry);
  }
}

void TranslateOperator::give(Job& job, bool is_whole) {
  media::Transcript translation;
  translation.head = job.heard.head;
  translation.utterance = job.heard.utterance;
  translation.text = trimmed(job.text);
  translation.language = options_.to;
  translation.is_final = is_whole;
  translations_.push(std::move(translation));
}

std::string TranslateOperator::instructions_for(const media::Transcript& heard) const {
  const std::string& from = options_.from.empty() ? heard.language : options_.from;
  std::string text = "You are an interpreter. Translate what the user says";
  if (!from.empty()) text.append(" from ").append(language_name(from));
  text.append(" into ").append(language_name(options_.to));
  text += ". Answer with the translation and nothing else.";
  if (!options_.instructions.empty()) text.append(" ").append(options_.instructions);
  return text;
}

void TranslateOperator::close() noexcept {
  for (const Job& job : jobs_) {
    if (job.call != nullptr && !job.call->done()) job.call->cancel();
  }
  jobs_.clear();
}

}  // namespace parley::operators
