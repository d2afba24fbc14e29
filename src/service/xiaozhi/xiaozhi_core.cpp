// SPDX-License-Identifier: Apache-2.0
//
// One slice of a device's session, and what the device says. What it is told is in
// xiaozhi_core_replies.cpp.
#include "service/xiaozhi/xiaozhi_core.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "service/xiaozhi/wake_words.h"

namespace parley::service {
namespace {

using media::MediaTime;
using protocol::DeviceListen;

constexpr int kUplinkRate = 16'000;  // Hz: what recognition wants; Opus gives it of any packet
constexpr int kDownlinkRate = 24'000;
/// A commit of less is a key that was only touched.
constexpr MediaTime kCommitMin = MediaTime::from_ms(100);

agent::AgentSettings settings_of(agent::AgentSettings settings) {
  settings = worded_settings(std::move(settings), {media::Codec::pcm16, kUplinkRate},
                             {media::Codec::pcm16, kDownlinkRate});
  settings.turn.interrupt_response = false;
  return settings;
}

/// What an encoder takes.
int downlink_frame_ms(int wanted) noexcept { return wanted == 20 || wanted == 40 ? wanted : 60; }

}  // namespace

XiaozhiMetrics::XiaozhiMetrics(Metrics& metrics)
    : sessions(metrics.gauge("parley_xiaozhi_sessions", "Devices that are connected")),
      opened(metrics.counter("parley_xiaozhi_sessions_total", "Sessions of devices opened")),
      refused(metrics.counter("parley_xiaozhi_sessions_refused_total",
                              "Sessions of devices refused at a limit")),
      bad_messages(metrics.counter("parley_xiaozhi_bad_messages_total",
                                   "Frames of devices that could not be read")),
      bad_packets(metrics.counter("parley_xiaozhi_bad_packets_total",
                                  "Packets of devices that are no Opus")),
      interruptions(metrics.counter("parley_xiaozhi_interruptions_total",
                                    "Replies that an abort or speech cut off")),
      mailbox_refused(metrics.counter("parley_xiaozhi_mailbox_refused_total",
                                      "Events that a session's mailbox had no room for; none, as "
                                      "long as connections wait")),
      gate_refused(agent::refused_turns(metrics)) {}

Result<std::unique_ptr<XiaozhiCore>> XiaozhiCore::make(Setup setup) {
  const std::uint64_t seed = setup.session.seed;
  setup.session.settings = settings_of(std::move(setup.session.settings));
  std::unique_ptr<XiaozhiCore> core(new XiaozhiCore(std::move(setup)));
  PARLEY_TRY(core->decoder_, codec::OpusPacketDecoder::make(kUplinkRate));
  agent::AgentContext context = core->context_;
  context.mcp = &core->tools_;
  PARLEY_TRY_STATUS(core->make_agent(std::move(context), seed));
  return core;
}

XiaozhiCore::XiaozhiCore(Setup setup)
    : AgentSession(std::move(setup.session), std::move(setup.link), kXiaozhiEventsWaitingMax,
                   setup.metrics.mailbox_refused),
      metrics_(setup.metrics),
      device_(std::move(setup.device)),
      tools_(context_.clock, context_.mcp,
             [this](protocol::XiaozhiMessage message) { send(std::move(message)); }),
      active_at_(opened_) {}

// --- in -----------------------------------------------------------------------------------------

void XiaozhiCore::handle(DeviceEvent event) {
  if (auto* message = std::get_if<protocol::DeviceMessage>(&event)) {
    take(std::move(*message));
  } else if (auto* packet = std::get_if<DevicePacket>(&event)) {
    hear(packet->opus);
  } else {
    metrics_.bad_messages.add();
    log::debug("a device's frame was passed over",
               {{"session", id_}, {"why", std::get<DeviceNoise>(event).why}});
  }
}

void XiaozhiCore::take(protocol::DeviceMessage message) {
  if (const auto* said = std::get_if<protocol::DeviceHello>(&message)) return hello(*said);
  if (std::holds_alternative<protocol::DevicePing>(message)) return send(protocol::XiaozhiPong{});
  if (std::holds_alternative<protocol::DeviceGoodbye>(message)) return end(kCloseNormal, "goodbye");
  if (!downlink_) return;  // before its hello nothing else is heard
  if (auto* said = std::get_if<DeviceListen>(&message)) {
    listen(std::move(*said));
  } else if (std::holds_alternative<protocol::DeviceAbort>(message)) {
    touch();
    abort();
  } else if (auto* answer = std::get_if<protocol::DeviceAnswer>(&message)) {
    tools_.take(std::move(*answer));
  }
}

void XiaozhiCore::hello(const protocol::DeviceHello& hello) {
  touch();
  if (hello.format != "opus") return end(kClosePolicy, "only opus is spoken here");
  const protocol::XiaozhiHello ours{.rate = kDownlinkRate,
                                    .frame_ms = downlink_frame_ms(hello.frame_ms)};
  if (downlink_) return send(ours);  // once more: it is answered, and nothing changes
  Result<Downlink> made = Downlink::make(ours.rate, ours.frame_ms);
  if (!made) return end(kCloseInternal, made.error().message);
  downlink_.emplace(std::move(*made));
  send(ours);
  if (!hello.has_mcp) return;
  settings_.mcp.push_back({.server = device_address(), .without_leave = agent::McpFilter{}});
  agent_->settings_changed();
}

void XiaozhiCore::listen(DeviceListen listen) {
  touch();
  switch (listen.state) {
    case DeviceListen::State::start:
      return start_listening(listen.mode);
    case DeviceListen::State::stop:
      return stop_listening();
    case DeviceListen::State::detect:
      return detect(std::move(listen.text));
  }
}

void XiaozhiCore::start_listening(Mode mode) {
  const bool is_fresh = !listening_ || mode != mode_;
  mode_ = mode;
  listening_ = true;
  has_spare_sound_ = false;
  settings_.turn.detect = mode != Mode::manual;
  settings_.turn.interrupt_response = mode == Mode::realtime;
  if (!is_fresh) return;  // a device says so after each reply
  agent_->clear();
  has_sound_ = false;
  skip_ = wake_word_.empty() ? MediaTime{} : MediaTime::from_ms(kXiaozhiWakeTail.count());
}

void XiaozhiCore::stop_listening() {
  if (!listening_) return;
  listening_ = false;
  const bool has_words = mode_ == Mode::manual ? agent_->buffered() >= kCommitMin : user_speaks_;
  user_speaks_ = false;
  if (has_words) {
    agent_->commit();
  } else {
    agent_->clear();
  }
}

/// A wake word, or what somebody typed into an application that stands for a device: sound that
/// nobody listened to came before the one, and before some devices' not even that.
void XiaozhiCore::detect(std::string text) {
  const bool is_wake_word = std::exchange(has_spare_sound_, false) || is_known_wake_word(text);
  if (speaking_) abort();
  if (is_wake_word) {
    wake_word_ = bare_words(text);
    return;
  }
  if (text.empty()) return;
  agent::Item item;
  item.id = agent_->make_id("item_");
  item.content.emplace_back().text = text;
  agent_->insert_item(std::move(item), {});
  heard_.add(std::move(text));
}

bool XiaozhiCore::takes_sound() const {
  return listening_ && (!speaking_ || mode_ == Mode::realtime);
}

void XiaozhiCore::hear(const media::BufferRef& opus) {
  if (!downlink_ || !listening_) {
    has_spare_sound_ = true;
    return;
  }
  if (!takes_sound()) return;  // on its way when we began to speak
  const auto samples = decoder_->decode(opus.bytes());
  if (!samples) {
    metrics_.bad_packets.add();
    return;
  }
  const MediaTime length =
      MediaTime::from_samples(static_cast<std::int64_t>(samples->size()), kUplinkRate);
  if (!take_audio(length)) return;
  sound_at_ = context_.clock.now();
  filled_ = {};
  has_sound_ = true;
  if (skip_ > MediaTime{}) {
    skip_ = skip_ - std::min(skip_, length);
    return;
  }
  append(*samples);
}

void XiaozhiCore::append(std::span<const std::int16_t> samples) {
  input_.take(context_.buffers.copy_of(std::as_bytes(samples)), media::Codec::pcm16);
}

/// A turn ends by silence that is counted in samples: where a device sends none, they are made.
void XiaozhiCore::fill_gap(Instant now) {
  if (!user_speaks_ || !has_sound_ || !takes_sound() || now - sound_at_ < kXiaozhiGapMin) return;
  constexpr MediaTime kPiece = MediaTime::from_ms(60);
  static constexpr std::array<std::int16_t, 960> kSilence{};
  const MediaTime gap_max = MediaTime::from_ms(kXiaozhiGapMax.count());
  while (input_.empty() && agent_->can_append() && filled_ < gap_max &&
         (filled_ + kPiece).nanos() <= now - sound_at_) {
    append(kSilence);
    filled_ += kPiece;
    while (!input_.empty() && agent_->can_append()) agent_->append_audio(input_.next());
  }
}

// --- time ---------------------------------------------------------------------------------------

bool XiaozhiCore::is_quiet(Instant now) const { return AgentSession::is_quiet(now) && !speaking_; }

void XiaozhiCore::add_looks(NextLook& next) const {
  if (downlink_) {
    next.consider(active_at_ + kXiaozhiIdleMax);
    if (const auto at = downlink_->next_at()) next.consider(*at);
    if (speaking_) next.consider(downlink_->plays_until() + kXiaozhiTail);
  } else {
    next.consider(opened_ + kXiaozhiHelloPatience);
  }
  if (const auto at = tools_.next_at()) next.consider(*at);
  if (user_speaks_ && has_sound_ && takes_sound() && filled_.ms() < kXiaozhiGapMax.count()) {
    next.consider(sound_at_ + std::max<Nanos>(kXiaozhiGapMin, filled_.nanos() + Millis(60)));
  }
}

}  // namespace parley::service
