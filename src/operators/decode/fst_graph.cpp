// SPDX-License-Identifier: Apache-2.0
#include "operators/decode/fst_graph.h"

#include <bit>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace parley::operators {

static_assert(std::endian::native == std::endian::little,
              "the file is as the machine that wrote it");

/// Walks over the bytes; the first thing that does not fit ends it.
class FstParser {
 public:
  FstParser(std::span<const std::byte> bytes, std::string_view name) : bytes_(bytes), name_(name) {}

  Result<FstGraph> parse() {
    PARLEY_TRY_STATUS(header());
    if ((flags_ & kHasInputSymbols) != 0) PARLEY_TRY_STATUS(skip_symbols());
    if ((flags_ & kHasOutputSymbols) != 0) PARLEY_TRY_STATUS(skip_symbols());
    PARLEY_TRY_STATUS(type_ == "vector" ? vector_body() : const_body());
    PARLEY_TRY_STATUS(check());
    return std::move(graph_);
  }

 private:
  static constexpr std::int32_t kMagic = 2125659606;
  static constexpr std::int32_t kSymbolsMagic = 2125658996;
  static constexpr std::int32_t kHasInputSymbols = 1;
  static constexpr std::int32_t kHasOutputSymbols = 2;
  static constexpr std::int32_t kIsAligned = 4;
  static constexpr std::size_t kAlignment = 16;
  static constexpr std::size_t kWordMax = 64;  // longest name of a type
  static constexpr std::int64_t kStatesMax = std::numeric_limits<std::int32_t>::max();
  static_assert(sizeof(FstGraph::Arc) == 16, "an arc lies in the file as in memory");

  Error failure(const std::string& why) const {
    return {ErrorCode::data_corrupt, std::string(name_) +
                                         ": not a graph of OpenFst that can be read: " + why +
                                         " (at byte " + std::to_string(at_) + ")"};
  }
  [[nodiscard]] std::size_t left() const { return bytes_.size() - at_; }

  template <typename T>
  Status take(T& value, const char* what) {
    if (left() < sizeof(T)) return failure(std::string("it ends inside ") + what);
    std::memcpy(&value, bytes_.data() + at_, sizeof(T));
    at_ += sizeof(T);
    return {};
  }
  Status take_word(std::string& word, std::size_t most, const char* what) {
    std::int32_t length = 0;
    PARLEY_TRY_STATUS(take(length, what));
    if (length < 0 || static_cast<std::size_t>(length) > std::min(most, left())) {
      return failure(std::string(what) + " is too long");
    }
    word.assign(reinterpret_cast<const char*>(bytes_.data() + at_),
                static_cast<std::size_t>(length));
    at_ += static_cast<std::size_t>(length);
    return {};
  }

  Status header() {
    std::int32_t magic = 0;
    std::uint64_t properties = 0;
    std::string arcs;
    PARLEY_TRY_STATUS(take(magic, "the header"));
    if (magic != kMagic) return failure("it does not begin as one");
    PARLEY_TRY_STATUS(take_word(type_, kWordMax, "the type"));
    PARLEY_TRY_STATUS(take_word(arcs, kWordMax, "the type of the arcs"));
    PARLEY_TRY_STATUS(take(version_, "the header"));
    PARLEY_TRY_STATUS(take(flags_, "the header"));
    PARLEY_TRY_STATUS(take(properties, "the header"));
    PARLEY_TRY_STATUS(take(start_, "the header"));
    PARLEY_TRY_STATUS(take(state_count_, "the header"));
    PARLEY_TRY_STATUS(take(arc_count_, "the header"));
    if (type_ != "vector" && type_ != "const") {
      return failure("type '" + type_ + "'; convert it: fstconvert --fst_type=const");
    }
    if (arcs != "standard") return failure("arcs '" + arcs + "'; wanted are 'standard' ones");
    if (version_ < 1 || version_ > 2) return failure("version " + std::to_string(version_));
    // A vector may have been written without knowing the count: then it goes on to the end.
    if (state_count_ < -1 || state_count_ > kStatesMax || (state_count_ < 0 && type_ == "const")) {
      return failure(std::to_string(state_count_) + " states");
    }
    return {};
  }

  Status skip_symbols() {
    std::int32_t magic = 0;
    std::int64_t key = 0;
    std::int64_t count = 0;
    std::string word;
    PARLEY_TRY_STATUS(take(magic, "the symbols"));
    if (magic != kSymbolsMagic) return failure("symbols that are none");
    PARLEY_TRY_STATUS(take_word(word, left(), "the symbols' name"));
    PARLEY_TRY_STATUS(take(key, "the symbols"));
    PARLEY_TRY_STATUS(take(count, "the symbols"));
    for (std::int64_t i = 0; i < count; ++i) {  // every turn takes bytes, or fails
      PARLEY_TRY_STATUS(take_word(word, left(), "a symbol"));
      PARLEY_TRY_STATUS(take(key, "a symbol"));
    }
    return {};
  }

  Status vector_body() {
    for (std::int64_t i = 0; state_count_ < 0 ? left() > 0 : i < state_count_; ++i) {
      float final_cost = 0.0F;
      std::int64_t count = 0;
      PARLEY_TRY_STATUS(take(final_cost, "a state"));
      PARLEY_TRY_STATUS(take(count, "a state"));
      if (count < 0 || static_cast<std::uint64_t>(count) > left() / sizeof(FstGraph::Arc)) {
        return failure("a state of " + std::to_string(count) + " arcs");
      }
      PARLEY_TRY_STATUS(add_state(final_cost, static_cast<std::size_t>(count)));
      take_arcs(static_cast<std::size_t>(count));
    }
    return {};
  }

  Status const_body() {
    struct StoredState {
      float final_cost;
      std::uint32_t first;
      std::uint32_t count;
      std::uint32_t input_epsilons;
      std::uint32_t output_epsilons;
    };
    static_assert(sizeof(StoredState) == 20);
    PARLEY_TRY_STATUS(align());
    const auto states = static_cast<std::size_t>(state_count_);
    if (states > left() / sizeof(StoredState)) return failure("it ends inside the states");
    for (std::size_t i = 0; i < states; ++i) {
      StoredState state{};
      PARLEY_TRY_STATUS(take(state, "a state"));
      if (state.first != arcs_promised_) return failure("the arcs are not in order");
      PARLEY_TRY_STATUS(add_state(state.final_cost, state.count));
    }
    PARLEY_TRY_STATUS(align());
    if (static_cast<std::int64_t>(arcs_promised_) != arc_count_ ||
        arcs_promised_ > left() / sizeof(FstGraph::Arc)) {
      return failure(std::to_string(arcs_promised_) + " arcs, of which there are " +
                     std::to_string(left() / sizeof(FstGraph::Arc)));
    }
    take_arcs(arcs_promised_);
    return {};
  }

  Status align() {
    if (version_ != 1 && (flags_ & kIsAligned) == 0) return {};
    const std::size_t padding = (kAlignment - at_ % kAlignment) % kAlignment;
    if (padding > left()) return failure("it ends inside the padding");
    at_ += padding;
    return {};
  }

  Status add_state(float final_cost, std::size_t arcs) {
    if (std::isnan(final_cost) || final_cost == -FstGraph::kNotFinal) {
      return failure("a final cost that is no number");
    }
    graph_.states_.push_back({.final_cost = final_cost,
                              .count = static_cast<std::uint32_t>(arcs),
                              .first = arcs_promised_});
    arcs_promised_ += arcs;
    return {};
  }
  /// REQUIRES: so many are left.
  void take_arcs(std::size_t count) {
    const std::size_t before = graph_.arcs_.size();
    graph_.arcs_.resize(before + count);
    if (count == 0) return;
    std::memcpy(graph_.arcs_.data() + before, bytes_.data() + at_, count * sizeof(FstGraph::Arc));
    at_ += count * sizeof(FstGraph::Arc);
  }

  Status check() {
    const auto states = static_cast<std::int64_t>(graph_.states_.size());
    if (start_ < 0 || start_ >= states) {
      return failure("it begins in state " + std::to_string(start_) + " of " +
                     std::to_string(states));
    }
    graph_.start_ = static_cast<std::int32_t>(start_);
    for (const FstGraph::Arc& arc : graph_.arcs_) {
      if (arc.input < 0 || arc.output < 0 || arc.next < 0 || arc.next >= states ||
          std::isnan(arc.cost) || arc.cost == -FstGraph::kNotFinal) {
        return failure("an arc from " + std::to_string(arc.input) + " to " +
                       std::to_string(arc.output) + " into state " + std::to_string(arc.next));
      }
      graph_.input_max_ = std::max(graph_.input_max_, arc.input);
      graph_.output_max_ = std::max(graph_.output_max_, arc.output);
    }
    return {};
  }

  const std::span<const std::byte> bytes_;
  const std::string_view name_;
  std::size_t at_ = 0;
  std::string type_;
  std::int32_t version_ = 0;
  std::int32_t flags_ = 0;
  std::int64_t start_ = 0;
  std::int64_t state_count_ = 0;
  std::int64_t arc_count_ = 0;
  std::size_t arcs_promised_ = 0;
  FstGraph graph_;
};

Result<FstGraph> FstGraph::parse(std::span<const std::byte> bytes, std::string_view name) {
  return FstParser(bytes, name).parse();
}

Result<FstGraph> FstGraph::read(const std::filesystem::path& file) {
  struct Close {
    void operator()(std::FILE* open) const noexcept { std::fclose(open); }
  };
  const std::unique_ptr<std::FILE, Close> open(std::fopen(file.c_str(), "rb"));
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(file, error);
  if (open == nullptr || error) {
    const bool denied = errno == EACCES;
    return Error{denied ? ErrorCode::permission_denied : ErrorCode::not_found,
                 file.string() + (denied ? ": it may not be read" : ": there is no such file")};
  }
  if (size > kBytesMax) {
    return Error{ErrorCode::resource_exhausted,
                 file.string() + ": larger than " + std::to_string(kBytesMax >> 30U) + " GiB"};
  }
  std::vector<std::byte> bytes(size);
  bytes.resize(std::fread(bytes.data(), 1, bytes.size(), open.get()));
  return parse(bytes, file.string());
}

}  // namespace parley::operators
