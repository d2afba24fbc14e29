// SPDX-License-Identifier: Apache-2.0
//
// Reads `chunking_strategy` of a form. It comes in three spellings: the word `auto`, an object as
// JSON text, and the object in fields of its own (`chunking_strategy[type]`, as openai's Python
// client flattens it).
//
// Only for .cpp files of protocol/: it brings Boost.JSON. Threads: any (pure).
#pragma once

#include "protocol/form_reader.h"
#include "protocol/transcription/transcription_order.h"

namespace parley::protocol {

[[nodiscard]] Chunking read_chunking(FormReader& reader);

}  // namespace parley::protocol
