// SPDX-License-Identifier: Apache-2.0
#include "agent/reply.h"

#include <utility>

#include "agent/mcp_servers.h"
#include "agent/prompt.h"
#include "codec/audio_codec.h"

namespace parley::agent {

namespace {

using media::GenerationEnd;
using media::MediaTime;

// Realtime API: one output audio token per 50 ms.
constexpr std::int64_t kAudioTokenMs = 50;

}  // namespace

Reply::Reply(Response response, AgentListener& listener, Conversation* conversation, MakeId make_id,
             Timing timing, FindMcp find_mcp)
    : response_(std::move(response)),
      listener_(listener),
      conversation_(conversation),
      make_id_(std::move(make_id)),
      timing_(std::move(timing)),
      find_mcp_(std::move(find_mcp)) {
  listener_.response_created(response_);
}

bool Reply::drain(const ReplyOutlets& from) {
  if (closed_) return true;
  if (input_gate_ && !pass_input(from)) return closed_;
  for (bool more = true; more;) {
    take_words(from);
    if (output_gate_ && !pass_output()) return true;
    // A call may have waited for the words before it.
    more = output_gate_ && output_gate_->is_empty() &&
           (from.text->peek() != nullptr || from.calls->peek() != nullptr);
  }
  while (!from.clauses->empty()) {
    if (!from.clauses->pop().text.empty()) mark(timing_.timeline.first_clause_ms);
  }
  while (!from.spoken->empty()) take_clause(from.spoken->pop());
  place_clauses();
  while (!from.ends->empty()) {
    end_ = from.ends->pop();
    generation_ended_ = true;
  }
  while (!from.packets->empty() && may_send(*from.packets->peek())) {
    take_packet(from.packets->pop());
  }
  if (!generation_ended_) return false;

  response_.usage.input_text_tokens = end_.input_tokens;
  response_.usage.cached_text_tokens = end_.cached_tokens;
  response_.usage.output_text_tokens = end_.output_tokens;
  if (end_.reason == GenerationEnd::Reason::failed) {
    close(Response::Status::failed, Response::Reason::none, std::move(end_.error));
    return true;
  }
  if (output_gate_ && !output_gate_->is_empty()) return false;
  if (response_.audio && !audio_ended_) return false;
  if (clause_lost_ && clauses_spoken_ == 0) {
    close(Response::Status::failed, Response::Reason::none,
          clause_lost_->with_context("nothing of the reply could be spoken"));
    return true;
  }
  if (end_.reason == GenerationEnd::Reason::length) {
    // When a call was cut, the message before it was not.
    if (call_ && message_) close_message(Item::Status::completed);
    close(Response::Status::incomplete, Response::Reason::max_output_tokens);
  } else {
    close(Response::Status::completed, Response::Reason::none);
  }
  return true;
}

void Reply::moderate(std::unique_ptr<ModerationGate> input, std::unique_ptr<OutputGate> output) {
  input_gate_ = std::move(input);
  output_gate_ = std::move(output);
  if (input_gate_ || output_gate_) timing_.timeline.moderation_ms = 0;
}

bool Reply::pass_input(const ReplyOutlets& from) {
  const ModerationGate::Verdict verdict = input_gate_->look();
  input_passed_ = input_gate_->passed();
  if (verdict == ModerationGate::Verdict::waits) {
    if (!from.text->empty() || !from.calls->empty() || !from.ends->empty()) hold(true);
    return false;
  }
  hold(false);
  input_gate_.reset();
  if (verdict == ModerationGate::Verdict::passed) return true;
  input_refused_ = true;
  close(Response::Status::incomplete, Response::Reason::content_filter);
  return false;
}

bool Reply::pass_output() {
  const ModerationGate::Verdict verdict = output_gate_->look();
  const std::string words = output_gate_->release();
  if (!words.empty()) tell_words(words);
  hold(verdict == ModerationGate::Verdict::waits);
  if (verdict != ModerationGate::Verdict::refused) return true;
  close(Response::Status::incomplete, Response::Reason::content_filter);
  return false;
}

bool Reply::may_send(const media::EncodedAudio& packet) const {
  if (!output_gate_ || (generation_ended_ && output_gate_->is_empty())) return true;
  return !packet.bytes.empty() && output_gate_->may_be_heard(audio_sent_ + packet.head.duration);
}

void Reply::hold(bool held) {
  const Instant now = timing_.clock.now();
  if (held_since_ && !held) {
    *timing_.timeline.moderation_ms +=
        std::chrono::duration_cast<Millis>(now - *held_since_).count();
    held_since_.reset();
  }
  if (held && !held_since_) held_since_ = now;
}

void Reply::close(Response::Status status, Response::Reason reason, Error error) {
  if (closed_) return;
  closed_ = true;
  const Item::Status end =
      status == Response::Status::completed ? Item::Status::completed : Item::Status::incomplete;
  if (message_) close_message(end);
  if (call_) close_call(end);
  response_.status = status;
  response_.reason = reason;
  response_.error = std::move(error);
  // The model has not said what it cost: what came of it is counted.
  if (!generation_ended_ && deltas_ > 0) {
    response_.usage.output_text_tokens = deltas_;
    response_.usage.input_text_tokens = response_.prompt_tokens_estimate;
  }
  response_.usage.output_audio_tokens =
      static_cast<std::int32_t>((audio_sent_.ms() + kAudioTokenMs - 1) / kAudioTokenMs);
  listener_.response_done(response_, timing_.timeline);
}

/// In the order in which the model said them.
void Reply::take_words(const ReplyOutlets& from) {
  while (true) {
    const media::TextDelta* const text = from.text->peek();
    const media::ToolCall* const call = from.calls->peek();
    if (text == nullptr && call == nullptr) return;
    if (call == nullptr || (text != nullptr && text->head.sequence < call->head.sequence)) {
      take_text(from.text->pop());
      continue;
    }
    if (output_gate_ && !response_.audio) {
      // A call ends the message before it: its words come first.
      output_gate_->take("", true);
      if (!output_gate_->is_empty()) return;
    }
    take_call(from.calls->pop());
  }
}

void Reply::take_text(const media::TextDelta& delta) {
  if (output_gate_) output_gate_->take(delta.text, delta.head.is_last);
  if (delta.text.empty()) return;
  ++deltas_;
  mark(timing_.timeline.first_token_ms);
  if (!output_gate_) tell_words(delta.text);
}

void Reply::tell_words(std::string_view words) {
  open_message();
  response_.output[message_->index].content.back().text += words;
  if (response_.audio) {
    listener_.transcript_delta(at(*message_), words);
  } else {
    listener_.text_delta(at(*message_), words);
  }
}

void Reply::take_call(const media::ToolCall& call) {
  if (!call.name.empty()) {
    if (call_) close_call(Item::Status::completed);
    if (message_ && !response_.audio) close_message(Item::Status::completed);
    call_ = open_item(make_call_item(call.name));
  }
  if (!call_) return;
  if (!call.arguments_delta.empty()) {
    ++deltas_;
    response_.output[call_->index].arguments += call.arguments_delta;
    listener_.arguments_delta(at(*call_), call.arguments_delta);
  }
  if (call.head.is_last) close_call(Item::Status::completed);
}

Item Reply::make_call_item(const std::string& name) const {
  Item item;
  item.id = make_id_("item_");
  item.name = name;
  if (const std::optional<McpTool> tool = find_mcp_ ? find_mcp_(name) : std::nullopt) {
    item.type = tool->needs_leave ? Item::Type::mcp_approval_request : Item::Type::mcp_call;
    item.mcp = std::make_shared<const McpFields>(McpFields{.server_label = tool->server_label});
  } else {
    item.type = Item::Type::function_call;
    item.call_id = make_id_("call_");
  }
  return item;
}

bool Reply::clause_lost(Error error) {
  if (clause_lost_) return false;
  clause_lost_ = std::move(error);
  return true;
}

void Reply::take_clause(const media::TextDelta& clause) {
  ++clauses_spoken_;
  if (output_gate_) output_gate_->spoken(clause);
  SpokenClause spoken{clause.text, clause.head.pts, clause.head.pts + clause.head.duration,
                      clause.words};
  for (media::WordTime& word : spoken.words) {
    word.begin += clause.head.pts;
    word.end += clause.head.pts;
  }
  spoken_.push_back(std::move(spoken));
}

/// Clauses whose words were told. Those of a message that is over are nobody's.
void Reply::place_clauses() {
  while (!spoken_.empty()) {
    SpokenClause& clause = spoken_.front();
    if (output_gate_ && (!message_ || !output_gate_->may_be_heard(clause.end))) return;
    if (ContentPart* const part = stored_part()) {
      part->clauses.push_back(clause);
      listener_.item_changed(*stored(*message_));
    }
    if (message_) {
      response_.output[message_->index].content.back().clauses.push_back(std::move(clause));
    }
    spoken_.pop_front();
  }
}

void Reply::take_packet(const media::EncodedAudio& packet) {
  if (packet.head.is_last) audio_ended_ = true;
  if (packet.bytes.empty()) return;
  mark(timing_.timeline.first_audio_ms);
  audio_sent_ += packet.head.duration;
  // What a client truncated while it still goes out stays as long as the client said.
  if (ContentPart* const part = stored_part(); part != nullptr && part->has_transcript) {
    part->audio.rate = packet.format.rate;
    codec::append_pcm16(packet.codec, packet.bytes.bytes(), part->audio.samples);
  }
  if (message_) listener_.audio_delta(at(*message_), packet);
}

void Reply::mark(std::optional<std::int64_t>& stage) {
  if (stage) return;
  stage = std::chrono::duration_cast<Millis>(timing_.clock.now() - timing_.decision).count();
}

void Reply::open_message() {
  if (message_) return;
  if (call_) close_call(Item::Status::completed);
  Item item;
  item.id = make_id_("item_");
  item.type = Item::Type::message;
  item.role = Item::Role::assistant;
  message_ = open_item(std::move(item));
  ContentPart part;
  part.kind = response_.audio ? ContentPart::Kind::output_audio : ContentPart::Kind::output_text;
  part.has_transcript = response_.audio;
  response_.output[message_->index].content.push_back(part);
  if (Item* const kept = stored(*message_)) kept->content.push_back(std::move(part));
  listener_.content_part_added(at(*message_));
}

Reply::Open Reply::open_item(Item item) {
  item.status = Item::Status::in_progress;
  Open open{.index = response_.output.size(), .serial = 0};
  response_.output.push_back(item);
  listener_.output_item_added(at(open));
  if (conversation_ == nullptr) return open;
  const Item& kept = conversation_->insert(std::move(item));
  open.serial = kept.serial;
  listener_.item_added(kept, conversation_->previous_id(kept.id));
  return open;
}

void Reply::close_message(Item::Status status) {
  spoken_.clear();
  // Of a reply that was cut off, words of which no sound was sent were never spoken.
  for (SpokenClause& clause : response_.output[message_->index].content.back().clauses) {
    std::erase_if(clause.words,
                  [this](const media::WordTime& word) { return word.begin >= audio_sent_; });
  }
  const OutputRef place = at(*message_);
  const std::string& text = place.item.content.back().text;
  if (response_.audio) {
    listener_.audio_done(place);
    listener_.transcript_done(place, text);
  } else {
    listener_.text_done(place, text);
  }
  listener_.content_part_done(place, text);
  if (ContentPart* const part = stored_part()) {
    // A client may have truncated it meanwhile; its transcript then stays away.
    const bool truncated = response_.audio && !part->has_transcript;
    // It grew by doubling, and is kept for as long as the session lasts.
    part->audio.samples.shrink_to_fit();
    part->clauses.shrink_to_fit();
    // The events tell all that the model said, since deltas cannot be taken back. What is kept, and
    // what the model reads next, is what the user could hear.
    const MediaTime spoken_end = part->clauses.empty() ? MediaTime{} : part->clauses.back().end;
    if (!truncated) part->text = clause_lost_ ? heard_text(*part, spoken_end) : text;
  }
  close_item(*std::exchange(message_, std::nullopt), status);
}

void Reply::close_call(Item::Status status) {
  listener_.arguments_done(at(*call_));
  if (Item* const kept = stored(*call_)) kept->arguments = response_.output[call_->index].arguments;
  const Open open = *std::exchange(call_, std::nullopt);
  const Item& call = response_.output[open.index];
  const bool is_run = conversation_ != nullptr && status == Item::Status::completed &&
                      call.type != Item::Type::mcp_approval_request;
  if (status != Item::Status::completed) give_up_call(open);
  if (is_run && call.type == Item::Type::mcp_call) {
    listener_.mcp_call(call.id, open.index, AgentListener::McpProgress::in_progress);
  }
  close_item(open, status);
  if (is_run) complete_calls_.push_back({call, open.index});
}

/// A call of an MCP tool that was cut is never made; its item says so.
void Reply::give_up_call(const Open& open) {
  Item& call = response_.output[open.index];
  if (call.type != Item::Type::mcp_call) return;
  McpFields fields = *call.mcp;
  fields.error = mcp_error({ErrorCode::cancelled, "The response ended before the call was whole."});
  call.mcp = std::make_shared<const McpFields>(std::move(fields));
  if (Item* const kept = stored(open)) kept->mcp = call.mcp;
}

void Reply::close_item(const Open& open, Item::Status status) {
  response_.output[open.index].status = status;
  // It is done when it has run.
  const bool stays_open = response_.output[open.index].type == Item::Type::mcp_call &&
                          status == Item::Status::completed;
  if (Item* const kept = stored(open); kept != nullptr && !stays_open) {
    kept->status = status;
    listener_.item_done(*kept, conversation_->previous_id(kept->id));
  }
  listener_.output_item_done(at(open));
}

Item* Reply::stored(const Open& open) {
  if (conversation_ == nullptr) return nullptr;
  return conversation_->find(response_.output[open.index].id, open.serial);
}

ContentPart* Reply::stored_part() {
  Item* const item = message_ ? stored(*message_) : nullptr;
  return item == nullptr || item->content.empty() ? nullptr : &item->content.back();
}

OutputRef Reply::at(const Open& open) const {
  return {response_, open.index, response_.output[open.index]};
}

}  // namespace parley::agent
