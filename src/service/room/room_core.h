// SPDX-License-Identifier: Apache-2.0
//
// The strand's side of an agent in a room: hears every spoken track through the agent's graph, and
// does with what comes out of it what the outputs' names say (docs/rooms/agents.md): tells the
// room what was said, translates, takes notes, and, as an assistant, answers.
//
// An assistant answers whom it was addressed by: in a room with one person whatever he says, in a
// company what has its name in it. All else goes into the conversation all the same, with the name
// of whoever said it. It speaks when nobody else does, and is silent as soon as somebody begins.
//
// One whose place another agent had comes while that one is still there, listens, and begins when
// it has gone; what was said is recalled from where conversations are kept.
//
// room_core.cpp is the way in, room_core_replies.cpp what is said, room_core_succession.cpp how a
// place is taken and given away.
//
// Threads: strand, except where a method says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "base/metrics.h"
#include "room/room.h"
#include "room/room_event.h"
#include "room/room_link.h"
#include "service/agent_session.h"
#include "service/room/exact_speech.h"
#include "service/room/room_memory.h"
#include "service/room/room_request.h"
#include "service/room/room_transcripts.h"
#include "service/room/room_voice.h"
#include "service/room/succession.h"
#include "service/room/track_pipeline.h"

namespace parley::service {

/// Events that wait for the strand: 50 tracks for 200 ms. Policy when full: refuse; whoever joins
/// rooms throws sound away, counted, and keeps all else.
inline constexpr std::size_t kRoomEventsWaitingMax = 512;
/// Spoken tracks that one agent hears at once; further ones it does not (logged and counted).
inline constexpr std::size_t kRoomTracksMax = 64;
/// From the session's opening to being in the room; then it has failed.
inline constexpr Millis kRoomJoinPatience{20'000};
/// For the words of a track that is over.
inline constexpr Millis kTrackEndPatience{5'000};
/// Sound of a translation that waits in its voice; then its graph waits.
inline constexpr Millis kTranslationWaitingMax{2'000};
/// Lines of minutes; of a longer meeting the first are forgotten (logged).
inline constexpr std::size_t kMinutesLinesMax = 5'000;
/// For the model that writes minutes.
inline constexpr Millis kMinutesPatience{60'000};

struct RoomMetrics {
  explicit RoomMetrics(Metrics& metrics);
  Gauge& sessions;
  Counter& opened;
  Counter& refused;
  Gauge& tracks;
  Counter& tracks_refused;
  Counter& sound_lost;
  Counter& interruptions;
  Counter& mailbox_refused;
};

class RoomCore final : public AgentSession<room::RoomEvent, room::RoomLink> {
 public:
  struct Setup {
    AgentSessionSetup session;
    const graph::Registry& registry;  // of the graph's operators; outlives the session
    RoomMetrics& metrics;
    RoomRequest request;
    Keeping keeping;                       // of its conversation
    std::shared_ptr<room::RoomLink> link;  // shared with whoever joined the room
  };

  /// Errors: what the agent says.
  static Result<std::unique_ptr<RoomCore>> make(Setup setup);
  ~RoomCore() override;

  /// It leaves when `successor` is there, and nobody speaks. Once. Threads: any.
  void hand_over(std::string successor);

 private:
  /// joining: not in the room yet. behind: another agent still does what we shall. recalling: we
  /// ask what was said before. handed_over: another does what we did.
  enum class Place : std::uint8_t { joining, behind, recalling, working, handed_over };
  /// What a graph's output of words is called.
  enum class Output : std::uint8_t { transcript, translation, utterance, minute };
  struct HeldWords {
    Output output;
    std::string track_sid;
    std::string identity;
    std::string speaker;  // as he is called
    media::Transcript words;
  };
  struct HeldText {
    room::TextReceived text;
    Instant at;
  };
  struct HeardTrack {
    std::string identity;
    std::string name{};  // of whoever has left; empty: the room knows it
    std::unique_ptr<TrackPipeline> pipeline;
    Instant until = Instant::never();  // of one that is over: when it is let go of
    std::uint64_t interim = 0;         // the utterance of which the room saw words last
  };
  /// A voice of ours: the assistant's own, or that of one person's translation.
  struct Voice {
    RoomVoice voice;
    std::string track_sid;  // empty: not published yet
    std::uint64_t id = 0;
  };

  explicit RoomCore(Setup setup);

  // In: room_core.cpp.
  void handle(room::RoomEvent event) override;
  void prepare(Instant now) override;
  void enter(const room::Connected& in);
  void leave(const room::Disconnected& out);
  void listen_to(const room::TrackPublished& published);
  void stop_listening(const std::string& track_sid);
  void see_off(const std::string& identity);
  void let_go_of(const HeardTrack& track);
  void hear(const room::TrackSound& sound);
  void read(const room::TextReceived& text);
  void serve(const room::CallReceived& call);
  void obey(const room::Command& command);
  void follow(const std::variant<room::Say, room::Interrupt, room::SetInstructions>& wish);
  void take(const std::string& track_sid, HeardTrack& track);
  void take_turns(HeardTrack& track);
  void take_texts(const std::string& track_sid, HeardTrack& track);
  void take_speech(const std::string& track_sid, HeardTrack& track);
  void take_words(HeldWords heard);
  void tell(const HeldWords& heard);
  void add_utterance(const std::string& speaker, const std::string& text);
  void note(const std::string& speaker, const std::string& text);
  [[nodiscard]] std::string speaker_of(const HeardTrack& track) const;
  void set_instructions(const std::string& instructions);
  void tell_program(AgentEvent event) const;
  [[nodiscard]] std::string speaker_of(const std::string& identity) const;
  [[nodiscard]] bool hears(const std::string& identity) const;
  [[nodiscard]] Said said(const std::string& track_sid, const media::Transcript& words) const;

  // Out: room_core_replies.cpp.
  void settle(Instant now) override;
  void add_looks(NextLook& next) const override;
  [[nodiscard]] bool is_quiet(Instant now) const override;
  void reply();
  void say(std::string words);
  void make_exact_speech();
  void add_clause(const std::string& item_id, const agent::SpokenClause& clause);
  void stop_reply();
  void interrupt(Instant now);
  void pump(Instant now);
  void show_state(Instant now);
  void cut_words(const std::string& item_id);
  [[nodiscard]] bool has_minutes() const;
  void write_minutes();
  void give_minutes(std::string text);
  Voice& voice_of(const std::string& identity);
  void place(const room::VoicePublished& published);
  void take_back_voices(Instant now);
  [[nodiscard]] bool is_anybody_speaking() const;
  [[nodiscard]] bool is_answering() const;
  [[nodiscard]] bool is_heard() const;
  [[nodiscard]] Speaking self() const;

  // Succession: room_core_succession.cpp.
  void begin(Instant now);
  void look_at_place(Instant now);
  void look_at_predecessor(Instant now);
  void recall();
  void work(RoomMemory::Recalled recalled);
  void remember(RoomMemory::Recalled recalled);
  void give_place(Instant now);
  void part() override;
  [[nodiscard]] bool is_dealt_with(const HeldWords& heard) const;
  [[nodiscard]] bool is_all_said(Instant now) const;
  [[nodiscard]] bool is_left_alone() const;
  [[nodiscard]] bool has_successor() const { return is_finishing() && !successor_.empty(); }
  [[nodiscard]] std::string state_of(const std::string& identity) const;

  // agent::AgentListener.
  void item_added(const agent::Item& item, std::string_view previous_id) override;
  void item_done(const agent::Item& item, std::string_view previous_id) override;
  void item_deleted(std::string_view item_id) override;
  void item_changed(const agent::Item& item) override;
  void audio_delta(const agent::OutputRef& at, const media::EncodedAudio& audio) override;
  void audio_done(const agent::OutputRef&) override;
  void response_done(const agent::Response& response, const agent::TurnTimeline&) override;
  void failed(const Error& error) override;

  const graph::Registry& registry_;
  RoomMetrics& metrics_;
  const RoomRequest request_;
  room::Room room_;
  RoomTranscripts transcripts_;
  std::map<std::string, HeardTrack> tracks_;  // by sid
  std::map<std::string, Voice> voices_;       // by identity; our own has an empty one
  std::uint64_t voices_made_ = 0;
  std::string state_;        // lk.agent.state, as it was told last
  std::string clause_item_;  // of the reply whose clauses go out
  std::size_t clauses_told_ = 0;
  bool is_in_ = false;                    // the room
  std::string asked_by_;                  // who was answered last
  bool owes_reply_ = false;               // one was broken off, and is still wanted
  std::optional<std::string> wants_say_;  // words that are to be said exactly
  std::unique_ptr<ExactSpeech> exact_;    // while they are made
  exec::Executor& executor_;

  const bool answers_;      // the graph gives utterances
  const bool has_minutes_;  // and minutes

  enum class MinutesState : std::uint8_t { none, wanted, writing, given };
  Minutes minutes_;
  MinutesState minutes_state_ = MinutesState::none;
  Instant minutes_by_;
  std::optional<room::Disconnected> out_;  // the room is over, and minutes are still written
  Instant minutes_from_;                   // when the first agent of the room came
  std::deque<std::string> line_items_;     // of the lines, where they are kept

  Place place_ = Place::joining;
  std::optional<RoomMemory> memory_;  // nothing: the conversation is not kept
  Instant entered_at_;
  std::optional<Instant> alone_since_;
  bool was_predecessor_seen_ = false;
  bool is_ready_told_ = false;  // that we could begin
  std::deque<HeldWords> held_words_;
  std::deque<HeldText> held_texts_;
  std::map<std::string, media::MediaTime> dealt_with_;  // by track: up to here by the predecessor
  std::string successor_;                               // written before `finish`
  Instant active_at_;  // when somebody spoke, or was answered, last
  Instant handed_over_at_;
};

}  // namespace parley::service
