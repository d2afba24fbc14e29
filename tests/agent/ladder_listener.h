// SPDX-License-Identifier: Apache-2.0
//
// A listener that believes nothing: it checks each event against those before it (every opening has
// its closing, nothing after the end, no word about deleted items) and writes all of them down with
// their ids, so that two runs can be compared.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "agent/agent_listener.h"

namespace parley::test {

class LadderListener final : public agent::AgentListener {
 public:
  /// The test deletes `item_id`: the conversation must not speak of it again.
  void deleted(const std::string& item_id) {
    items_.erase(item_id);
    gone_.insert(item_id);
  }
  [[nodiscard]] std::size_t responses_open() const { return open_.size(); }
  [[nodiscard]] bool in_conversation(const std::string& id) const { return items_.contains(id); }

  std::vector<std::string> log;
  std::size_t responses = 0;
  std::size_t failures = 0;
  Error last_error;  // of the response that ended last

  void speech_started(std::string_view id, media::MediaTime at) override {
    add("speech_started", id, std::to_string(at.ms()));
    EXPECT_GE(at.flicks, 0);
    utterance_ = id;
  }
  void speech_stopped(std::string_view id, media::MediaTime at) override {
    add("speech_stopped", id, std::to_string(at.ms()));
    EXPECT_EQ(utterance_, id) << "stopped, but not started";
    utterance_.clear();
  }
  void input_committed(std::string_view id, std::string_view previous) override {
    add("committed", id, previous);
    EXPECT_FALSE(in_conversation(std::string(id)));
  }
  void input_cleared() override { add("cleared"); }
  void item_added(const agent::Item& item, std::string_view previous) override {
    add("item_added", item.id, previous);
    EXPECT_TRUE(items_.emplace(item.id, false).second) << item.id << " added twice";
    if (!previous.empty()) {
      EXPECT_TRUE(in_conversation(std::string(previous)));
    }
  }
  void item_done(const agent::Item& item, std::string_view previous) override {
    add("item_done", item.id, previous);
    ASSERT_TRUE(in_conversation(item.id)) << item.id << " is done, but not in the conversation";
    EXPECT_FALSE(std::exchange(items_[item.id], true)) << item.id << " done twice";
    EXPECT_NE(item.status, agent::Item::Status::in_progress);
  }
  void idle_timeout(std::string_view id, media::MediaTime start, media::MediaTime end) override {
    add("idle_timeout", id, std::to_string(start.ms()) + " " + std::to_string(end.ms()));
  }
  void transcription_completed(std::string_view id, const agent::Transcription& heard) override {
    add("transcription", id, heard.text);
    transcribed(id);
  }
  void transcription_failed(std::string_view id, const Error& error) override {
    add("transcription_failed", id, error.message);
    transcribed(id);
  }

  void response_created(const agent::Response& response) override {
    add("response_created", response.id);
    ++responses;
    if (!response.out_of_band) {
      for (const auto& [id, one] : open_) EXPECT_TRUE(one.out_of_band) << "two at once";
    }
    EXPECT_TRUE(open_.emplace(response.id, Open{response.out_of_band, {}}).second);
  }
  void output_item_added(const agent::OutputRef& at) override {
    add("output_item_added", at.item.id);
    ASSERT_TRUE(open_.contains(at.response.id)) << "no such response";
    std::vector<Out>& items = open_[at.response.id].items;
    EXPECT_EQ(at.output_index, items.size());
    items.emplace_back().id = at.item.id;
  }
  void content_part_added(const agent::OutputRef& at) override {
    add("part_added", at.item.id);
    if (Out* const out = find(at)) {
      EXPECT_FALSE(std::exchange(out->part, true));
      EXPECT_EQ(at.item.type, agent::Item::Type::message);
    }
  }
  void text_delta(const agent::OutputRef& at, std::string_view delta) override {
    add("text_delta", at.item.id, delta);
    EXPECT_FALSE(at.response.audio);
    say(at, delta);
  }
  void transcript_delta(const agent::OutputRef& at, std::string_view delta) override {
    add("transcript_delta", at.item.id, delta);
    EXPECT_TRUE(at.response.audio);
    say(at, delta);
  }
  void text_done(const agent::OutputRef& at, std::string_view text) override {
    add("text_done", at.item.id, text);
    end_text(at, text);
  }
  void transcript_done(const agent::OutputRef& at, std::string_view text) override {
    add("transcript_done", at.item.id, text);
    end_text(at, text);
  }
  void audio_delta(const agent::OutputRef& at, const media::EncodedAudio& audio) override {
    add("audio_delta", at.item.id, std::to_string(hash(audio.bytes.bytes())));
    EXPECT_EQ(at.item.type, agent::Item::Type::message);
    if (Out* const out = find(at)) {
      EXPECT_TRUE(out->part);
      EXPECT_FALSE(out->audio_done) << "audio after its end";
    }
  }
  void audio_done(const agent::OutputRef& at) override {
    add("audio_done", at.item.id);
    if (Out* const out = find(at)) {
      EXPECT_FALSE(std::exchange(out->audio_done, true));
    }
  }
  void arguments_delta(const agent::OutputRef& at, std::string_view delta) override {
    add("arguments_delta", at.item.id, delta);
    EXPECT_EQ(at.item.type, agent::Item::Type::function_call);
    say(at, delta);
  }
  void arguments_done(const agent::OutputRef& at) override {
    add("arguments_done", at.item.id, at.item.arguments);
    end_text(at, at.item.arguments);
  }
  void content_part_done(const agent::OutputRef& at, std::string_view) override {
    add("part_done", at.item.id);
    if (Out* const out = find(at)) {
      EXPECT_TRUE(out->text_done);
      EXPECT_EQ(out->audio_done, at.response.audio);
      EXPECT_FALSE(std::exchange(out->part_done, true));
    }
  }
  void output_item_done(const agent::OutputRef& at) override {
    add("output_item_done", at.item.id);
    Out* const out = find(at);
    if (out == nullptr) return;
    EXPECT_TRUE(out->text_done);
    EXPECT_EQ(out->part, out->part_done);
    EXPECT_NE(at.item.status, agent::Item::Status::in_progress);
    if (!at.response.out_of_band && in_conversation(at.item.id)) {
      EXPECT_TRUE(items_[at.item.id]) << "output_item_done before item_done";
    }
    out->done = true;
  }
  void response_done(const agent::Response& response, const agent::TurnTimeline&) override {
    add("response_done", response.id, std::to_string(static_cast<int>(response.status)));
    ASSERT_TRUE(open_.contains(response.id));
    EXPECT_NE(response.status, agent::Response::Status::in_progress);
    const std::vector<Out>& items = open_[response.id].items;
    EXPECT_EQ(items.size(), response.output.size());
    for (const Out& out : items) EXPECT_TRUE(out.done) << out.id << " was left open";
    open_.erase(response.id);
    last_error = response.error;
  }
  void failed(const Error& error) override {
    add("failed", error.message);
    ++failures;
  }

 private:
  struct Out {
    std::string id;
    std::string said;
    bool part = false;
    bool text_done = false;
    bool audio_done = false;
    bool part_done = false;
    bool done = false;
  };
  struct Open {
    bool out_of_band = false;
    std::vector<Out> items;
  };

  template <typename... Words>
  void add(Words&&... words) {
    std::string line;
    ((line += std::string(words) + ' '), ...);
    log.push_back(std::move(line));
  }
  Out* find(const agent::OutputRef& at) {
    const auto found = open_.find(at.response.id);
    EXPECT_NE(found, open_.end()) << "an event of a response that is over: " << log.back();
    if (found == open_.end() || at.output_index >= found->second.items.size()) return nullptr;
    Out& out = found->second.items[at.output_index];
    EXPECT_EQ(out.id, at.item.id);
    EXPECT_FALSE(out.done) << "an event of an item that is over: " << log.back();
    return &out;
  }
  void say(const agent::OutputRef& at, std::string_view delta) {
    Out* const out = find(at);
    if (out == nullptr) return;
    EXPECT_FALSE(out->text_done) << "a delta after the end: " << log.back();
    EXPECT_EQ(out->part, at.item.type == agent::Item::Type::message);
    out->said += delta;
  }
  void end_text(const agent::OutputRef& at, std::string_view text) {
    Out* const out = find(at);
    if (out == nullptr) return;
    EXPECT_FALSE(std::exchange(out->text_done, true)) << "two ends: " << log.back();
    EXPECT_EQ(out->said, text);
  }
  void transcribed(std::string_view id) {
    EXPECT_TRUE(in_conversation(std::string(id))) << "a transcript of a deleted item";
    EXPECT_TRUE(transcribed_.insert(std::string(id)).second) << "two transcripts of " << id;
  }
  static std::uint64_t hash(std::span<const std::byte> bytes) {
    std::uint64_t value = 14'695'981'039'346'656'037ULL;  // FNV-1a
    for (const std::byte byte : bytes) {
      value = (value ^ std::to_integer<std::uint64_t>(byte)) * 1'099'511'628'211ULL;
    }
    return value;
  }

  std::string utterance_;
  std::map<std::string, bool> items_;  // in the conversation; true: done
  std::set<std::string> gone_;
  std::set<std::string> transcribed_;
  std::map<std::string, Open> open_;
};

}  // namespace parley::test
