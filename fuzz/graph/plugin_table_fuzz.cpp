// SPDX-License-Identifier: Apache-2.0
//
// Any bytes as a plugin's table: names, counts, ports, options and presets as they come, and null
// where a pointer may be. The table is used or refused in words; one that is used makes operators
// with the ports that it says.

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <utility>

#include "base/check.h"
#include "graph/plugin/descriptor_check.h"
#include "graph/plugin/plugin_operator.h"
#include "graph/plugin/plugin_options.h"
#include "graph/port.h"

namespace {

using namespace parley;
using namespace parley::graph;

void* create(const parley_host* host, const parley_value* /*options*/) {
  return const_cast<parley_host*>(host);
}
void destroy(void* /*self*/) {}
std::int32_t process(void* /*self*/) { return PARLEY_NEED_INPUT; }

/// Bytes, taken from the front; zeros when there are no more.
class Bytes {
 public:
  explicit Bytes(std::span<const std::uint8_t> bytes) : bytes_(bytes) {}
  template <typename T>
  T take() {
    std::array<std::uint8_t, sizeof(T)> raw{};
    const std::size_t size = std::min(raw.size(), bytes_.size());
    std::copy_n(bytes_.begin(), size, raw.begin());
    bytes_ = bytes_.subspan(size);
    return std::bit_cast<T>(raw);
  }
  /// Small numbers mostly, and now and then any.
  std::uint32_t count() {
    const auto byte = take<std::uint8_t>();
    return byte == 255 ? take<std::uint32_t>() : byte % 6U;
  }
  const char* text() {
    const auto size = take<std::uint8_t>();
    if (size == 255) return nullptr;
    std::string& made = texts_.emplace_back();
    for (int i = 0; i < size % 80; ++i) {
      const auto c = take<std::uint8_t>();
      made += c == 0 ? 'a' : static_cast<char>(c);
    }
    return made.c_str();
  }

 private:
  std::span<const std::uint8_t> bytes_;
  std::deque<std::string> texts_;
};

/// As many entries as a table may have, and one more, so that a count that is let through stays
/// inside.
template <typename Entry>
using Entries = std::array<Entry, kPluginEntriesMax + 1>;
constexpr std::size_t kFilled = 4;  // entries that are not all zero

struct Kind {
  Entries<parley_port> inputs{};
  Entries<parley_port> outputs{};
  Entries<parley_option> options{};
};

void fill(Bytes& bytes, parley_port& port) {
  port.name = bytes.text();
  port.frame = bytes.count() + bytes.count();
  port.capacity = bytes.count();
  port.is_optional = static_cast<std::int32_t>(bytes.count() % 3);
  port.rate_hz = bytes.take<std::int16_t>();
  port.channels = bytes.take<std::int8_t>();
  port.rank = bytes.count();
  for (std::int64_t& dim : port.dims) dim = bytes.take<std::int8_t>();
  port.format_of = bytes.take<std::uint8_t>() % 2 == 0 ? nullptr : bytes.text();
}

void fill(Bytes& bytes, parley_option& option) {
  option.name = bytes.text();
  option.help = bytes.text();
  option.preset.type = static_cast<std::int32_t>(bytes.count());
  option.preset.flag = static_cast<std::int32_t>(bytes.count() % 3);
  option.preset.whole = bytes.take<std::int64_t>();
  option.preset.number = bytes.take<double>();
  option.preset.text = bytes.text();
  option.min = bytes.take<double>();
  option.max = bytes.take<double>();
}

template <typename Entry>
const Entry* fill_all(Bytes& bytes, Entries<Entry>& entries) {
  if (bytes.take<std::uint8_t>() == 255) return nullptr;
  for (Entry& entry : std::span(entries).first(kFilled)) fill(bytes, entry);
  return entries.data();
}

void fill(Bytes& bytes, Kind& kind, parley_operator& op) {
  op.kind = bytes.text();
  op.version = bytes.text();
  op.summary = bytes.text();
  op.inputs = fill_all(bytes, kind.inputs);
  op.outputs = fill_all(bytes, kind.outputs);
  op.options = fill_all(bytes, kind.options);
  op.input_count = bytes.count();
  op.output_count = bytes.count();
  op.option_count = bytes.count();
  const auto functions = bytes.take<std::uint8_t>();
  op.create = functions == 1 ? nullptr : create;
  op.destroy = functions == 2 ? nullptr : destroy;
  op.process = functions == 3 ? nullptr : process;
}

void use(const parley_operator& kind) {
  media::BufferPool pool;
  const std::span<const parley_option> options(kind.options, kind.option_count);
  PARLEY_CHECK(describe_options(options).size() == options.size());
  const auto made = PluginOperator::make(kind, {}, pool);
  PARLEY_CHECK(made.has_value());
  PARLEY_CHECK((*made)->inputs().size() == kind.input_count);
  PARLEY_CHECK((*made)->outputs().size() == kind.output_count);
  for (std::size_t i = 0; i < kind.input_count; ++i) {
    PARLEY_CHECK((*made)->inputs()[i]->name() == kind.inputs[i].name);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes bytes(std::span(data, size));
  constexpr std::size_t kOperators = 2;
  const auto kinds = std::make_unique<std::array<Kind, kOperators>>();
  std::array<parley_operator, kOperators> operators{};
  parley_plugin plugin{};
  plugin.abi = bytes.take<std::uint8_t>() == 255 ? bytes.take<std::uint32_t>() : PARLEY_PLUGIN_ABI;
  plugin.name = bytes.text();
  plugin.version = bytes.text();
  const std::uint32_t count = bytes.count();
  plugin.operator_count =
      count > kPluginOperatorsMax ? count : std::min<std::uint32_t>(count, kOperators);
  for (std::size_t i = 0; i < kOperators; ++i) fill(bytes, (*kinds)[i], operators[i]);
  plugin.operators = bytes.take<std::uint8_t>() == 255 ? nullptr : operators.data();

  const Status checked = check_plugin(&plugin);
  if (!checked) {
    PARLEY_CHECK(!checked.error().message.empty());
    PARLEY_CHECK(checked.error().message.size() < 1000);
    return 0;
  }
  for (std::uint32_t i = 0; i < plugin.operator_count; ++i) use(operators[i]);
  return 0;
}
