// SPDX-License-Identifier: Apache-2.0
#include "graph/plugin/descriptor_check.h"

#include <array>
#include <functional>
#include <limits>
#include <string>

#include <gtest/gtest.h>

namespace parley::graph {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

/// A table that is right, to be spoiled at one place.
struct Table {
  std::array<parley_port, 2> inputs{};
  std::array<parley_port, 1> outputs{};
  std::array<parley_option, 4> options{};
  parley_operator kind{};
  parley_plugin plugin{};

  Table() {
    inputs[0].name = "audio";
    inputs[0].frame = PARLEY_AUDIO;
    inputs[1].name = "scores";
    inputs[1].frame = PARLEY_TENSOR;
    inputs[1].rank = 2;
    inputs[1].dims[0] = -1;
    inputs[1].dims[1] = 40;
    outputs[0].name = "audio";
    outputs[0].frame = PARLEY_AUDIO;
    outputs[0].format_of = "audio";
    const std::array types{PARLEY_FLAG, PARLEY_WHOLE, PARLEY_NUMBER, PARLEY_TEXT_VALUE};
    const std::array names{"flag", "whole", "number", "text"};
    for (std::size_t i = 0; i < options.size(); ++i) {
      options[i].name = names[i];
      options[i].help = "Help";
      options[i].preset.type = types[i];
      options[i].preset.text = "preset";
      options[i].max = 1.0;
    }
    kind.kind = "kind";
    kind.version = "1";
    kind.summary = "Does";
    kind.inputs = inputs.data();
    kind.outputs = outputs.data();
    kind.options = options.data();
    kind.input_count = 2;
    kind.output_count = 1;
    kind.option_count = 4;
    kind.create = [](const parley_host* /*host*/, const parley_value* /*options*/) -> void* {
      return nullptr;
    };
    kind.destroy = [](void* /*self*/) {};
    kind.process = [](void* /*self*/) { return std::int32_t{0}; };
    plugin.abi = PARLEY_PLUGIN_ABI;
    plugin.operator_count = 1;
    plugin.name = "plugin";
    plugin.version = "1";
    plugin.operators = &kind;
  }
};

std::string finding(const std::function<void(Table&)>& spoil) {
  Table table;
  spoil(table);
  const Status checked = check_plugin(&table.plugin);
  return checked ? "" : checked.error().message;
}

TEST(DescriptorCheck, TakesWhatIsRight) {
  EXPECT_EQ(finding([](Table&) {}), "");
  EXPECT_EQ(check_plugin(nullptr).error().message, "parley_plugin_entry returned NULL");
}

TEST(DescriptorCheck, LooksAtTheAbiFirst) {
  const auto status = [](std::uint32_t abi) {
    Table table;
    table.plugin.abi = abi;
    table.plugin.operators = nullptr;
    return check_plugin(&table.plugin);
  };
  EXPECT_EQ(status(0).error().code, ErrorCode::failed_precondition);
  EXPECT_EQ(status(2).error().code, ErrorCode::failed_precondition);
}

TEST(DescriptorCheck, LooksAtThePlugin) {
  EXPECT_EQ(finding([](Table& t) { t.plugin.name = nullptr; }), "the plugin's name is NULL");
  EXPECT_EQ(finding([](Table& t) { t.plugin.version = nullptr; }), "the plugin's version is NULL");
  EXPECT_EQ(finding([](Table& t) { t.plugin.operator_count = 257; }),
            "has 257 operators; give 1 to 256");
}

TEST(DescriptorCheck, LooksAtNames) {
  const std::string name(64, 'a');
  EXPECT_EQ(finding([&](Table& t) { t.kind.kind = name.c_str(); }),
            "operator 0: kind is longer than 63 bytes");
  EXPECT_EQ(finding([&](Table& t) { t.kind.kind = name.c_str() + 1; }), "");
  EXPECT_EQ(finding([](Table& t) { t.kind.kind = ""; }),
            "operator 0: kind is ''; give small letters, digits and _");
  EXPECT_EQ(finding([](Table& t) { t.kind.kind = "1st"; }),
            "operator 0: kind is '1st'; give small letters, digits and _");
  EXPECT_EQ(finding([](Table& t) { t.kind.kind = "a\xc3\xa9\n"; }),
            "operator 0: kind is 'a\?\?\?'; give small letters, digits and _");
}

TEST(DescriptorCheck, LooksAtAKind) {
  EXPECT_EQ(finding([](Table& t) { t.kind.summary = nullptr; }), "kind 'kind': summary is NULL");
  EXPECT_EQ(finding([](Table& t) { t.kind.create = nullptr; }), "kind 'kind': create is NULL");
  EXPECT_EQ(finding([](Table& t) { t.kind.destroy = nullptr; }), "kind 'kind': destroy is NULL");
  EXPECT_EQ(finding([](Table& t) { t.kind.process = nullptr; }), "kind 'kind': process is NULL");
  EXPECT_EQ(finding([](Table& t) { t.kind.option_count = 65; }),
            "kind 'kind': options: 65 are too many (at most 64)");
  EXPECT_EQ(finding([](Table& t) { t.kind.inputs = nullptr; }),
            "kind 'kind': inputs is NULL, but 2 are announced");
  EXPECT_EQ(finding([](Table& t) { t.kind.input_count = t.kind.output_count = 0; }),
            "kind 'kind': has neither inputs nor outputs");
}

TEST(DescriptorCheck, LooksAtPorts) {
  const std::string in = "kind 'kind': input 'audio': ";
  EXPECT_EQ(finding([](Table& t) { t.inputs[1].name = "audio"; }),
            "kind 'kind': input 'audio' is there twice");
  EXPECT_EQ(finding([](Table& t) { t.inputs[0].frame = 0; }), in + "frame kind 0 does not exist");
  EXPECT_EQ(finding([](Table& t) { t.inputs[0].capacity = 70'000; }),
            in + "capacity is 70000 (at most 65536)");
  EXPECT_EQ(finding([](Table& t) { t.inputs[0].is_optional = 2; }),
            in + "is_optional is neither 0 nor 1");
  EXPECT_EQ(finding([](Table& t) { t.inputs[0].rate_hz = -1; }), in + "rate_hz is -1");
  EXPECT_EQ(finding([](Table& t) { t.inputs[0].channels = 65; }), in + "channels is 65");
  EXPECT_EQ(finding([](Table& t) { t.inputs[0].rank = 1; }),
            in + "has a shape, but carries no tensors");
  EXPECT_EQ(finding([](Table& t) { t.inputs[1].rate_hz = 8000; }),
            "kind 'kind': input 'scores': has rate_hz or channels, but carries no audio");
  EXPECT_EQ(finding([](Table& t) { t.inputs[1].rank = 7; }),
            "kind 'kind': input 'scores': rank is 7");
  EXPECT_EQ(finding([](Table& t) { t.inputs[1].dims[0] = -2; }),
            "kind 'kind': input 'scores': a dimension is -2");
  EXPECT_EQ(finding([](Table& t) { t.outputs[0].format_of = "sound"; }),
            "kind 'kind': output 'audio': format_of 'sound' is no input");
}

TEST(DescriptorCheck, LooksAtOptions) {
  const auto option = [](int index, const std::function<void(parley_option&)>& spoil) {
    return finding([&](Table& t) { spoil(t.options[static_cast<std::size_t>(index)]); });
  };
  EXPECT_EQ(option(1, [](parley_option& o) { o.name = "flag"; }),
            "kind 'kind': option 'flag' is there twice");
  EXPECT_EQ(option(0, [](parley_option& o) { o.help = nullptr; }),
            "kind 'kind': option 'flag': help is NULL");
  EXPECT_EQ(option(0, [](parley_option& o) { o.preset.type = 0; }),
            "kind 'kind': option 'flag': type 0 does not exist");
  EXPECT_EQ(option(0, [](parley_option& o) { o.preset.flag = 2; }),
            "kind 'kind': option 'flag': the preset is neither 0 nor 1");
  EXPECT_EQ(option(1, [](parley_option& o) { o.max = 1e300; }),
            "kind 'kind': option 'whole': the range is wider than 2^53");
  EXPECT_EQ(option(1, [](parley_option& o) { o.preset.whole = 2; }),
            "kind 'kind': option 'whole': the preset is not from min to max");
  EXPECT_EQ(option(2, [](parley_option& o) { o.min = 2.0; }),
            "kind 'kind': option 'number': min and max are no range");
  EXPECT_EQ(option(2, [](parley_option& o) { o.max = kNan; }),
            "kind 'kind': option 'number': min and max are no range");
  EXPECT_EQ(option(2, [](parley_option& o) { o.preset.number = kNan; }),
            "kind 'kind': option 'number': the preset is not from min to max");
  EXPECT_EQ(option(3, [](parley_option& o) { o.preset.text = nullptr; }),
            "kind 'kind': option 'text': the preset is NULL");
}

}  // namespace
}  // namespace parley::graph
