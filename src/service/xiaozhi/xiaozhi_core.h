// SPDX-License-Identifier: Apache-2.0
//
// The strand's side of a device's session: who speaks, and what the device is told of it.
//
// Two states of the device matter. It listens from `listen start` on: its sound goes to the agent,
// and a turn ends by silence (auto, realtime) or by `listen stop` (manual). It speaks from our
// `tts start` to our `tts stop`: but for realtime its microphone is off, and what still comes is
// thrown away. `tts start` follows the words that were heard at once, so that the microphone closes
// before the answer is there; `tts stop` follows when all of the answer has been played, the calls
// of tools in its middle included. An abort, or speech in realtime, ends the speaking at once, and
// the conversation keeps of the reply what was played.
//
// A reply is asked for only once there are words: a cough wakes nobody. Where only enrolled
// speakers are answered, a stranger's words are told as all are, and nothing follows them.
//
// Threads: strand, except where a method says otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/metrics.h"
#include "codec/opus_packets.h"
#include "service/agent_session.h"
#include "service/xiaozhi/device_tools.h"
#include "service/xiaozhi/downlink.h"
#include "service/xiaozhi/xiaozhi_link.h"
#include "service/xiaozhi/xiaozhi_session.h"

namespace parley::service {

/// From the upgrade to the hello; then the socket is closed. Devices wait as long for ours.
inline constexpr Millis kXiaozhiHelloPatience{10'000};
/// Of nobody saying anything; then the socket is closed, and the device waits for its wake word.
inline constexpr Millis kXiaozhiIdleMax{120'000};
/// After a wake word its end is still in the microphone: so much sound is not listened to.
inline constexpr Millis kXiaozhiWakeTail{500};
/// Opus that finds only silence sends nothing: from so long a gap on, silence is put into it …
inline constexpr Millis kXiaozhiGapMin{300};
/// … and at most so much, which ends any turn.
inline constexpr Millis kXiaozhiGapMax{3'000};
/// From when the last packet has been played, by our count, to `tts stop`: the device's own
/// buffers, and the network.
inline constexpr Millis kXiaozhiTail{120};

struct XiaozhiMetrics {
  explicit XiaozhiMetrics(Metrics& metrics);
  Gauge& sessions;
  Counter& opened;
  Counter& refused;
  Counter& bad_messages;
  Counter& bad_packets;
  Counter& interruptions;
  Counter& mailbox_refused;
  Counter& gate_refused;
};

class XiaozhiCore final : public AgentSession<DeviceEvent, XiaozhiLink> {
 public:
  struct Setup {
    AgentSessionSetup session;
    XiaozhiMetrics& metrics;
    std::string device;
    std::shared_ptr<XiaozhiLink> link;  // shared with the connection, which may end first
  };

  /// Errors: what the agent and the codec say.
  static Result<std::unique_ptr<XiaozhiCore>> make(Setup setup);
  ~XiaozhiCore() override { close(); }

 private:
  using Mode = protocol::DeviceListen::Mode;

  explicit XiaozhiCore(Setup setup);

  // In.
  void handle(DeviceEvent event) override;
  void take(protocol::DeviceMessage message);
  void hello(const protocol::DeviceHello& hello);
  void listen(protocol::DeviceListen listen);
  void start_listening(Mode mode);
  void stop_listening();
  void detect(std::string text);
  void hear(const media::BufferRef& opus);
  void append(std::span<const std::int16_t> samples);
  void fill_gap(Instant now);
  void prepare(Instant now) override { fill_gap(now); }

  // Out.
  void send(protocol::XiaozhiMessage message);
  void begin_speaking();
  void end_speaking();
  void tell_heard();
  void reply();
  void abort();
  void interrupt();
  void settle(Instant now) override;
  void show_emotion(std::string_view text, bool is_last_chance);
  void add_looks(NextLook& next) const override;
  [[nodiscard]] bool is_quiet(Instant now) const override;
  [[nodiscard]] bool takes_sound() const;
  void touch() { active_at_ = context_.clock.now(); }

  // agent::AgentListener.
  void speech_started(std::string_view item_id, media::MediaTime at) override;
  void speech_stopped(std::string_view item_id, media::MediaTime at) override;
  void item_changed(const agent::Item& item) override;
  void transcription_failed(std::string_view item_id, const Error& error) override;
  void transcript_delta(const agent::OutputRef& at, std::string_view delta) override;
  void audio_delta(const agent::OutputRef& at, const media::EncodedAudio& audio) override;
  void audio_done(const agent::OutputRef&) override;
  void response_done(const agent::Response& response, const agent::TurnTimeline&) override;
  void failed(const Error& error) override;

  XiaozhiMetrics& metrics_;
  const std::string device_;
  std::optional<codec::OpusPacketDecoder> decoder_;
  std::optional<Downlink> downlink_;  // since the hello
  DeviceTools tools_;

  bool listening_ = false;
  bool speaking_ = false;
  Mode mode_ = Mode::automatic;
  bool has_spare_sound_ = false;  // packets came that nobody listened to: those of a wake word
  std::string wake_word_;         // that was just heard
  media::MediaTime skip_;         // sound of it that is still to come

  Instant sound_at_;         // when the last packet came
  media::MediaTime filled_;  // silence put in since then
  bool has_sound_ = false;   // since listening began

  bool forgets_input_ = false;  // what was heard of a turn that we ended by speaking
  std::string emotion_text_;    // of this speaking, until an emotion was found
  bool has_emotion_ = false;    // shown in this speaking
  std::string clause_item_;     // the item whose sentences are told
  std::size_t clauses_told_ = 0;
  Instant active_at_;
};

}  // namespace parley::service
