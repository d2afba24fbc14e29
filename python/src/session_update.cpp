// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "engine.h"
#include "failure.h"
#include "session.h"

namespace parley::python {

void Session::update(const std::string& id, py::object op) {
  Entry& entry = find(id);
  if (!std::holds_alternative<Held>(entry.op)) {
    raise_graph("'" + id + "' is an operator of the box: give one of the same kind of ports");
  }
  const Held before = std::get<Held>(entry.op);
  entry.op = hold(op);
  try {
    check(std::nullopt);
    if (runner_ == nullptr) return;
    auto made = std::make_unique<PythonOperator>(op, entry.place, *exchange_);
    raise_unless([&] {
      const py::gil_scoped_release released;
      return runner_->update_operator(id, std::move(made));
    }());
  } catch (...) {
    entry.op = before;
    throw;
  }
}

void Session::update(const std::string& id, BoxSpec box) {
  Entry& entry = find(id);
  if (!std::holds_alternative<BoxSpec>(entry.op)) {
    raise_graph("'" + id + "' is an operator of Python: give another one");
  }
  auto& before = std::get<BoxSpec>(entry.op);
  auto made = Engine::instance().make(box.kind, box.options);
  if (!made) raise(made.error());
  if (!box.inputs) box.inputs = before.inputs;
  if (!box.outputs) box.outputs = before.outputs;
  if (runner_ != nullptr) {
    raise_unless([&] {
      const py::gil_scoped_release released;
      return runner_->update_operator(id, *std::move(made));
    }());
  }
  before = std::move(box);
}

}  // namespace parley::python
