// SPDX-License-Identifier: Apache-2.0
#include "protocol/room/worker_proto.h"

#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "base/sha256.h"

namespace parley::protocol {
namespace {

std::string hex(const std::string& bytes) { return hexadecimal(std::as_bytes(std::span(bytes))); }

template <typename Message>
Message from_server(const ServerMessage& message) {
  const auto parsed = parse_server_message(to_proto(message));
  EXPECT_TRUE(std::holds_alternative<ServerMessage>(parsed));
  const auto* found = std::get_if<Message>(&std::get<ServerMessage>(parsed));
  EXPECT_NE(found, nullptr);
  return found == nullptr ? Message{} : *found;
}

template <typename Message>
Message from_worker(const WorkerMessage& message) {
  const auto parsed = parse_worker_message(to_proto(message));
  EXPECT_TRUE(std::holds_alternative<WorkerMessage>(parsed));
  const auto* found = std::get_if<Message>(&std::get<WorkerMessage>(parsed));
  EXPECT_NE(found, nullptr);
  return found == nullptr ? Message{} : *found;
}

Job some_job() {
  return {.kind = Job::Kind::publisher,
          .id = "AJ_1",
          .dispatch_id = "AD_2",
          .room = "kitchen",
          .room_sid = "RM_3",
          .participant = "ann",
          .metadata = R"({"agent":"translator"})",
          .agent_name = "parley",
          .attributes = {{"tier", "1"}}};
}

// Bytes that LiveKit's own Python messages make (livekit-protocol 1.1.29).
TEST(WorkerProto, BytesAreThoseOfLiveKitsOwnMessages) {
  EXPECT_EQ(hex(to_proto(RegisterWorker{Job::Kind::room, "1.0", "va"})), "0a091a03312e3042027661");
  EXPECT_EQ(
      hex(to_proto(JobAnswer{.job_id = "AJ_1", .is_available = true, .identity = "agent-AJ_1"})),
      "12140a04414a5f3110012a0a6167656e742d414a5f31");
  EXPECT_EQ(hex(to_proto(WorkerUpdate{false, 0.5F, 1})), "1a0908001d0000003f2001");
}

TEST(WorkerProto, WhatAWorkerSaysComesBackAsItWas) {
  const auto hello =
      from_worker<RegisterWorker>(RegisterWorker{Job::Kind::participant, "0.1", "interpreter"});
  EXPECT_EQ(hello.kind, Job::Kind::participant);
  EXPECT_EQ(hello.agent_name, "interpreter");
  const auto answer = from_worker<JobAnswer>(JobAnswer{.job_id = "AJ_1",
                                                       .is_unwanted = true,
                                                       .name = "Parley",
                                                       .identity = "agent-AJ_1",
                                                       .metadata = "m",
                                                       .attributes = {{"lk.agent.name", "x"}}});
  EXPECT_FALSE(answer.is_available);
  EXPECT_TRUE(answer.is_unwanted);
  EXPECT_EQ(answer.name, "Parley");
  EXPECT_EQ(answer.attributes.at("lk.agent.name"), "x");
  const auto full = from_worker<WorkerUpdate>(WorkerUpdate{true, 0.75F, 3});
  EXPECT_TRUE(full.is_full);
  EXPECT_EQ(full.load, 0.75F);
  EXPECT_EQ(full.jobs, 3U);
  for (const auto state :
       {JobUpdate::State::running, JobUpdate::State::success, JobUpdate::State::failed}) {
    EXPECT_EQ(from_worker<JobUpdate>(JobUpdate{"AJ_1", state, "why"}).state, state);
  }
  EXPECT_EQ(from_worker<WorkerPing>(WorkerPing{1234}).at_ms, 1234);
  EXPECT_EQ(from_worker<JobsGoOn>(JobsGoOn{{"AJ_1", "AJ_2"}}).job_ids.size(), 2U);
}

TEST(WorkerProto, WhatAServerSaysComesBackAsItWas) {
  const auto registered = from_server<Registered>(Registered{"AW_1", "1.9.12", "ND_1", 1});
  EXPECT_EQ(registered.worker_id, "AW_1");
  EXPECT_EQ(registered.server_version, "1.9.12");
  EXPECT_EQ(registered.agent_protocol, 1);
  const auto offer = from_server<JobOffer>(JobOffer{some_job(), true});
  EXPECT_TRUE(offer.is_resumed);
  EXPECT_EQ(offer.trouble, "");
  EXPECT_EQ(offer.job.kind, Job::Kind::publisher);
  EXPECT_EQ(offer.job.dispatch_id, "AD_2");
  EXPECT_EQ(offer.job.room, "kitchen");
  EXPECT_EQ(offer.job.room_sid, "RM_3");
  EXPECT_EQ(offer.job.participant, "ann");
  EXPECT_EQ(offer.job.metadata, some_job().metadata);
  EXPECT_EQ(offer.job.attributes.at("tier"), "1");
  const auto assigned = from_server<JobAssigned>(JobAssigned{some_job(), "ws://other", "e.y.z"});
  EXPECT_EQ(assigned.url, "ws://other");
  EXPECT_EQ(assigned.token, "e.y.z");
  EXPECT_EQ(from_server<WorkerPong>(WorkerPong{1, 2}).at_ms, 2);
  EXPECT_EQ(from_server<JobTerminated>(JobTerminated{"AJ_1"}).job_id, "AJ_1");
}

// A later server's go_away (field 9), and its job with a field that we do not know.
TEST(WorkerProto, LaterKindsOfMessagesArePassedOver) {
  const auto parsed = parse_server_message(std::string("\x4A\x02\x08\x01", 4));
  ASSERT_TRUE(std::holds_alternative<ServerMessage>(parsed));
  EXPECT_TRUE(std::holds_alternative<UnknownMessage>(std::get<ServerMessage>(parsed)));
}

TEST(WorkerProto, AnOfferWithAFaultCanStillBeAnswered) {
  Job job = some_job();
  job.metadata = std::string(kJobMetadataBytesMax + 1, 'm');
  const auto offer = from_server<JobOffer>(JobOffer{job});
  EXPECT_EQ(offer.job.id, "AJ_1");
  EXPECT_NE(offer.trouble.find("job.metadata"), std::string::npos) << offer.trouble;
}

TEST(WorkerProto, FaultsNameTheirField) {
  const auto fault = [](const auto& parsed) {
    const auto* error = std::get_if<ProtocolError>(&parsed);
    return error == nullptr ? "none" : error->param.value_or("");
  };
  Job nameless = some_job();
  nameless.id.clear();
  EXPECT_EQ(fault(parse_server_message(to_proto(ServerMessage(JobOffer{nameless})))), "job.id");
  Job nowhere = some_job();
  nowhere.room.clear();
  EXPECT_EQ(fault(parse_server_message(to_proto(ServerMessage(JobAssigned{nowhere, "", "t"})))),
            "job.room.name");
  EXPECT_EQ(fault(parse_server_message(to_proto(ServerMessage(JobTerminated{})))),
            "termination.job_id");
  EXPECT_EQ(fault(parse_server_message("\x0A\xFF")), "");
  EXPECT_EQ(fault(parse_worker_message("")), "");
}

}  // namespace
}  // namespace parley::protocol
