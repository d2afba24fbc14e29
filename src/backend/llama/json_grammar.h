// SPDX-License-Identifier: Apache-2.0
//
// A JSON Schema as a grammar (GBNF, llama.cpp's notation) that a model's output is held to.
//
// Understood: object (properties, required, in the order of the schema), array (items, minItems,
// maxItems), string (minLength, maxLength), integer and number (minimum, maximum and their
// exclusive forms), boolean, null, enum, const, a list of types, anyOf and oneOf, allOf with one
// member, $ref to "#/$defs/…" or "#/definitions/…". Whatever else a schema says is not enforced; a
// schema that cannot be followed becomes "any JSON value", and the arguments "any JSON object".
//
// Everything is bounded: one optional blank between tokens, strings, arrays and depth limited. A
// small model that would ramble for ever inside a string is closed off by the grammar.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace parley::backend {

/// Of a tool's JSON schema; under a larger one the arguments are any JSON object.
inline constexpr std::size_t kSchemaBytesMax = 64U << 10U;
/// Of the grammar made of one schema; where more are needed the arguments are any JSON object.
inline constexpr std::size_t kGrammarRulesMax = 2000;
/// Schemas inside schemas; where they go deeper the arguments are any JSON object.
inline constexpr int kSchemaDepthMax = 24;
/// Of a string in an answer, where the schema sets no maxLength, or a larger one.
inline constexpr int kStringCharactersMax = 120;
/// Of an array in an answer, where the schema sets no maxItems, or a larger one.
inline constexpr int kArrayItemsMax = 16;
/// Objects and arrays inside each other where the schema allows any JSON value.
inline constexpr int kFreeDepthMax = 3;

/// A grammar whose start symbol is `root` and whose sentences are the arguments of a function: a
/// JSON object as `schema` (text) describes it, after at most one blank. An empty schema means no
/// arguments: `{}`.
[[nodiscard]] std::string grammar_of_arguments(std::string_view schema);

/// Any JSON object, within the limits above.
[[nodiscard]] std::string grammar_of_any_object();

/// `text` as a quoted GBNF literal.
[[nodiscard]] std::string grammar_literal(std::string_view text);

}  // namespace parley::backend
