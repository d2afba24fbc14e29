// SPDX-License-Identifier: Apache-2.0
#include "store/redis/redis_backend.h"

#include <algorithm>
#include <deque>
#include <map>
#include <optional>
#include <utility>

#include "store/redis/scripts.h"
#include "store/refusals.h"

namespace parley::store {
namespace {

constexpr std::size_t kHeadFields = 6;  // of kReadScript's answer

std::string_view view_of(const std::vector<std::int16_t>& samples) {
  return {reinterpret_cast<const char*>(samples.data()), samples.size() * sizeof(std::int16_t)};
}

/// A command's words, some of which it must own.
class Words {
 public:
  Words& operator<<(std::string_view word) {
    words_.push_back(word);
    return *this;
  }
  Words& operator<<(std::int64_t number) {
    words_.push_back(owned_.emplace_back(std::to_string(number)));
    return *this;
  }
  [[nodiscard]] const RedisConnection::Command& all() const { return words_; }

 private:
  std::deque<std::string> owned_;  // its elements stay where they are
  RedisConnection::Command words_;
};

struct AppendChange {
  Words& to;
  void operator()(const PutItem& put) const {
    to << "item" << put.item.id << put.item.position << put.item.json;
  }
  void operator()(const MoveItem& move) const { to << "move" << move.item_id << move.position; }
  void operator()(const PutAudio& put) const {
    to << "audio" << put.audio.item_id << std::int64_t{put.audio.part}
       << std::int64_t{put.audio.rate} << view_of(put.audio.samples);
  }
  void operator()(const DropItem& drop) const { to << "drop" << drop.item_id; }
  void operator()(const ClearItems& /*clear*/) const { to << "clear"; }
  void operator()(const PutResponse& put) const {
    to << "response" << put.response.id << put.response.json;
  }
};

void append_batch(Words& to, const std::string& prefix, const Batch& batch) {
  static const Birth none;  // the words of a command point into it
  const Birth& birth = batch.birth ? *batch.birth : none;
  to << "EVAL" << kWriteScript << "1" << prefix << batch.conversation
     << static_cast<std::int64_t>(batch.epoch) << batch.at << (batch.birth ? "1" : "0")
     << birth.owner << birth.model << birth.metadata;
  for (const Change& change : batch.changes) std::visit(AppendChange{to}, change);
}

Status outcome_of(const Result<RedisReply>& reply, const Batch& batch) {
  if (!reply) return reply.error();
  if (reply->text() == "kept") return {};
  return reply->text() == "gone" ? is_gone(batch.conversation) : is_taken(batch.conversation);
}

/// "part item"
struct AudioField {
  std::int32_t part = 0;
  std::string item_id;
};

AudioField parse_audio_field(std::string_view field) {
  const std::size_t space = std::min(field.find(' '), field.size() - 1);
  return {static_cast<std::int32_t>(std::atoi(std::string(field.substr(0, space)).c_str())),
          std::string(field.substr(space + 1))};
}

}  // namespace

Result<std::unique_ptr<RedisBackend>> RedisBackend::open(const Options& options,
                                                         const Clock& clock) {
  PARLEY_TRY(RedisUrl url, RedisUrl::parse(options.url));
  std::unique_ptr<RedisBackend> backend(new RedisBackend(std::move(url), options.prefix, clock));
  PARLEY_TRY(const RedisReply pong, backend->connection_.run({"PING"}));
  static_cast<void>(pong);
  if (options.sync_full) PARLEY_TRY_STATUS(backend->check_sync());
  return backend;
}

Status RedisBackend::check_sync() {
  const auto setting = [&](std::string_view name) -> Result<std::string> {
    PARLEY_TRY(const RedisReply reply, connection_.run({"CONFIG", "GET", name}));
    return std::string(reply.text(1));
  };
  PARLEY_TRY(const std::string appends, setting("appendonly"));
  PARLEY_TRY(const std::string syncs, setting("appendfsync"));
  if (appends == "yes" && syncs == "always") return {};
  return Error{ErrorCode::failed_precondition,
               "store.sync=full: the Redis server does not wait for its disk; give it "
               "`appendonly yes` and `appendfsync always`, or set store.sync=normal"};
}

std::string RedisBackend::key(std::string_view kind, std::string_view id) const {
  return prefix_ + std::string(kind) + ":" + std::string(id);
}

void RedisBackend::write(std::span<const Batch> batches, std::span<Status> outcomes) {
  std::deque<Words> owned;
  std::vector<RedisConnection::Command> commands;
  for (const Batch& batch : batches) {
    append_batch(owned.emplace_back(), prefix_, batch);
    commands.push_back(owned.back().all());
  }
  const std::vector<Result<RedisReply>> answers = connection_.run(commands);
  for (std::size_t i = 0; i < batches.size(); ++i) outcomes[i] = outcome_of(answers[i], batches[i]);
}

Result<Conversation> RedisBackend::read(const Key& key, bool is_taken) {
  PARLEY_TRY(const RedisReply answer, connection_.run({"EVAL", kReadScript, "1", prefix_, key.id,
                                                       key.owner, is_taken ? "1" : "0"}));
  if (answer.is_nil()) return is_unknown(key.id);
  if (answer.size() < kHeadFields) {
    return Error{ErrorCode::data_corrupt, "the Redis server has a torn conversation " + key.id};
  }
  Conversation conversation;
  const std::int64_t items = answer.integer(5);
  conversation.summary = {.id = key.id,
                          .model = std::string(answer.text(0)),
                          .metadata = std::string(answer.text(1)),
                          .created = answer.integer(3),
                          .updated = answer.integer(4),
                          .items = items};
  conversation.epoch = static_cast<std::uint64_t>(answer.integer(2));
  std::size_t at = kHeadFields;
  for (std::int64_t i = 0; i < items; ++i, at += 3) {
    conversation.items.push_back(
        {std::string(answer.text(at)), answer.integer(at + 1), std::string(answer.text(at + 2))});
  }
  for (; at + 1 < answer.size(); at += 2) {
    conversation.responses.push_back(
        {std::string(answer.text(at)), std::string(answer.text(at + 1))});
  }
  return conversation;
}

Status RedisBackend::read_audio(const std::string& id, Conversation& to) {
  const std::string hash = key("audio", id);
  PARLEY_TRY(const RedisReply fields, connection_.run({"HKEYS", hash}));
  std::multimap<std::string, std::string> fields_of;  // item → fields
  for (std::size_t i = 0; i < fields.size(); ++i) {
    fields_of.emplace(parse_audio_field(fields.text(i)).item_id, fields.text(i));
  }
  std::size_t bytes_left = kTakenAudioBytesMax;
  for (auto item = to.items.rbegin(); item != to.items.rend(); ++item) {
    const auto [begin, end] = fields_of.equal_range(item->id);
    for (auto field = begin; field != end; ++field) {
      PARLEY_TRY(const RedisReply kept, connection_.run({"HGET", hash, field->second}));
      const std::string_view value = kept.text();
      const std::size_t colon = value.find(':');
      if (colon == std::string_view::npos) continue;
      const std::string_view bytes = value.substr(colon + 1);
      if (bytes.size() > bytes_left) return {};
      bytes_left -= bytes.size();
      to.audio.push_back({.item_id = item->id,
                          .part = parse_audio_field(field->second).part,
                          .rate = std::atoi(std::string(value.substr(0, colon)).c_str()),
                          .samples = samples_of(std::as_bytes(std::span(bytes)))});
    }
  }
  return {};
}

Result<Conversation> RedisBackend::load(const Key& key) { return read(key, false); }

Result<Conversation> RedisBackend::take(const Key& key) {
  PARLEY_TRY(Conversation conversation, read(key, true));
  // Nobody else writes it any more: the sound belongs to these items.
  PARLEY_TRY_STATUS(read_audio(key.id, conversation));
  return conversation;
}

Result<Summary> RedisBackend::summary(const std::string& id) {
  const std::string head = key("conversation", id);
  const std::string order = key("order", id);
  std::vector<Result<RedisReply>> answers = connection_.run(std::vector<RedisConnection::Command>{
      {"HMGET", head, "model", "metadata", "created", "updated"}, {"ZCARD", order}});
  PARLEY_TRY(const RedisReply fields, std::move(answers[0]));
  PARLEY_TRY(const RedisReply count, std::move(answers[1]));
  if (fields.is_nil(2)) return is_unknown(id);  // erased meanwhile
  return Summary{.id = id,
                 .model = std::string(fields.text(0)),
                 .metadata = std::string(fields.text(1)),
                 .created = fields.integer(2),
                 .updated = fields.integer(3),
                 .items = count.integer()};
}

Result<Page> RedisBackend::list(const ListQuery& query) {
  const std::string count = std::to_string(query.limit + 1);
  const std::string after = query.after.value_or("");
  PARLEY_TRY(const RedisReply ids,
             connection_.run({"EVAL", kListScript, "1", prefix_, query.owner, after, count}));
  if (ids.is_nil()) return is_no_cursor(after);
  Page page;
  page.has_more = ids.size() > query.limit;
  for (std::size_t i = 0; i < std::min(ids.size(), query.limit); ++i) {
    Result<Summary> one = summary(std::string(ids.text(i)));
    if (one) {
      page.conversations.push_back(std::move(*one));
    } else if (one.error().code != ErrorCode::not_found) {
      return std::move(one).error();
    }
  }
  return page;
}

Status RedisBackend::erase(const Key& key) {
  PARLEY_TRY(const RedisReply gone,
             connection_.run({"EVAL", kEraseScript, "1", prefix_, key.id, key.owner, ""}));
  if (gone.integer() == 0) return is_unknown(key.id);
  return {};
}

Result<std::size_t> RedisBackend::sweep(std::int64_t before, std::size_t count_max) {
  const std::string updated = prefix_ + "updated";
  const std::string limit = std::to_string(before);
  const std::string below = "(" + limit;
  const std::string count = std::to_string(count_max);
  PARLEY_TRY(const RedisReply ids,
             connection_.run({"ZRANGEBYSCORE", updated, "-inf", below, "LIMIT", "0", count}));
  std::size_t erased = 0;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    PARLEY_TRY(const RedisReply gone,
               connection_.run({"EVAL", kEraseScript, "1", prefix_, ids.text(i), "", limit}));
    erased += static_cast<std::size_t>(gone.integer());
  }
  return erased;
}

}  // namespace parley::store
