// SPDX-License-Identifier: Apache-2.0
//
// Graphs for tests, and their bytes as OpenFst 1.7 writes them. (That these are OpenFst's own is
// shown by the comparison with its programs, wfst_openfst_test.cpp.)
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

namespace parley::test {

struct FstArc {
  std::int32_t input;
  std::int32_t output;
  float cost;
  std::int32_t next;
};
struct FstState {
  float final_cost = std::numeric_limits<float>::infinity();
  std::vector<FstArc> arcs = {};
};

class FstBytes {
 public:
  template <typename T>
  FstBytes& put(T value) {
    const std::size_t at = bytes.size();
    bytes.resize(at + sizeof(T));
    std::memcpy(bytes.data() + at, &value, sizeof(T));
    return *this;
  }
  FstBytes& word(std::string_view text) {
    put(static_cast<std::int32_t>(text.size()));
    for (const char letter : text) bytes.push_back(static_cast<std::byte>(letter));
    return *this;
  }
  std::vector<std::byte> bytes;
};

inline FstBytes fst_header(std::string_view type, std::int32_t version, std::int32_t flags,
                           std::int64_t states, std::int64_t arcs) {
  FstBytes out;
  out.put(std::int32_t{2125659606}).word(type).word("standard").put(version).put(flags);
  out.put(std::uint64_t{0}).put(std::int64_t{0}).put(states).put(arcs);
  return out;
}

/// `states_known` false: as written to a pipe.
inline std::vector<std::byte> vector_fst(const std::vector<FstState>& states,
                                         bool states_known = true) {
  FstBytes out =
      fst_header("vector", 2, 0, states_known ? static_cast<std::int64_t>(states.size()) : -1, 0);
  for (const FstState& state : states) {
    out.put(state.final_cost).put(static_cast<std::int64_t>(state.arcs.size()));
    for (const FstArc& arc : state.arcs) out.put(arc);
  }
  return out.bytes;
}

inline std::vector<std::byte> const_fst(const std::vector<FstState>& states, bool aligned) {
  std::uint32_t arcs = 0;
  for (const FstState& state : states) arcs += static_cast<std::uint32_t>(state.arcs.size());
  FstBytes out = fst_header("const", aligned ? 1 : 2, aligned ? 4 : 0,
                            static_cast<std::int64_t>(states.size()), arcs);
  const auto align = [&] {
    while (aligned && out.bytes.size() % 16 != 0) out.bytes.push_back(std::byte{0});
  };
  align();
  std::uint32_t first = 0;
  for (const FstState& state : states) {
    const auto count = static_cast<std::uint32_t>(state.arcs.size());
    out.put(state.final_cost).put(first).put(count).put(std::uint32_t{0}).put(std::uint32_t{0});
    first += count;
  }
  align();
  for (const FstState& state : states) {
    for (const FstArc& arc : state.arcs) out.put(arc);
  }
  return out.bytes;
}

}  // namespace parley::test
