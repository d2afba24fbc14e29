// SPDX-License-Identifier: Apache-2.0
#include "agent/reply.h"

#include <utility>

#include "codec/audio_codec.h"

namespace parley::agent {

namespace {

using media::GenerationEnd;
using media::MediaTime;

// Realtime API: one output audio token per 50 ms.
constexpr std::int64_t kAudioTokenMs = 50;

}  // namespace

Reply::Reply(Response response, AgentListener& listener, Conversation* conversation, MakeId make_id,
             Timing timing)
    : response_(std::move(response)),
      listener_(listener),
      conversation_(conversation),
      make_id_(std::move(make_id)),
      timing_(std::move(timing)) {
  listener_.response_created(response_);
}

bool Reply::drain(const ReplyOutlets& from) {
  while (!from.text->empty()) take_text(from.text->pop());
  while (!from.calls->empty()) take_call(from.calls->pop());
  while (!from.clauses->empty()) {
    if (!from.clauses->pop().text.empty()) mark(timing_.timeline.first_clause_ms);
  }
  while (!from.spoken->empty()) take_clause(from.spoken->pop());
  while (!from.packets->empty()) take_packet(from.packets->pop());
  while (!from.ends->empty()) {
    end_ = from.ends->pop();
    generation_ended_ = true;
  }
  if (!generation_ended_) return false;

  response_.usage.input_text_tokens = end_.input_tokens;
  response_.usage.cached_text_tokens = end_.cached_tokens;
  response_.usage.output_text_tokens = end_.output_tokens;
  if (end_.reason == GenerationEnd::Reason::failed) {
    close(Response::Status::failed, Response::Reason::none, std::move(end_.error));
    return true;
  }
  if (response_.audio && !audio_ended_) return false;
  if (end_.reason == GenerationEnd::Reason::length) {
    close(Response::Status::incomplete, Response::Reason::max_output_tokens);
  } else {
    close(Response::Status::completed, Response::Reason::none);
  }
  return true;
}

void Reply::close(Response::Status status, Response::Reason reason, Error error) {
  if (closed_) return;
  closed_ = true;
  if (item_open_) {
    close_item(status == Response::Status::completed ? Item::Status::completed
                                                     : Item::Status::incomplete);
  }
  response_.status = status;
  response_.reason = reason;
  response_.error = std::move(error);
  response_.usage.output_audio_tokens =
      static_cast<std::int32_t>((audio_sent_.ms() + kAudioTokenMs - 1) / kAudioTokenMs);
  listener_.response_done(response_, timing_.timeline);
}

void Reply::take_text(const media::TextDelta& delta) {
  if (delta.text.empty()) return;
  mark(timing_.timeline.first_token_ms);
  open_message();
  response_.output.back().content.back().text += delta.text;
  if (response_.audio) {
    listener_.transcript_delta(at(), delta.text);
  } else {
    listener_.text_delta(at(), delta.text);
  }
}

void Reply::take_call(const media::ToolCall& call) {
  if (!call.name.empty()) {
    if (item_open_) close_item(Item::Status::completed);
    Item item;
    item.id = make_id_("item_");
    item.type = Item::Type::function_call;
    item.name = call.name;
    item.call_id = make_id_("call_");
    open_item(std::move(item));
  }
  if (!item_open_ || response_.output.back().type != Item::Type::function_call) return;
  if (!call.arguments_delta.empty()) {
    response_.output.back().arguments += call.arguments_delta;
    listener_.arguments_delta(at(), call.arguments_delta);
  }
  if (call.head.is_last) {
    listener_.arguments_done(at());
    close_item(Item::Status::completed);
  }
}

void Reply::take_clause(const media::TextDelta& clause) {
  Item* const item = stored();
  if (item == nullptr || item->content.empty()) return;
  item->content.back().clauses.push_back(
      {clause.text, clause.head.pts, clause.head.pts + clause.head.duration});
}

void Reply::take_packet(const media::EncodedAudio& packet) {
  if (packet.head.is_last) audio_ended_ = true;
  if (packet.bytes.empty()) return;
  mark(timing_.timeline.first_audio_ms);
  audio_sent_ += packet.head.duration;
  if (Item* const item = stored(); item != nullptr && !item->content.empty()) {
    StoredAudio& audio = item->content.back().audio;
    audio.rate = packet.format.rate;
    codec::append_pcm16(packet.codec, packet.bytes.bytes(), audio.samples);
  }
  if (item_open_) listener_.audio_delta(at(), packet);
}

void Reply::mark(std::optional<std::int64_t>& stage) {
  if (stage) return;
  stage = std::chrono::duration_cast<Millis>(timing_.clock.now() - timing_.decision).count();
}

void Reply::open_message() {
  if (item_open_ && response_.output.back().type == Item::Type::message) return;
  if (item_open_) close_item(Item::Status::completed);
  Item item;
  item.id = make_id_("item_");
  item.type = Item::Type::message;
  item.role = Item::Role::assistant;
  open_item(std::move(item));
  ContentPart part;
  part.kind = response_.audio ? ContentPart::Kind::output_audio : ContentPart::Kind::output_text;
  part.has_transcript = response_.audio;
  response_.output.back().content.push_back(part);
  if (Item* const kept = stored()) kept->content.push_back(std::move(part));
  listener_.content_part_added(at());
}

void Reply::open_item(Item item) {
  item.status = Item::Status::in_progress;
  response_.output.push_back(item);
  item_open_ = true;
  listener_.output_item_added(at());
  if (conversation_ == nullptr) return;
  const Item& kept = conversation_->insert(std::move(item));
  listener_.item_added(kept, conversation_->previous_id(kept.id));
}

void Reply::close_item(Item::Status status) {
  Item& item = response_.output.back();
  if (item.type == Item::Type::message) {
    close_message_parts(at());
  } else if (item.type == Item::Type::function_call && status != Item::Status::completed) {
    listener_.arguments_done(at());
  }
  item.status = status;
  if (Item* const kept = stored()) {
    kept->status = status;
    kept->arguments = item.arguments;
    if (!kept->content.empty()) {
      ContentPart& part = kept->content.back();
      // A client may truncate while the reply still goes out; its transcript then stays away.
      const bool truncated = part.kind == ContentPart::Kind::output_audio && !part.has_transcript;
      if (!truncated) part.text = item.content.back().text;
    }
    listener_.item_done(*kept, conversation_->previous_id(kept->id));
  }
  listener_.output_item_done(at());
  item_open_ = false;
}

void Reply::close_message_parts(const OutputRef& at) {
  const std::string& text = at.item.content.back().text;
  if (response_.audio) {
    listener_.audio_done(at);
    listener_.transcript_done(at, text);
  } else {
    listener_.text_done(at, text);
  }
  listener_.content_part_done(at, text);
}

Item* Reply::stored() {
  if (conversation_ == nullptr || !item_open_) return nullptr;
  return conversation_->find(response_.output.back().id);
}

OutputRef Reply::at() const {
  return {response_, response_.output.size() - 1, response_.output.back()};
}

}  // namespace parley::agent
