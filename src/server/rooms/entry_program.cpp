// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/entry_program.h"

#include <utility>
#include <variant>

#include "base/log.h"
#include "server/rooms/entry_json.h"

namespace parley::server {

using protocol::EntryCommand;

Result<std::unique_ptr<EntryProgram>> EntryProgram::adopt(int descriptor,
                                                          std::function<void()> gone) {
  std::unique_ptr<EntryProgram> program(new EntryProgram(std::move(gone)));
  {
    const std::lock_guard lock(program->mutex_);  // lines wait until it is whole
    PARLEY_TRY(program->socket_,
               transport::LineSocket::adopt(descriptor, protocol::kEntryLineBytesMax, *program));
  }
  PARLEY_TRY_STATUS(program->socket_->write(entry_hello_json()));
  return program;
}

EntryProgram::~EntryProgram() {
  close();
  socket_.reset();
}

service::EntryPoint EntryProgram::entry_point() {
  service::EntryPoint entry;
  entry.prewarm = [this] { return prewarm(); };
  entry.entrypoint = [this](service::EntryJob& job) { return run(job); };
  return entry;
}

Status EntryProgram::prewarm() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return prewarmed_ || over_; });
  return prewarmed_ ? *prewarmed_ : Status(*over_);
}

/// On the job's thread, which may wait for the program to read.
Status EntryProgram::run(service::EntryJob& job) {
  const std::string& id = job.facts().id;
  Running running{job};
  {
    const std::lock_guard lock(mutex_);
    if (over_) return *over_;
    running_[id] = &running;
  }
  Status told = socket_->write(entry_job_json(job.facts()));
  while (told) {
    const std::optional<service::AgentEvent> event = job.next();
    if (!event) break;
    told = socket_->write(entry_event_json(id, *event));
  }
  const std::lock_guard lock(mutex_);
  running_.erase(id);
  return running.outcome ? *std::move(running.outcome) : told;
}

void EntryProgram::on_line(std::string_view line) {
  auto parsed = protocol::parse_entry_command(line);
  if (const auto* error = std::get_if<protocol::ProtocolError>(&parsed)) {
    return lose({ErrorCode::data_corrupt,
                 "the program that does the jobs sent what is no command: " + error->message});
  }
  const std::lock_guard lock(mutex_);
  follow(std::get<EntryCommand>(std::move(parsed)));
}

void EntryProgram::on_end(const Error& why) {
  lose({ErrorCode::unavailable, "the program that does the jobs has gone: " + why.message});
}

void EntryProgram::follow(EntryCommand command) {
  if (command.kind == EntryCommand::Kind::ready || command.kind == EntryCommand::Kind::failed) {
    prewarmed_ =
        command.error
            ? Status(Error{ErrorCode::failed_precondition, "prewarm has failed: " + *command.error})
            : Status();
    return changed_.notify_all();
  }
  // One that has just ended is no more: what it was told crossed what it wants.
  const auto at = running_.find(command.job);
  if (at != running_.end()) follow(*at->second, std::move(command));
}

void EntryProgram::follow(Running& running, EntryCommand command) {
  service::EntryJob& job = running.job;
  const auto refuse_unless = [&job](const char* name, const Status& done) {
    if (!done) job.refuse(name, done.error().message);
  };
  const auto checked = [&command](auto follow) {
    if (command.trouble) return Status(Error{ErrorCode::invalid_argument, *command.trouble});
    return follow();
  };
  switch (command.kind) {
    case EntryCommand::Kind::join:
      return refuse_unless("join",
                           checked([&] { return job.begin_join(std::move(command.order)); }));
    case EntryCommand::Kind::say:
      return refuse_unless("say",
                           checked([&] { return job.agent().say(std::move(command.text)); }));
    case EntryCommand::Kind::interrupt:
      return refuse_unless("interrupt", job.agent().interrupt());
    case EntryCommand::Kind::set_instructions:
      return refuse_unless("set_instructions", checked([&] {
                             return job.agent().set_instructions(std::move(command.text));
                           }));
    case EntryCommand::Kind::leave:
      return refuse_unless("leave", job.agent().leave());
    case EntryCommand::Kind::done:
      running.outcome =
          command.error ? Status(Error{ErrorCode::internal, *command.error}) : Status();
      return job.dismiss();
    case EntryCommand::Kind::ready:
    case EntryCommand::Kind::failed:
      return;  // of no job
  }
}

void EntryProgram::dismiss_all(const Error& why) {
  over_ = why;
  for (auto& [id, running] : running_) {
    if (!running->outcome) running->outcome = why;
    running->job.dismiss();
  }
  changed_.notify_all();
}

void EntryProgram::lose(Error why) {
  {
    const std::lock_guard lock(mutex_);
    if (over_) return;
    log::error("no more jobs can be done", {{"why", why.message}, {"jobs", running_.size()}});
    is_lost_ = true;
    dismiss_all(why);
    socket_->close();
  }
  if (gone_) gone_();
}

void EntryProgram::close() {
  const std::lock_guard lock(mutex_);
  if (over_ || socket_ == nullptr) return;
  dismiss_all({ErrorCode::cancelled, "the worker has ended"});
  socket_->close();
}

std::optional<Error> EntryProgram::trouble() const {
  const std::lock_guard lock(mutex_);
  return is_lost_ ? over_ : std::nullopt;
}

}  // namespace parley::server
