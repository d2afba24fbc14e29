// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/plugin_frames.h"

#include <algorithm>
#include <array>
#include <bit>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "graph/frame_type.h"

namespace parley::graph {
namespace {

// The numbers of the interface are those of our enums: a cast is a translation.
static_assert(static_cast<int>(media::Codec::pcm16) == PARLEY_PCM16);
static_assert(static_cast<int>(media::Codec::pcma) == PARLEY_PCMA);
static_assert(static_cast<int>(media::TurnEvent::Kind::started) == PARLEY_TURN_STARTED);
static_assert(static_cast<int>(media::TurnEvent::Kind::cleared) == PARLEY_TURN_CLEARED);
static_assert(static_cast<int>(media::PixelFormat::gray8) == PARLEY_GRAY8);
static_assert(static_cast<int>(media::PixelFormat::i420) == PARLEY_I420);
static_assert(static_cast<int>(media::ElementType::float32) == PARLEY_FLOAT32);
static_assert(static_cast<int>(media::ElementType::int64) == PARLEY_INT64);
static_assert(media::TensorShape::kRankMax == PARLEY_RANK_MAX);
static_assert(media::MediaTime::kPerSecond == PARLEY_FLICKS_PER_SECOND);

constexpr std::array<std::pair<std::uint32_t, std::size_t>, 10> kKinds{{
    {PARLEY_AUDIO, frame_index<media::AudioFrame>()},
    {PARLEY_ENCODED_AUDIO, frame_index<media::EncodedAudio>()},
    {PARLEY_SPEECH_EVENT, frame_index<media::SpeechEvent>()},
    {PARLEY_TURN_EVENT, frame_index<media::TurnEvent>()},
    {PARLEY_TRANSCRIPT, frame_index<media::Transcript>()},
    {PARLEY_TEXT, frame_index<media::TextDelta>()},
    {PARLEY_CONTROL, frame_index<media::Control>()},
    {PARLEY_VIDEO, frame_index<media::VideoFrame>()},
    {PARLEY_TENSOR, frame_index<media::TensorFrame>()},
    {PARLEY_OPAQUE, frame_index<media::Opaque>()},
}};

constexpr int kChannelsMax = 64;
constexpr std::int32_t kPixelsMax = 1 << 16;  // of a side

Error wrong(std::string what) {
  return {.code = ErrorCode::invalid_argument, .message = std::move(what)};
}

Error wrong_number(std::string_view field, std::int64_t number) {
  return wrong(std::string(field) + " is " + std::to_string(number));
}

void view_head(const media::FrameHeader& head, std::uint32_t kind, parley_frame& view) {
  view.kind = kind;
  view.flags = head.is_last ? std::uint32_t{PARLEY_FRAME_IS_LAST} : 0;
  view.stream = head.stream.value;
  view.turn = head.turn.value;
  view.pts = head.pts.flicks;
  view.duration = head.duration.flicks;
  view.sequence = head.sequence;
  view.buffer = {};
}

void view_buffer(const media::BufferRef& buffer, parley_frame& view) {
  view.buffer.data = buffer.bytes().data();
  view.buffer.size = buffer.size();
}

parley_text view_text(const std::string& text) { return {text.data(), text.size()}; }

Status read_head(const parley_frame& view, media::FrameHeader& head) {
  if ((view.flags & ~static_cast<std::uint32_t>(PARLEY_FRAME_IS_LAST)) != 0) {
    return wrong_number("flags", view.flags);
  }
  if (view.duration < 0) return wrong_number("duration", view.duration);
  head.stream.value = view.stream;
  head.turn.value = view.turn;
  head.pts.flicks = view.pts;
  head.duration.flicks = view.duration;
  head.sequence = view.sequence;
  head.is_last = (view.flags & PARLEY_FRAME_IS_LAST) != 0;
  return {};
}

Status read_no_buffer(const media::BufferRef& buffer) {
  if (!buffer.empty()) return wrong("has a buffer, but its kind has none");
  return {};
}

Status read_text(const parley_text& view, std::string_view field, std::string& text) {
  if (view.size > kPluginFrameTextMax)
    return wrong_number(std::string(field) + "'s size", static_cast<std::int64_t>(view.size));
  if (view.size != 0 && view.data == nullptr) return wrong(std::string(field) + " is NULL");
  text.assign(view.data == nullptr ? "" : view.data, view.size);
  return {};
}

Status read_flag(std::int32_t value, std::string_view field, bool& flag) {
  if (value != 0 && value != 1) return wrong_number(field, value);
  flag = value == 1;
  return {};
}

/// An enum of ours from 0 to `last`.
template <typename Enum>
Status read_enum(std::int32_t value, Enum last, std::string_view field, Enum& read) {
  if (value < 0 || value > static_cast<int>(last)) return wrong_number(field, value);
  read = static_cast<Enum>(value);
  return {};
}

Status read_format(std::int32_t rate_hz, std::int32_t channels, media::AudioFormat& format) {
  constexpr std::array<int, 7> kRates{8000, 16'000, 22'050, 24'000, 32'000, 44'100, 48'000};
  if (std::find(kRates.begin(), kRates.end(), rate_hz) == kRates.end()) {
    return wrong_number("rate_hz", rate_hz);
  }
  if (channels < 1 || channels > kChannelsMax) return wrong_number("channels", channels);
  format = {.rate = rate_hz, .channels = channels};
  return {};
}

Status read_samples(const media::BufferRef& buffer, std::size_t sample_bytes, int channels) {
  const std::size_t step = sample_bytes * static_cast<std::size_t>(channels);
  if (buffer.size() % step == 0) return {};
  return wrong("its buffer has " + std::to_string(buffer.size()) +
               " bytes, which is no multiple of " + std::to_string(step));
}

/// A view that was moved inside its buffer must still lie where its elements can be read.
Status read_alignment(const media::BufferRef& buffer, std::size_t alignment) {
  if (std::bit_cast<std::uintptr_t>(buffer.bytes().data()) % alignment == 0) return {};
  return wrong("its data is not aligned to " + std::to_string(alignment) + " bytes");
}

Status read_size(const media::BufferRef& buffer, std::size_t wanted) {
  if (buffer.size() == wanted) return {};
  return wrong("its buffer has " + std::to_string(buffer.size()) + " bytes instead of " +
               std::to_string(wanted));
}

}  // namespace

std::optional<std::size_t> frame_type_of_kind(std::uint32_t kind) {
  for (const auto& [number, type] : kKinds) {
    if (number == kind) return type;
  }
  return std::nullopt;
}

std::uint32_t kind_of_frame_type(std::size_t type) {
  for (const auto& [number, index] : kKinds) {
    if (index == type) return number;
  }
  return 0;
}

// --- out
// ------------------------------------------------------------------------------------------

void view_of(const media::AudioFrame& frame, parley_frame& view) {
  view_head(frame.head, PARLEY_AUDIO, view);
  view_buffer(frame.samples, view);
  view.as.audio = {.rate_hz = frame.format.rate, .channels = frame.format.channels};
}

void view_of(const media::EncodedAudio& frame, parley_frame& view) {
  view_head(frame.head, PARLEY_ENCODED_AUDIO, view);
  view_buffer(frame.bytes, view);
  view.as.encoded_audio = {.codec = static_cast<std::int32_t>(frame.codec),
                           .rate_hz = frame.format.rate,
                           .channels = frame.format.channels};
}

void view_of(const media::SpeechEvent& frame, parley_frame& view) {
  view_head(frame.head, PARLEY_SPEECH_EVENT, view);
  view.as.speech_event = {.probability = frame.probability, .is_speech = frame.is_speech ? 1 : 0};
}

void view_of(const media::TurnEvent& frame, parley_frame& view) {
  view_head(frame.head, PARLEY_TURN_EVENT, view);
  view.as.turn_event = {.event = static_cast<std::int32_t>(frame.kind),
                        .utterance = frame.utterance.value,
                        .audio_begin = frame.audio_begin.flicks,
                        .speech_end = frame.speech_end.flicks};
}

void view_of(const media::Transcript& frame, parley_frame& view) {
  view_head(frame.head, PARLEY_TRANSCRIPT, view);
  view.as.transcript = {.utterance = frame.utterance.value,
                        .is_final = frame.is_final ? 1 : 0,
                        .text = view_text(frame.text),
                        .language = view_text(frame.language),
                        .emotion = view_text(frame.emotion)};
}

void view_of(const media::TextDelta& frame, parley_frame& view) {
  view_head(frame.head, PARLEY_TEXT, view);
  view.as.text = view_text(frame.text);
}

void view_of(const media::Control& frame, parley_frame& view) {
  view_head(frame.head, PARLEY_CONTROL, view);
  parley_control& control = view.as.control;
  control = {};
  control.name = view_text(frame.name);
  if (const auto* flag = std::get_if<bool>(&frame.value)) {
    control.type = PARLEY_FLAG;
    control.value.flag = *flag ? 1 : 0;
  } else if (const auto* whole = std::get_if<std::int64_t>(&frame.value)) {
    control.type = PARLEY_WHOLE;
    control.value.whole = *whole;
  } else if (const auto* number = std::get_if<double>(&frame.value)) {
    control.type = PARLEY_NUMBER;
    control.value.number = *number;
  } else if (const auto* text = std::get_if<std::string>(&frame.value)) {
    control.type = PARLEY_TEXT_VALUE;
    control.value.text = view_text(*text);
  }
}

void view_of(const media::VideoFrame& frame, parley_frame& view) {
  view_head(frame.head, PARLEY_VIDEO, view);
  view_buffer(frame.pixels, view);
  view.as.video = {.width = frame.width,
                   .height = frame.height,
                   .format = static_cast<std::int32_t>(frame.format)};
}

void view_of(const media::TensorFrame& frame, parley_frame& view) {
  view_head(frame.head, PARLEY_TENSOR, view);
  view_buffer(frame.data, view);
  parley_tensor& tensor = view.as.tensor;
  tensor = {};
  tensor.element = static_cast<std::int32_t>(frame.element);
  tensor.rank = static_cast<std::uint32_t>(frame.shape.rank());
  std::copy(frame.shape.dims().begin(), frame.shape.dims().end(), std::begin(tensor.dims));
}

void view_of(const media::Opaque& frame, parley_frame& view) {
  view_head(frame.head, PARLEY_OPAQUE, view);
  view_buffer(frame.bytes, view);
  view.as.opaque = {.type = frame.type.value};
}

// --- back
// -----------------------------------------------------------------------------------------

Status read_view(const parley_frame& view, media::BufferRef buffer, media::AudioFrame& frame) {
  PARLEY_TRY_STATUS(read_head(view, frame.head));
  PARLEY_TRY_STATUS(read_format(view.as.audio.rate_hz, view.as.audio.channels, frame.format));
  PARLEY_TRY_STATUS(read_samples(buffer, sizeof(float), frame.format.channels));
  PARLEY_TRY_STATUS(read_alignment(buffer, sizeof(float)));
  frame.samples = std::move(buffer);
  return {};
}

Status read_view(const parley_frame& view, media::BufferRef buffer, media::EncodedAudio& frame) {
  const parley_encoded_audio& audio = view.as.encoded_audio;
  PARLEY_TRY_STATUS(read_head(view, frame.head));
  PARLEY_TRY_STATUS(read_enum(audio.codec, media::Codec::pcma, "codec", frame.codec));
  PARLEY_TRY_STATUS(read_format(audio.rate_hz, audio.channels, frame.format));
  const std::size_t sample_bytes = frame.codec == media::Codec::pcm16 ? 2 : 1;
  PARLEY_TRY_STATUS(read_samples(buffer, sample_bytes, frame.format.channels));
  frame.bytes = std::move(buffer);
  return {};
}

Status read_view(const parley_frame& view, media::BufferRef buffer, media::SpeechEvent& frame) {
  PARLEY_TRY_STATUS(read_head(view, frame.head));
  PARLEY_TRY_STATUS(read_no_buffer(buffer));
  PARLEY_TRY_STATUS(read_flag(view.as.speech_event.is_speech, "is_speech", frame.is_speech));
  frame.probability = view.as.speech_event.probability;
  if (!(frame.probability >= 0.0F && frame.probability <= 1.0F)) {
    return wrong("probability is " + std::to_string(frame.probability));
  }
  return {};
}

Status read_view(const parley_frame& view, media::BufferRef buffer, media::TurnEvent& frame) {
  const parley_turn_event& turn = view.as.turn_event;
  PARLEY_TRY_STATUS(read_head(view, frame.head));
  PARLEY_TRY_STATUS(read_no_buffer(buffer));
  PARLEY_TRY_STATUS(read_enum(turn.event, media::TurnEvent::Kind::cleared, "event", frame.kind));
  frame.utterance.value = turn.utterance;
  frame.audio_begin.flicks = turn.audio_begin;
  frame.speech_end.flicks = turn.speech_end;
  return {};
}

Status read_view(const parley_frame& view, media::BufferRef buffer, media::Transcript& frame) {
  const parley_transcript& transcript = view.as.transcript;
  PARLEY_TRY_STATUS(read_head(view, frame.head));
  PARLEY_TRY_STATUS(read_no_buffer(buffer));
  PARLEY_TRY_STATUS(read_flag(transcript.is_final, "is_final", frame.is_final));
  PARLEY_TRY_STATUS(read_text(transcript.text, "text", frame.text));
  PARLEY_TRY_STATUS(read_text(transcript.language, "language", frame.language));
  PARLEY_TRY_STATUS(read_text(transcript.emotion, "emotion", frame.emotion));
  frame.utterance.value = transcript.utterance;
  return {};
}

Status read_view(const parley_frame& view, media::BufferRef buffer, media::TextDelta& frame) {
  PARLEY_TRY_STATUS(read_head(view, frame.head));
  PARLEY_TRY_STATUS(read_no_buffer(buffer));
  return read_text(view.as.text, "text", frame.text);
}

Status read_view(const parley_frame& view, media::BufferRef buffer, media::Control& frame) {
  const parley_control& control = view.as.control;
  PARLEY_TRY_STATUS(read_head(view, frame.head));
  PARLEY_TRY_STATUS(read_no_buffer(buffer));
  PARLEY_TRY_STATUS(read_text(control.name, "name", frame.name));
  switch (control.type) {
    case PARLEY_FLAG: {
      bool flag = false;
      PARLEY_TRY_STATUS(read_flag(control.value.flag, "the value", flag));
      frame.value = flag;
      return {};
    }
    case PARLEY_WHOLE:
      frame.value = control.value.whole;
      return {};
    case PARLEY_NUMBER:
      frame.value = control.value.number;
      return {};
    case PARLEY_TEXT_VALUE: {
      std::string text;
      PARLEY_TRY_STATUS(read_text(control.value.text, "the value", text));
      frame.value = std::move(text);
      return {};
    }
    default:
      return wrong_number("the value's type", control.type);
  }
}

Status read_view(const parley_frame& view, media::BufferRef buffer, media::VideoFrame& frame) {
  const parley_video& video = view.as.video;
  PARLEY_TRY_STATUS(read_head(view, frame.head));
  if (video.width < 1 || video.width > kPixelsMax) return wrong_number("width", video.width);
  if (video.height < 1 || video.height > kPixelsMax) return wrong_number("height", video.height);
  PARLEY_TRY_STATUS(read_enum(video.format, media::PixelFormat::i420, "format", frame.format));
  const auto width = static_cast<std::size_t>(video.width);
  const auto height = static_cast<std::size_t>(video.height);
  std::size_t wanted = width * height;
  if (frame.format == media::PixelFormat::rgb24) wanted *= 3;
  if (frame.format == media::PixelFormat::rgba32) wanted *= 4;
  if (frame.format == media::PixelFormat::i420)
    wanted += 2 * ((width + 1) / 2) * ((height + 1) / 2);
  PARLEY_TRY_STATUS(read_size(buffer, wanted));
  frame.width = video.width;
  frame.height = video.height;
  frame.pixels = std::move(buffer);
  return {};
}

Status read_view(const parley_frame& view, media::BufferRef buffer, media::TensorFrame& frame) {
  const parley_tensor& tensor = view.as.tensor;
  PARLEY_TRY_STATUS(read_head(view, frame.head));
  PARLEY_TRY_STATUS(read_enum(tensor.element, media::ElementType::int64, "element", frame.element));
  if (tensor.rank > PARLEY_RANK_MAX) return wrong_number("rank", tensor.rank);
  const std::span dims = std::span(tensor.dims).first(tensor.rank);
  // No buffer is larger than this, so the product can stop there instead of running over.
  constexpr std::int64_t kElementsMax = std::int64_t{1} << 32U;
  std::int64_t elements = 1;
  for (const std::int64_t dim : dims) {
    if (dim < 0 || dim > kElementsMax) return wrong_number("a dimension", dim);
    if (elements != 0 && dim > kElementsMax / elements) return wrong("the shape is too large");
    elements *= dim;
  }
  const std::size_t element_bytes = media::element_size(frame.element);
  PARLEY_TRY_STATUS(read_size(buffer, static_cast<std::size_t>(elements) * element_bytes));
  PARLEY_TRY_STATUS(read_alignment(buffer, element_bytes));
  frame.shape = media::TensorShape(dims);
  frame.data = std::move(buffer);
  return {};
}

Status read_view(const parley_frame& view, media::BufferRef buffer, media::Opaque& frame) {
  PARLEY_TRY_STATUS(read_head(view, frame.head));
  frame.type.value = view.as.opaque.type;
  frame.bytes = std::move(buffer);
  return {};
}

}  // namespace parley::graph
