// SPDX-License-Identifier: Apache-2.0
#include "service/realtime/conversation_log.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "agent/prompt.h"
#include "base/log.h"
#include "protocol/realtime/kept_item.h"
#include "service/realtime/kept_records.h"

namespace parley::service {
namespace {

/// After a failure the store is asked again so soon, then twice as late each time.
constexpr Millis kRetryFirst{1000};
constexpr Millis kRetryLast{60'000};

}  // namespace

ConversationLog::ConversationLog(const Keeping& keeping, Start start, const Surroundings& around,
                                 exec::Waker waker)
    : keeping_(keeping),
      start_(std::move(start)),
      clock_(around.clock),
      timers_(around.timers),
      waker_(std::move(waker)) {}

ConversationLog::~ConversationLog() { timers_.cancel(timer_); }

void ConversationLog::resume(const store::Conversation& taken) {
  epoch_ = taken.epoch;
  is_born_ = is_begun_ = true;
  for (const store::Item& item : taken.items) {
    order_.load(item.id, item.position);
    written_[item.id].json = std::hash<std::string>{}(item.json);
  }
  for (const store::Audio& audio : taken.audio) {
    written_[audio.item_id].samples[audio.part] = audio.samples.size();
  }
}

void ConversationLog::put(const agent::Item& item, std::string_view previous_id) {
  is_begun_ = true;
  if (state_ == State::failing) {
    ++recorded_;
    return;
  }
  if (!order_.contains(item.id)) {
    const OrderKeys::Placed placed = order_.insert(item.id, previous_id);
    if (placed.renumbered) {
      for (const auto& [key, id] : order_.items()) changes_.push_back(store::MoveItem{id, key});
    }
  }
  write(item);
}

void ConversationLog::change(const agent::Item& item) {
  if (state_ == State::failing) {
    ++recorded_;
  } else if (order_.contains(item.id)) {
    write(item);
  }
}

void ConversationLog::write(const agent::Item& item) {
  static const Redaction kNothing;
  std::string json =
      kept_json(item, keeping_.redaction == nullptr ? kNothing : *keeping_.redaction);
  Written& written = written_[item.id];
  const std::size_t hash = std::hash<std::string>{}(json);
  if (written.json != hash) {
    written.json = hash;
    ++recorded_;
    changes_.push_back(store::PutItem{{item.id, order_.key(item.id), std::move(json)}});
  }
  write_audio(item, written);
}

void ConversationLog::write_audio(const agent::Item& item, Written& written) {
  const bool is_secret = keeping_.redaction != nullptr && !keeping_.redaction->empty();
  if (!keeping_.audio || is_secret || item.status == agent::Item::Status::in_progress) return;
  for (std::size_t i = 0; i < item.content.size(); ++i) {
    const agent::StoredAudio& audio = item.content[i].audio;
    const auto part = static_cast<std::int32_t>(i);
    const auto found = written.samples.find(part);
    const std::size_t before = found == written.samples.end() ? 0 : found->second;
    // A sound comes as a whole, and then only ever gets shorter.
    if (audio.samples.size() == before) continue;
    written.samples[part] = audio.samples.size();
    ++recorded_;
    changes_.push_back(store::PutAudio{{item.id, part, audio.rate, audio.samples}});
  }
}

void ConversationLog::drop(std::string_view item_id) {
  ++recorded_;
  if (state_ == State::failing) return;
  order_.erase(item_id);
  if (const auto found = written_.find(item_id); found != written_.end()) written_.erase(found);
  changes_.push_back(store::DropItem{std::string(item_id)});
}

void ConversationLog::respond(const protocol::ResponseObject& response) {
  // One that failed before anything was said is not worth a conversation.
  if (!is_begun_) return;
  ++recorded_;
  store::Response kept{response.id, protocol::kept_response_json(response, clock_.unix_seconds())};
  if (state_ != State::failing) {
    changes_.push_back(store::PutResponse{std::move(kept)});
    return;
  }
  unkept_.push_back(std::move(kept));
  if (unkept_.size() > kUnkeptResponsesMax) unkept_.pop_front();
}

void ConversationLog::leave(const agent::Conversation& conversation) {
  if (lost_ || state_ == State::failing) return;
  for (const agent::Item& item : conversation.items()) {
    if (item.status != agent::Item::Status::in_progress) continue;
    agent::Item left = item;
    left.status = agent::Item::Status::incomplete;
    for (agent::ContentPart& part : left.content) {
      const bool is_spoken = part.kind == agent::ContentPart::Kind::output_audio;
      if (is_spoken && part.has_transcript) {
        part.text = agent::heard_text(part, part.audio.duration());
      }
    }
    change(left);
  }
  submit(conversation);
}

void ConversationLog::submit(const agent::Conversation& conversation) {
  if (lost_) return;
  if (state_ != State::failing) {
    if (!changes_.empty()) send(false);
  } else if (is_begun_ && in_flight_.empty() && clock_.now() >= retry_at_) {
    rewrite(conversation);
  }
}

/// All of it, since nobody knows what the store has.
void ConversationLog::rewrite(const agent::Conversation& conversation) {
  state_ = State::rewriting;
  order_.clear();
  written_.clear();
  changes_.clear();
  // In place: GCC 12 takes a moved variant's other alternatives for uninitialised.
  changes_.emplace_back(std::in_place_type<store::ClearItems>);
  std::string previous;
  for (const agent::Item& item : conversation.items()) {
    order_.insert(item.id, previous);
    write(item);
    previous = item.id;
  }
  for (store::Response& response : unkept_) {
    changes_.push_back(store::PutResponse{std::move(response)});
  }
  unkept_.clear();
  send(true);
}

void ConversationLog::send(bool rewrites) {
  // Shared with the store, which may answer after the session's end.
  const auto ticket = std::make_shared<Ticket>();
  ticket->up_to = recorded_;
  ticket->sent = clock_.now();
  ticket->rewrites = rewrites;
  store::Batch batch;
  batch.conversation = start_.conversation_id;
  batch.epoch = epoch_;
  batch.at = clock_.unix_seconds();
  if (!is_born_) batch.birth = start_.birth;
  batch.changes = std::exchange(changes_, {});
  for (const store::Change& change : batch.changes) {
    const auto* const put = std::get_if<store::PutResponse>(&change);
    if (put != nullptr) ticket->responses.push_back(put->response);
  }
  in_flight_.push_back(ticket);
  look_after(ticket->sent + kStoreTimeout);
  keeping_.store->append(std::move(batch), [ticket, waker = waker_](Status outcome) {
    ticket->outcome = std::move(outcome);
    ticket->answered.store(true, std::memory_order_release);
    waker.wake();
  });
}

void ConversationLog::poll() {
  while (!in_flight_.empty() && in_flight_.front()->answered.load(std::memory_order_acquire)) {
    const std::shared_ptr<Ticket> ticket = std::move(in_flight_.front());
    in_flight_.pop_front();
    take_answer(*ticket);
  }
  const Instant now = clock_.now();
  const auto is_late = [&] {
    return !in_flight_.empty() && now >= in_flight_.front()->sent + kStoreTimeout;
  };
  if (state_ != State::failing && is_late()) {
    fail({ErrorCode::deadline_exceeded, "the conversation store does not answer"});
  }
  if (now < timer_at_) return;
  // The timer has fired.
  timer_at_ = Instant::never();
  if (lost_) return;
  if (state_ == State::failing) {
    look_after(std::max(retry_at_, now + kRetryFirst));
  } else if (!in_flight_.empty()) {
    look_after(in_flight_.front()->sent + kStoreTimeout);
  }
}

void ConversationLog::take_answer(Ticket& ticket) {
  const Status& outcome = ticket.outcome;
  if (outcome) {
    is_born_ = true;
    kept_ = ticket.up_to;
    if (!ticket.rewrites || state_ != State::rewriting) return;
    state_ = State::keeping;
    retry_after_ = Nanos(0);
    log::info("a conversation is kept again", {{"conversation", start_.conversation_id}});
    return;
  }
  for (store::Response& response : ticket.responses) unkept_.push_back(std::move(response));
  const ErrorCode code = outcome.error().code;
  if (code == ErrorCode::failed_precondition || code == ErrorCode::not_found) {
    lost_ = outcome.error();
    state_ = State::failing;
    changes_.clear();
    return;
  }
  if (state_ != State::failing) fail(outcome.error());
}

void ConversationLog::fail(Error error) {
  if (state_ == State::keeping) {
    log::warn("a conversation is not kept",
              {{"conversation", start_.conversation_id}, {"reason", error.message}});
    trouble_ = std::move(error);
  }
  state_ = State::failing;
  for (store::Change& change : std::exchange(changes_, {})) {
    auto* const put = std::get_if<store::PutResponse>(&change);
    if (put != nullptr) unkept_.push_back(std::move(put->response));
  }
  retry_after_ = std::clamp<Nanos>(retry_after_ * 2, kRetryFirst, kRetryLast);
  retry_at_ = clock_.now() + retry_after_;
  look_after(retry_at_);
}

/// Wakes the strand at `at`, or earlier: one timer for all that must be looked after.
void ConversationLog::look_after(Instant at) {
  if (timer_at_ <= at) return;
  timers_.cancel(timer_);
  timer_at_ = at;
  timer_ = timers_.schedule(at, waker_);
}

std::optional<Error> ConversationLog::take_trouble() {
  return std::exchange(trouble_, std::nullopt);
}

}  // namespace parley::service
