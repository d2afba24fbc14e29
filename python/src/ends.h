// SPDX-License-Identifier: Apache-2.0
//
// Where activations enter a pipeline of names and where they leave it.
//
//   inlet "activations" → EntryOperator → every operator → ExitOperator → outlet "results"
//
// The entry tells every operator of each activation, so that the frames that wait in its port are
// the activations that it has not settled; each operator tells the exit of what it ran. Those edges
// are what the engine counts, times and limits; who may run is for the Exchange to say.
//
// Threads: strand.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "exchange.h"
#include "graph/operator.h"
#include "graph/port.h"

namespace parley::python {

/// Starts activations: as many as the exchange has room for.
class EntryOperator final : public graph::Operator {
 public:
  explicit EntryOperator(Exchange& exchange) : exchange_(exchange) {}
  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  [[nodiscard]] bool is_busy() const noexcept override { return !exchange_.is_quiet(); }

 private:
  Exchange& exchange_;
  graph::In<media::Opaque> in_{*this, "activations"};
  graph::Out<media::Opaque> out_{*this, "activations"};
};

/// Gives away those that are over, in order.
class ExitOperator final : public graph::Operator {
 public:
  /// `members` inputs, called ran0, ran1, …
  ExitOperator(Exchange& exchange, std::size_t members);
  Status open(graph::ProcessContext& context) override;
  Result<graph::Progress> process(graph::ProcessContext& context) override;
  [[nodiscard]] bool is_busy() const noexcept override { return !exchange_.is_quiet(); }

 private:
  Exchange& exchange_;
  std::vector<std::unique_ptr<graph::In<media::Opaque>>> ran_;
  graph::Out<media::Opaque> results_{*this, "results"};
};

}  // namespace parley::python
