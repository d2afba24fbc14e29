// SPDX-License-Identifier: Apache-2.0
#include "server/rooms/worker_report.h"

#include "protocol/json_writer.h"

namespace parley::server {
namespace {

using protocol::JsonWriter;
using service::WorkerReport;

std::string_view job_type(const std::string& type) {
  if (type == "publisher") return "JT_PUBLISHER";
  return type == "participant" ? "JT_PARTICIPANT" : "JT_ROOM";
}

void write_trouble(JsonWriter& json, const std::optional<std::string>& trouble) {
  json.key("trouble");
  trouble ? json.value(std::string_view(*trouble)) : json.null();
}

}  // namespace

std::string rooms_json(const Config::Rooms& settings, const WorkerReport* report) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("object", "room.worker");
  json.field("url", std::string_view(settings.url));
  json.field("agent_name", std::string_view(settings.agent_name));
  json.field("agent", std::string_view(settings.agent));
  json.field("type", std::string_view(settings.type));
  json.field("state", report == nullptr ? std::string_view("off") : to_string(report->state));
  if (report != nullptr) {
    json.field("worker_id", std::string_view(report->worker_id));
    json.field("livekit_version", std::string_view(report->server_version));
    json.field("load", report->load);
    json.field("is_full", report->is_full);
    json.field("jobs_max", settings.jobs_max);
    write_trouble(json, report->trouble);
    json.key("jobs").begin_array();
    for (const auto& [id, room] : report->rooms) {
      json.begin_object();
      json.field("id", std::string_view(id));
      json.field("room", std::string_view(room));
      json.end_object();
    }
    json.end_array();
  }
  json.end_object();
  return out;
}

std::string sdk_worker_json(const Config::Rooms& settings, const WorkerReport& report) {
  std::string out;
  JsonWriter json(out);
  json.begin_object();
  json.field("agent_name", std::string_view(settings.agent_name));
  json.field("worker_type", job_type(settings.type));
  json.field("active_jobs", report.jobs);
  json.field("sdk_version", "parley");
  json.field("worker_load", report.load);
  json.field("protocol_version", service::AgentWorker::kAgentProtocol);
  json.field("state", to_string(report.state));
  json.field("worker_id", std::string_view(report.worker_id));
  write_trouble(json, report.trouble);
  json.end_object();
  return out;
}

WorkerHealth worker_health(const WorkerReport& report) {
  WorkerHealth health{.is_well = report.state == WorkerReport::State::registered, .body = {}};
  JsonWriter json(health.body);
  json.begin_object();
  json.field("status", health.is_well ? std::string_view("ok") : to_string(report.state));
  json.field("jobs", report.jobs);
  json.field("load", report.load);
  if (report.trouble) json.field("rooms", std::string_view(*report.trouble));
  json.end_object();
  return health;
}

}  // namespace parley::server
