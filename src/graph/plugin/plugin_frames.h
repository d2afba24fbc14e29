// SPDX-License-Identifier: Apache-2.0
//
// Frames as a plugin sees them, and back. Out: pointers into our frame, nothing is copied. In:
// every field that a plugin wrote is checked before it becomes a frame; texts are copied, buffers
// are not.
//
// Threads: any (pure functions). Allocates: texts, on the way back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/result.h"
#include "media/frame.h"
#include "parley/plugin.h"

namespace parley::graph {

inline constexpr std::size_t kPluginFrameTextMax = 1U
                                                   << 20U;  // bytes of one text in a plugin's frame

/// PARLEY_AUDIO and so on as frame_type.h counts; empty for what is no kind.
[[nodiscard]] std::optional<std::size_t> frame_type_of_kind(std::uint32_t kind);
/// The other way; 0 for kinds that plugins do not see (such as ErrorEvent).
[[nodiscard]] std::uint32_t kind_of_frame_type(std::size_t type);

/// All but `view.buffer.handle`: what the buffer is called is the caller's business.
void view_of(const media::AudioFrame& frame, parley_frame& view);
void view_of(const media::EncodedAudio& frame, parley_frame& view);
void view_of(const media::SpeechEvent& frame, parley_frame& view);
void view_of(const media::TurnEvent& frame, parley_frame& view);
void view_of(const media::Transcript& frame, parley_frame& view);
void view_of(const media::TextDelta& frame, parley_frame& view);
void view_of(const media::Control& frame, parley_frame& view);
void view_of(const media::VideoFrame& frame, parley_frame& view);
void view_of(const media::TensorFrame& frame, parley_frame& view);
void view_of(const media::Opaque& frame, parley_frame& view);

/// `buffer`: what `view.buffer` names. Errors: invalid_argument, with the field's name.
/// REQUIRES: view.kind is the kind of the frame.
Status read_view(const parley_frame& view, media::BufferRef buffer, media::AudioFrame& frame);
Status read_view(const parley_frame& view, media::BufferRef buffer, media::EncodedAudio& frame);
Status read_view(const parley_frame& view, media::BufferRef buffer, media::SpeechEvent& frame);
Status read_view(const parley_frame& view, media::BufferRef buffer, media::TurnEvent& frame);
Status read_view(const parley_frame& view, media::BufferRef buffer, media::Transcript& frame);
Status read_view(const parley_frame& view, media::BufferRef buffer, media::TextDelta& frame);
Status read_view(const parley_frame& view, media::BufferRef buffer, media::Control& frame);
Status read_view(const parley_frame& view, media::BufferRef buffer, media::VideoFrame& frame);
Status read_view(const parley_frame& view, media::BufferRef buffer, media::TensorFrame& frame);
Status read_view(const parley_frame& view, media::BufferRef buffer, media::Opaque& frame);

}  // namespace parley::graph
