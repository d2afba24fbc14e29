// SPDX-License-Identifier: Apache-2.0
//
// An agent that welcomes everybody who comes into the room, by name, talks with them, and writes
// what is said to standard output.
//
//   PARLEY_ROOMS_SECRET=secret greeter --url ws://127.0.0.1:7880 --livekit-key devkey
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "parley/rooms.h"

using namespace parley::rooms;
using parley::Status;

namespace {

/// People whom nobody has welcomed yet, and whether it is the moment to do so.
class Door {
 public:
  explicit Door(RoomAgent agent) : agent_(std::move(agent)) {}

  void on(const ParticipantCame& came) {
    const Participant& guest = came.participant;
    if (guest.kind == Participant::Kind::agent) return;
    waiting_.push_back(guest.name.empty() ? guest.identity : guest.name);
    welcome();
  }
  void on(const AgentStateChanged& change) {
    is_free_ = change.state == "listening";
    welcome();
  }

 private:
  /// All at once: what is said next would cut short what is being said.
  void welcome() {
    if (!is_free_ || waiting_.empty()) return;
    std::string words = "Welcome";
    for (const std::string& name : std::exchange(waiting_, {})) words += ", " + name;
    is_free_ = !agent_.say(words + ".");
  }

  RoomAgent agent_;
  std::vector<std::string> waiting_;
  bool is_free_ = false;
};

Status greet(EntryJob& job) {
  AgentOrder order{.agent = "assistant", .instructions = "You welcome guests. Be brief."};
  PARLEY_TRY(RoomAgent agent, job.join(std::move(order)));
  Door door(agent);
  while (const std::optional<AgentEvent> event = agent.next()) {
    if (const auto* came = std::get_if<ParticipantCame>(&*event)) {
      door.on(*came);
    } else if (const auto* change = std::get_if<AgentStateChanged>(&*event)) {
      door.on(*change);
    } else if (const auto* said = std::get_if<WordsSaid>(&*event); said && said->is_final) {
      std::printf("%s | %s: %s\n", job.facts().room.c_str(), said->name.c_str(),
                  said->text.c_str());
      std::fflush(stdout);
    } else if (const auto* left = std::get_if<AgentLeft>(&*event)) {
      return left->why;
    }
  }
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  EntryPoint entry;
  entry.prewarm = []() -> Status {
    std::puts("the door is open");
    return {};
  };
  entry.request = [](const Job& job) { return !job.room.starts_with("private"); };
  entry.entrypoint = greet;
  return run(argc, argv, std::move(entry));
}
