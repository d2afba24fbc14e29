// SPDX-License-Identifier: Apache-2.0
#include "ends.h"

#include <string>
#include <utility>

namespace parley::python {

using graph::Progress;
using media::Opaque;

Status EntryOperator::open(graph::ProcessContext& context) {
  exchange_.set_entry_waker(context.waker());
  return {};
}

Result<Progress> EntryOperator::process(graph::ProcessContext& /*context*/) {
  while (in_.peek() != nullptr) {
    if (!out_.has_room()) return Progress::blocked;
    if (!exchange_.has_room()) return Progress::need_input;  // woken when a result is taken
    const Opaque frame = in_.pop();
    const ActivationPtr activation = activation_of(frame);
    out_.push(token_of(*activation));
    exchange_.start(activation);
  }
  return Progress::need_input;
}

ExitOperator::ExitOperator(Exchange& exchange, std::size_t members) : exchange_(exchange) {
  for (std::size_t i = 0; i < members; ++i) {
    ran_.push_back(std::make_unique<graph::In<Opaque>>(*this, "ran" + std::to_string(i)));
  }
}

Status ExitOperator::open(graph::ProcessContext& context) {
  exchange_.set_exit_waker(context.waker());
  return {};
}

Result<Progress> ExitOperator::process(graph::ProcessContext& /*context*/) {
  for (const auto& in : ran_) {
    while (in->peek() != nullptr) static_cast<void>(in->pop());
  }
  while (true) {
    if (!results_.has_room()) return Progress::blocked;
    ActivationPtr result = exchange_.next_result();
    if (result == nullptr) return Progress::need_input;
    results_.push(to_frame(std::move(result)));
  }
}

}  // namespace parley::python
