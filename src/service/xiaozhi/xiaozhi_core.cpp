// SPDX-License-Identifier: Apache-2.0
//
// One slice of a device's session, and what the device says. What it is told is in
// xiaozhi_core_replies.cpp.
#include "service/xiaozhi/xiaozhi_core.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/log.h"
#include "base/random.h"
#include "exec/slice_budget.h"
#include "service/xiaozhi/wake_words.h"

namespace parley::service {
namespace {

using media::MediaTime;
using protocol::DeviceListen;

constexpr int kUplinkRate = 16'000;  // Hz: what recognition wants; Opus gives it of any packet
constexpr int kDownlinkRate = 24'000;
constexpr int kEventsPerSlice = 32;
constexpr std::uint16_t kCloseNormal = 1000;
constexpr std::uint16_t kCloseGoingAway = 1001;
constexpr std::uint16_t kClosePolicy = 1008;
constexpr std::uint16_t kCloseInternal = 1011;
/// The agent is so far ahead of what the device has; the rest waits in it.
constexpr Millis kPlayoutLead{1000};
/// A commit of less is a key that was only touched.
constexpr MediaTime kCommitMin = MediaTime::from_ms(100);

/// As the agent hears and speaks here.
agent::AgentSettings settings_of(agent::AgentSettings settings) {
  settings.audio = true;
  settings.transcription = true;
  settings.input_format = {media::Codec::pcm16, kUplinkRate};
  settings.output_format = {media::Codec::pcm16, kDownlinkRate};
  settings.playout_lead = kPlayoutLead;
  settings.turn.create_response = false;          // only to words,
  settings.judge_turns = settings.enrolled_only;  // and to whose they are
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
  const std::uint64_t seed = setup.seed;
  std::unique_ptr<XiaozhiCore> core(new XiaozhiCore(std::move(setup)));
  PARLEY_TRY(core->decoder_, codec::OpusPacketDecoder::make(kUplinkRate));
  agent::AgentContext context = core->context_;
  context.name = core->id_;
  context.mcp = &core->tools_;
  PARLEY_TRY(core->agent_, agent::VoiceAgent::make(context, core->settings_, *core,
                                                   core->strand_->waker(), seed));
  return core;
}

XiaozhiCore::XiaozhiCore(Setup setup)
    : context_(std::move(setup.context)),
      metrics_(setup.metrics),
      id_(Random(~setup.seed).id("sess_")),
      device_(std::move(setup.device)),
      opened_(context_.clock.now()),
      deadline_(opened_ + setup.session_max),
      strand_(exec::Strand::make(setup.executor, *this)),
      bill_(std::move(setup.allowance), setup.prices),
      link_(std::move(setup.link)),
      on_close_(std::move(setup.on_close)),
      settings_(settings_of(std::move(setup.settings))),
      mailbox_(
          {.capacity = kXiaozhiEventsWaitingMax, .refused_metric = &setup.metrics.mailbox_refused},
          strand_->waker()),
      input_(context_.buffers),
      tools_(context_.clock, context_.mcp,
             [this](protocol::XiaozhiMessage message) { send(std::move(message)); }),
      active_at_(opened_) {}

XiaozhiCore::~XiaozhiCore() { close(); }

bool XiaozhiCore::run_slice() noexcept {
  if (ended_) return false;
  const exec::SliceBudget budget(context_.clock);
  bool more = false;
  for (int taken = 1; !ended_ && !more && take_one(); ++taken) {
    more = taken == kEventsPerSlice || budget.spent();
  }
  if (!ended_) {
    fill_gap(context_.clock.now());
    more |= agent_->run(budget);
    settle(context_.clock.now());
  }
  if (resume_wanted_.load() && has_room() && resume_wanted_.exchange(false)) link_->resume();
  if (!ended_ && finishing_.load(std::memory_order_acquire) && is_quiet()) {
    end(kCloseGoingAway, "the server is going away");
  }
  if (ended_) {
    // Only here: the agent must not go while one of its calls is on the stack.
    agent_->end();
    agent_.reset();
    return false;
  }
  arm(context_.clock.now());
  return more;
}

// --- in -----------------------------------------------------------------------------------------

bool XiaozhiCore::take_one() {
  if (!input_.empty()) {
    // Until the detector has caught up; its host wakes the strand.
    if (!agent_->can_append()) return false;
    agent_->append_audio(input_.next());
    return true;
  }
  std::optional<DeviceEvent> event = mailbox_.pop();
  if (!event) return false;
  if (auto* message = std::get_if<protocol::DeviceMessage>(&*event)) {
    handle(std::move(*message));
  } else if (auto* packet = std::get_if<DevicePacket>(&*event)) {
    hear(packet->opus);
  } else {
    metrics_.bad_messages.add();
    log::debug("a device's frame was passed over",
               {{"session", id_}, {"why", std::get<DeviceNoise>(*event).why}});
  }
  return true;
}

void XiaozhiCore::handle(protocol::DeviceMessage message) {
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
  if (bill_.allowance() != nullptr) {
    if (const auto refused = bill_.allowance()->take_audio(Millis(length.ms()))) {
      return end(kClosePolicy, refused->message);
    }
  }
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

bool XiaozhiCore::is_quiet() const {
  return agent_->idle() && !speaking_ && !user_speaks_ && !wants_reply_ && heard_.empty() &&
         input_.empty() && mailbox_.size() == 0;
}

void XiaozhiCore::arm(Instant now) {
  Instant next = deadline_;
  // What is past waits for something else than time.
  const auto consider = [&](Instant at) {
    if (at > now) next = std::min(next, at);
  };
  if (downlink_) {
    consider(active_at_ + kXiaozhiIdleMax);
    if (const auto at = downlink_->next_at()) consider(*at);
    if (speaking_) consider(downlink_->plays_until() + kXiaozhiTail);
  } else {
    consider(opened_ + kXiaozhiHelloPatience);
  }
  if (const auto at = tools_.next_at()) consider(*at);
  if (user_speaks_ && has_sound_ && takes_sound() && filled_.ms() < kXiaozhiGapMax.count()) {
    consider(sound_at_ + std::max<Nanos>(kXiaozhiGapMin, filled_.nanos() + Millis(60)));
  }
  if (next == timer_at_) return;
  context_.timers.cancel(timer_);
  timer_ = context_.timers.schedule(next, strand_->waker());
  timer_at_ = next;
}

void XiaozhiCore::end(std::uint16_t code, std::string reason) {
  if (ended_) return;
  ended_ = true;
  mailbox_.close();
  link_->close(code, std::move(reason));
}

void XiaozhiCore::finish() {
  finishing_.store(true, std::memory_order_release);
  strand_->wake();
}

void XiaozhiCore::close() noexcept {
  if (closed_.exchange(true)) return;
  mailbox_.close();
  strand_->close();
  context_.timers.cancel(timer_);
  ended_ = true;
  if (agent_) agent_->end();
  agent_.reset();
  link_.reset();
  if (on_close_) on_close_();
}

}  // namespace parley::service
