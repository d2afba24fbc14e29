// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "graph/frame_type.h"
#include "operators/flow/print_operator.h"
#include "operators/flow/routing.h"
#include "operators/flow/tick_source.h"
#include "operators/register_all.h"

namespace parley::operators {
namespace {

using graph::OptionTable;
using graph::Registry;
using MadeOperator = std::unique_ptr<graph::Operator>;

constexpr int kRateMost = 384'000;  // Hz
constexpr int kChannelsMost = 32;

/// One struct for all: each kind's table shows only what it has.
struct RoutingOptions {
  std::size_t type = graph::frame_index<media::AudioFrame>();
  bool open = true;
  int inputs = 2;
  int outputs = 2;
  int route = 1;
  bool drops = false;
  int rate_hz = 0;
  int channels = 0;
  std::string label = {};

  [[nodiscard]] graph::PortFormat format() const {
    return {.rate_hz = rate_hz, .channels = channels};
  }
};
using Options = RoutingOptions;

OptionTable<Options> typed() {
  std::vector<std::pair<std::string, std::size_t>> types;
  for (const std::string& name : graph::frame_type_names()) types.emplace_back(name, types.size());
  OptionTable<Options> table;
  table.choice("type", &Options::type, std::move(types), "Kind of the frames");
  return table;
}

OptionTable<Options> with_route(OptionTable<Options> table) {
  table.whole("route", &Options::route, 0, kBranchesMax,
              "Which one at first, from 1; 0: none. Changed by control 'route'");
  return table;
}

OptionTable<Options> with_inputs(OptionTable<Options> table) {
  table.whole("inputs", &Options::inputs, 1, kBranchesMax, "How many: ports in1, in2, and so on")
      .whole("rate_hz", &Options::rate_hz, 0, kRateMost,
             "Sample rate that all of them must have; 0: not checked")
      .whole("channels", &Options::channels, 0, kChannelsMost,
             "Channels that all of them must have; 0: not checked");
  return table;
}

OptionTable<Options> with_outputs(OptionTable<Options> table) {
  table.whole("outputs", &Options::outputs, 1, kBranchesMax,
              "How many: ports out1, out2, and so on");
  return table;
}

/// `make` gets a std::type_identity of the frame kind, and the options.
template <typename Make>
void add_typed(Registry& registry, const std::string& kind, const std::string& summary,
               OptionTable<Options> table, Make make) {
  registry.add(kind, summary, std::move(table), [make](const Options& options) {
    return graph::with_frame_type(options.type, [&]<typename T>(std::type_identity<T> type) {
      return MadeOperator(make(type, options));
    });
  });
}

}  // namespace

void register_routing_operators(Registry& registry, const OperatorBindings& bindings) {
  OptionTable<Options> gate = typed();
  gate.flag("open", &Options::open, "Whether it is open at first. Changed by control 'open'");
  add_typed(registry, "gate", "Lets frames through, or drops them", std::move(gate),
            []<typename T>(std::type_identity<T>, const Options& options) {
              return std::make_unique<GateOperator<T>>(options.open);
            });
  add_typed(registry, "switch", "Sends frames to one of several outputs",
            with_route(with_outputs(typed())),
            []<typename T>(std::type_identity<T>, const Options& options) {
              return std::make_unique<SwitchOperator<T>>(options.outputs, options.route);
            });
  add_typed(registry, "select", "Takes frames from one of several inputs, and drops the others",
            with_route(with_inputs(typed())),
            []<typename T>(std::type_identity<T>, const Options& options) {
              return std::make_unique<SelectOperator<T>>(options.inputs, options.route,
                                                         options.format());
            });
  OptionTable<Options> tee = with_outputs(typed());
  tee.choice("when_full", &Options::drops, {{"block", false}, {"drop", true}},
             "A branch that is full holds up all, or loses the frame");
  add_typed(registry, "tee", "Sends frames to several outputs", std::move(tee),
            []<typename T>(std::type_identity<T>, const Options& options) {
              return std::make_unique<TeeOperator<T>>(options.outputs, options.drops);
            });
  add_typed(registry, "merge", "Takes frames from several inputs, in order of arrival",
            with_inputs(typed()), []<typename T>(std::type_identity<T>, const Options& options) {
              return std::make_unique<MergeOperator<T>>(options.inputs, options.format());
            });
  using Ticks = TickSource::Options;
  constexpr Millis kPeriodMost{24LL * 3600 * 1000};
  registry.add("ticks", "Control frames at a steady pace",
               OptionTable<Ticks>()
                   .text("name", &Ticks::name, "Of the control, such as open or route")
                   .millis("period_ms", &Ticks::period, Millis(1), kPeriodMost, "Between two")
                   .whole("count", &Ticks::count, 0, std::numeric_limits<std::int64_t>::max(),
                          "How many; 0: without end")
                   .choice("value", &Ticks::toggles, {{"count", false}, {"toggle", true}},
                           "1, 2, 3 and so on; or true and false in turn"),
               [](Ticks options) { return std::make_unique<TickSource>(std::move(options)); });
  OptionTable<Options> print = typed();
  print.text("label", &Options::label, "First column of each line");
  registry.add(
      "print", "Writes a line for each frame: label, seconds, what it is", std::move(print),
      [lines = bindings.lines](const Options& options) -> Result<MadeOperator> {
        if (lines == nullptr) return not_bound("a place to print to");
        return graph::with_frame_type(
            options.type, [&]<typename T>(std::type_identity<T> /*type*/) {
              return MadeOperator(std::make_unique<PrintOperator<T>>(options.label, *lines));
            });
      });
}

}  // namespace parley::operators
