// SPDX-License-Identifier: Apache-2.0
//
// From conversation items to what a language model reads. Pure functions.
#pragma once

#include <list>
#include <string>

#include "agent/conversation.h"
#include "model/llm_model.h"

namespace parley::agent {

/// Appends what `item` means to a model; an item without words (a reply that nobody heard) adds
/// nothing. Of a truncated reply the model reads the words that were heard, since it must not
/// believe that it said the rest.
void append_message(std::vector<model::LlmMessage>& messages, const Item& item);

/// The words of an output_audio part whose audio lies before `end`, whole clauses and then word by
/// word in proportion to their letters.
[[nodiscard]] std::string heard_text(const ContentPart& part, media::MediaTime end);

/// True when the item waits for its transcript.
[[nodiscard]] bool awaits_transcript(const Item& item);

}  // namespace parley::agent
