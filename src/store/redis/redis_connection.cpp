// SPDX-License-Identifier: Apache-2.0
#include "store/redis/redis_connection.h"

#include <charconv>
#include <utility>

#include <sys/time.h>

namespace parley::store {
namespace {

timeval as_timeval(Millis time) {
  timeval value{};
  value.tv_sec = time.count() / 1000;
  value.tv_usec = time.count() % 1000 * 1000;
  return value;
}

std::string_view text_of(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_ERROR:
      return {reply.str, reply.len};
    default:
      return {};
  }
}

std::int64_t integer_of(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_INTEGER) return reply.integer;
  const std::string_view text = text_of(reply);
  std::int64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

/// What the server says when it refuses a command.
Error refusal(const RedisReply& reply) {
  const std::string text(reply.text());
  const auto begins = [&](std::string_view with) { return text.rfind(with, 0) == 0; };
  if (begins("NOAUTH") || begins("WRONGPASS") || begins("NOPERM")) {
    return {ErrorCode::permission_denied, "store.url: the Redis server refuses us: " + text};
  }
  if (begins("OOM") || begins("MISCONF")) {
    return {ErrorCode::resource_exhausted, "the Redis server takes no more: " + text};
  }
  if (begins("LOADING") || begins("READONLY") || begins("MASTERDOWN")) {
    return {ErrorCode::unavailable, "the Redis server is not ready: " + text};
  }
  return {ErrorCode::internal, "the Redis server says: " + text};
}

}  // namespace

std::string_view RedisReply::text() const { return text_of(*reply_); }
std::int64_t RedisReply::integer() const { return integer_of(*reply_); }
std::size_t RedisReply::size() const {
  return reply_->type == REDIS_REPLY_ARRAY ? reply_->elements : 0;
}
std::string_view RedisReply::text(std::size_t index) const {
  return index < size() ? text_of(*reply_->element[index]) : std::string_view();
}
std::int64_t RedisReply::integer(std::size_t index) const {
  return index < size() ? integer_of(*reply_->element[index]) : 0;
}
bool RedisReply::is_nil(std::size_t index) const {
  return index >= size() || reply_->element[index]->type == REDIS_REPLY_NIL;
}

RedisConnection::RedisConnection(RedisUrl url, const Clock& clock)
    : url_(std::move(url)), clock_(clock) {}

Result<RedisReply> RedisConnection::run(const Command& command) {
  std::vector<Result<RedisReply>> answers = run(std::vector<Command>{command});
  return std::move(answers.front());
}

std::vector<Result<RedisReply>> RedisConnection::run(const std::vector<Command>& commands) {
  std::vector<Result<RedisReply>> answers;
  answers.reserve(commands.size());
  Status ready = connect();
  for (const Command& command : commands) {
    if (!ready) break;
    std::vector<const char*> words;
    std::vector<std::size_t> lengths;
    for (const std::string_view word : command) {
      words.push_back(word.data());
      lengths.push_back(word.size());
    }
    const int count = static_cast<int>(words.size());
    if (redisAppendCommandArgv(context_.get(), count, words.data(), lengths.data()) != REDIS_OK) {
      ready = broken();
    }
  }
  while (answers.size() < commands.size()) {
    if (!ready) {
      answers.emplace_back(ready.error());
      continue;
    }
    answers.push_back(read());
    if (!context_) ready = answers.back().error();
  }
  return answers;
}

Result<RedisReply> RedisConnection::read() {
  void* answer = nullptr;
  if (redisGetReply(context_.get(), &answer) != REDIS_OK) return broken();
  RedisReply reply(static_cast<redisReply*>(answer));
  if (reply.is_error()) return refusal(reply);
  return reply;
}

Status RedisConnection::connect() {
  if (context_) return {};
  if (clock_.now() < next_try_) return Error{ErrorCode::unavailable, last_failure_};
  context_.reset(redisConnectWithTimeout(url_.host.c_str(), url_.port, as_timeval(kRedisTimeout)));
  if (!context_ || context_->err != 0) return broken();
  redisSetTimeout(context_.get(), as_timeval(kRedisTimeout));
  redisEnableKeepAlive(context_.get());
  const Status greeted = greet();
  if (!greeted) {
    last_failure_ = greeted.error().message;
    next_try_ = clock_.now() + kRedisPause;
    context_.reset();
  }
  return greeted;
}

Status RedisConnection::greet() {
  const auto send = [&](const Command& command) -> Status {
    std::vector<const char*> words;
    std::vector<std::size_t> lengths;
    for (const std::string_view word : command) {
      words.push_back(word.data());
      lengths.push_back(word.size());
    }
    if (redisAppendCommandArgv(context_.get(), static_cast<int>(words.size()), words.data(),
                               lengths.data()) != REDIS_OK) {
      return broken();
    }
    const Result<RedisReply> reply = read();
    return reply ? Status() : Status(reply.error());
  };
  if (!url_.password.empty()) {
    Command command{"AUTH"};
    if (!url_.user.empty()) command.emplace_back(url_.user);
    command.emplace_back(url_.password);
    PARLEY_TRY_STATUS(send(command));
  }
  if (url_.database != 0) {
    const std::string database = std::to_string(url_.database);
    PARLEY_TRY_STATUS(send({"SELECT", database}));
  }
  return {};
}

Error RedisConnection::broken() {
  const std::string reason = context_ ? context_->errstr : "out of memory";
  context_.reset();
  next_try_ = clock_.now() + kRedisPause;
  last_failure_ = "the Redis server at " + url_.host + ":" + std::to_string(url_.port) +
                  " cannot be reached: " + reason;
  return {ErrorCode::unavailable, last_failure_};
}

}  // namespace parley::store
