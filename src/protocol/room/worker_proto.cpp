// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/worker_proto.h"

#include <utility>

#include <parley/livekit/v1/agent.pb.h>

#include "protocol/speech/proto_fields.h"

namespace parley::protocol {
namespace {

namespace wire = parley::livekit::v1;

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

wire::JobType type_of(Job::Kind kind) {
  switch (kind) {
    case Job::Kind::room:
      return wire::JT_ROOM;
    case Job::Kind::publisher:
      return wire::JT_PUBLISHER;
    case Job::Kind::participant:
      return wire::JT_PARTICIPANT;
  }
  return wire::JT_ROOM;
}

Job::Kind kind_of(wire::JobType type, std::string_view path, FirstProblem& problem) {
  switch (type) {
    case wire::JT_ROOM:
      return Job::Kind::room;
    case wire::JT_PUBLISHER:
      return Job::Kind::publisher;
    case wire::JT_PARTICIPANT:
      return Job::Kind::participant;
    default:  // numbers of later versions
      problem.report(unsupported_value(std::string(path), std::to_string(static_cast<int>(type)),
                                       "JT_ROOM, JT_PUBLISHER and JT_PARTICIPANT"));
      return Job::Kind::room;
  }
}

wire::JobStatus status_of(JobUpdate::State state) {
  switch (state) {
    case JobUpdate::State::running:
      return wire::JS_RUNNING;
    case JobUpdate::State::success:
      return wire::JS_SUCCESS;
    case JobUpdate::State::failed:
      return wire::JS_FAILED;
  }
  return wire::JS_FAILED;
}

std::string checked(const std::string& text, std::string_view path, FirstProblem& problem) {
  check_name(text, path, kJobNameBytesMax, problem);
  return text;
}

std::string required(const std::string& text, std::string_view path, FirstProblem& problem) {
  if (text.empty()) problem.report(missing_parameter(std::string(path)));
  return checked(text, path, problem);
}

std::map<std::string, std::string> attributes_of(
    const google::protobuf::Map<std::string, std::string>& fields) {
  return {fields.begin(), fields.end()};
}

Job job_of(const wire::Job& from, FirstProblem& problem) {
  Job job;
  job.kind = kind_of(from.type(), "job.type", problem);
  job.id = required(from.id(), "job.id", problem);
  job.dispatch_id = checked(from.dispatch_id(), "job.dispatch_id", problem);
  job.room = required(from.room().name(), "job.room.name", problem);
  job.room_sid = checked(from.room().sid(), "job.room.sid", problem);
  job.participant = checked(from.participant().identity(), "job.participant.identity", problem);
  job.agent_name = checked(from.agent_name(), "job.agent_name", problem);
  job.metadata = from.metadata();
  if (job.metadata.size() > kJobMetadataBytesMax) {
    problem.report(string_too_long("job.metadata", kJobMetadataBytesMax, job.metadata.size()));
  }
  job.attributes = attributes_of(from.attributes());
  return job;
}

/// Whatever is wrong with it, one that has an id can be answered.
JobOffer offer_of(const wire::AvailabilityRequest& from, FirstProblem& problem) {
  FirstProblem trouble;
  JobOffer offer{job_of(from.job(), trouble), from.resuming()};
  if (!trouble.any()) return offer;
  ProtocolError error = trouble.take();
  offer.trouble = error.message;
  if (offer.job.id.empty()) problem.report(std::move(error));
  return offer;
}

void write_job(const Job& job, wire::Job& to) {
  to.set_id(job.id);
  to.set_type(type_of(job.kind));
  to.set_dispatch_id(job.dispatch_id);
  to.mutable_room()->set_name(job.room);
  to.mutable_room()->set_sid(job.room_sid);
  if (!job.participant.empty()) to.mutable_participant()->set_identity(job.participant);
  to.set_metadata(job.metadata);
  to.set_agent_name(job.agent_name);
  for (const auto& [name, value] : job.attributes) (*to.mutable_attributes())[name] = value;
}

void write_answer(const JobAnswer& answer, wire::AvailabilityResponse& to) {
  to.set_job_id(answer.job_id);
  to.set_available(answer.is_available);
  to.set_terminate(answer.is_unwanted);
  to.set_participant_name(answer.name);
  to.set_participant_identity(answer.identity);
  to.set_participant_metadata(answer.metadata);
  for (const auto& [name, value] : answer.attributes) {
    (*to.mutable_participant_attributes())[name] = value;
  }
}

ServerMessage server_message(const wire::ServerMessage& from, FirstProblem& problem) {
  switch (from.message_case()) {
    case wire::ServerMessage::kRegister: {
      const wire::ServerInfo& server = from.register_().server_info();
      return Registered{checked(from.register_().worker_id(), "register.worker_id", problem),
                        checked(server.version(), "register.server_info.version", problem),
                        checked(server.node_id(), "register.server_info.node_id", problem),
                        server.agent_protocol()};
    }
    case wire::ServerMessage::kAvailability:
      return offer_of(from.availability(), problem);
    case wire::ServerMessage::kAssignment:
      return JobAssigned{job_of(from.assignment().job(), problem),
                         checked(from.assignment().url(), "assignment.url", problem),
                         from.assignment().token()};
    case wire::ServerMessage::kPong:
      return WorkerPong{from.pong().last_timestamp(), from.pong().timestamp()};
    case wire::ServerMessage::kTermination:
      return JobTerminated{required(from.termination().job_id(), "termination.job_id", problem)};
    case wire::ServerMessage::MESSAGE_NOT_SET:
      break;
  }
  return UnknownMessage{};
}

WorkerMessage worker_message(const wire::WorkerMessage& from, FirstProblem& problem) {
  switch (from.message_case()) {
    case wire::WorkerMessage::kRegister:
      return RegisterWorker{kind_of(from.register_().type(), "register.type", problem),
                            from.register_().version(), from.register_().agent_name()};
    case wire::WorkerMessage::kAvailability: {
      const wire::AvailabilityResponse& answer = from.availability();
      return JobAnswer{required(answer.job_id(), "availability.job_id", problem),
                       answer.available(),
                       answer.terminate(),
                       answer.participant_name(),
                       answer.participant_identity(),
                       answer.participant_metadata(),
                       attributes_of(answer.participant_attributes())};
    }
    case wire::WorkerMessage::kUpdateWorker:
      return WorkerUpdate{from.update_worker().status() == wire::WS_FULL,
                          from.update_worker().load(), from.update_worker().job_count()};
    case wire::WorkerMessage::kUpdateJob: {
      const wire::UpdateJobStatus& update = from.update_job();
      const auto state = update.status() == wire::JS_SUCCESS  ? JobUpdate::State::success
                         : update.status() == wire::JS_FAILED ? JobUpdate::State::failed
                                                              : JobUpdate::State::running;
      return JobUpdate{required(update.job_id(), "update_job.job_id", problem), state,
                       update.error()};
    }
    case wire::WorkerMessage::kPing:
      return WorkerPing{from.ping().timestamp()};
    case wire::WorkerMessage::kMigrateJob:
      return JobsGoOn{{from.migrate_job().job_ids().begin(), from.migrate_job().job_ids().end()}};
    case wire::WorkerMessage::MESSAGE_NOT_SET:
      break;
  }
  problem.report(invalid_event("A worker's message of a kind that nobody knows."));
  return WorkerPing{};
}

/// `read(message, problem)` of the bytes, or what is wrong with them.
template <typename Message, typename Parsed, typename Read>
std::variant<Parsed, ProtocolError> parse(std::string_view bytes, std::string_view name,
                                          Read read) {
  Message message;
  if (!message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return invalid_message(name);
  }
  FirstProblem problem;
  Parsed parsed = read(message, problem);
  if (problem.any()) return problem.take();
  return parsed;
}

}  // namespace

std::string to_proto(const WorkerMessage& message) {
  wire::WorkerMessage out;
  std::visit(Overloaded{
                 [&](const RegisterWorker& what) {
                   wire::RegisterWorkerRequest& to = *out.mutable_register_();
                   to.set_type(type_of(what.kind));
                   to.set_version(what.version);
                   to.set_agent_name(what.agent_name);
                 },
                 [&](const JobAnswer& what) { write_answer(what, *out.mutable_availability()); },
                 [&](const WorkerUpdate& what) {
                   wire::UpdateWorkerStatus& to = *out.mutable_update_worker();
                   to.set_status(what.is_full ? wire::WS_FULL : wire::WS_AVAILABLE);
                   to.set_load(what.load);
                   to.set_job_count(what.jobs);
                 },
                 [&](const JobUpdate& what) {
                   wire::UpdateJobStatus& to = *out.mutable_update_job();
                   to.set_job_id(what.job_id);
                   to.set_status(status_of(what.state));
                   to.set_error(what.error);
                 },
                 [&](const WorkerPing& what) { out.mutable_ping()->set_timestamp(what.at_ms); },
                 [&](const JobsGoOn& what) {
                   wire::MigrateJobRequest& to = *out.mutable_migrate_job();
                   for (const std::string& id : what.job_ids) to.add_job_ids(id);
                 },
             },
             message);
  return out.SerializeAsString();
}

std::string to_proto(const ServerMessage& message) {
  wire::ServerMessage out;
  std::visit(
      Overloaded{
          [](const UnknownMessage&) {},
          [&](const Registered& what) {
            wire::RegisterWorkerResponse& to = *out.mutable_register_();
            to.set_worker_id(what.worker_id);
            to.mutable_server_info()->set_version(what.server_version);
            to.mutable_server_info()->set_node_id(what.node_id);
            to.mutable_server_info()->set_agent_protocol(what.agent_protocol);
          },
          [&](const JobOffer& what) {
            write_job(what.job, *out.mutable_availability()->mutable_job());
            out.mutable_availability()->set_resuming(what.is_resumed);
          },
          [&](const JobAssigned& what) {
            write_job(what.job, *out.mutable_assignment()->mutable_job());
            if (!what.url.empty()) out.mutable_assignment()->set_url(what.url);
            out.mutable_assignment()->set_token(what.token);
          },
          [&](const WorkerPong& what) {
            out.mutable_pong()->set_last_timestamp(what.ping_at_ms);
            out.mutable_pong()->set_timestamp(what.at_ms);
          },
          [&](const JobTerminated& what) { out.mutable_termination()->set_job_id(what.job_id); },
      },
      message);
  return out.SerializeAsString();
}

ServerMessageResult parse_server_message(std::string_view bytes) {
  return parse<wire::ServerMessage, ServerMessage>(bytes, "ServerMessage", server_message);
}

WorkerMessageResult parse_worker_message(std::string_view bytes) {
  return parse<wire::WorkerMessage, WorkerMessage>(bytes, "WorkerMessage", worker_message);
}

}  // namespace parley::protocol
