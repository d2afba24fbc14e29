// SPDX-License-Identifier: Apache-2.0
//
// What stands after an operator of the box: makes values of the frames that come out.
//
// Threads: strand.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "box.h"
#include "exchange.h"
#include "graph/operator.h"
#include "graph/port.h"

namespace parley::python {

/// From an operator's outputs to names.
class CollectorOperator final : public graph::Operator {
 public:
  CollectorOperator(Exchange& exchange, Box& box);
  ~CollectorOperator() override;

  /// The port for a feed's tokens. Before the graph is compiled.
  std::string add_feed();
  void add_output(std::size_t type, const std::string& port, std::string name);

  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  [[nodiscard]] bool is_busy() const noexcept override { return !exchange_.is_quiet(); }

 private:
  class Output;
  template <typename T>
  class OutputOf;

  void collect();
  void settle_fed();
  std::size_t index_of(const std::string& name, const media::FrameHeader& head);

  Exchange& exchange_;
  Box& box_;
  std::vector<std::unique_ptr<graph::In<media::Opaque>>> fed_;
  std::vector<std::unique_ptr<Output>> outputs_;
  ActivationPtr counted_for_;                    // `given_` and `groups_` are of this one
  std::map<std::string, std::size_t> given_;     // frames by name
  std::map<std::uint64_t, std::size_t> groups_;  // index by sequence number
};

}  // namespace parley::python
