// SPDX-License-Identifier: Apache-2.0
//
// Agents of your own in rooms: a program that is a worker of a LiveKit server, and that does the
// jobs itself (docs/rooms/own-agents.md; examples/rooms/greeter.cpp). Link Parley::rooms.
//
//   int main(int argc, char** argv) {
//     parley::rooms::EntryPoint entry;
//     entry.entrypoint = [](parley::rooms::EntryJob& job) -> parley::Status {
//       PARLEY_TRY(parley::rooms::RoomAgent agent, job.join({.agent = "assistant"}));
//       PARLEY_TRY_STATUS(agent.say("Good day!"));
//       return agent.wait();
//     };
//     return parley::rooms::run(argc, argv, std::move(entry));
//   }
#pragma once

#include <utility>

#include "cli/worker_command.h"
#include "service/dispatch/entry_point.h"

namespace parley::rooms {

// What the entry point is given, and what it gives.
using protocol::AgentOrder;
using protocol::Job;
using service::EntryJob;
using service::EntryPoint;
using service::RoomAgent;

// What it is told.
using room::Participant;
using service::AgentEntered;
using service::AgentEvent;
using service::AgentLeft;
using service::AgentStateChanged;
using service::CommandRefused;
using service::EndComes;
using service::ParticipantCame;
using service::ParticipantWent;
using service::WordsSaid;
using service::WordsTranslated;

/// The whole program, until SIGTERM or SIGINT: options and settings are those of `parley worker`.
/// Its exit status. Threads: main.
[[nodiscard]] inline int run(int argc, const char* const* argv, EntryPoint entry) {
  return cli::run_worker(argc, argv, std::move(entry));
}

}  // namespace parley::rooms
