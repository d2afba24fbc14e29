// SPDX-License-Identifier: Apache-2.0
//
// From conversation items to what a language model reads. Pure functions.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "agent/conversation.h"
#include "model/llm_model.h"

namespace parley::agent {

/// Appends what the items mean to a model.
/// - An item that moderation refused is not there.
/// - An item without words (a reply that nobody heard) adds nothing.
/// - Of a spoken reply that was truncated or did not end, the model reads the words whose audio was
///   sent and kept, since it must not believe that it said the rest.
/// - Endpoints demand that each function call is followed by its output at once: calls in a row are
///   one message with their outputs behind it, wherever those stand. A call without an output yet
///   says so; one that was cut short, and an output without its call, are left out.
void append_messages(std::vector<model::LlmMessage>& messages, std::span<const Item* const> items);

/// All that an item says, as a model reads it.
[[nodiscard]] std::string words_of(const Item& item);

/// The words of an output_audio part that were over by `end`. Of a clause of which the voice gave
/// no word times, word by word in proportion to their letters.
[[nodiscard]] std::string heard_text(const ContentPart& part, media::MediaTime end);

/// The words of an audio part that began before `end`, with their times.
[[nodiscard]] std::vector<media::WordTime> word_times(const ContentPart& part,
                                                      media::MediaTime end);

/// True when the item waits for its transcript.
[[nodiscard]] bool awaits_transcript(const Item& item);

}  // namespace parley::agent
