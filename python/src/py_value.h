// SPDX-License-Identifier: Apache-2.0
//
// Python objects in the engine. A reference to one may be copied and dropped on any thread without
// the interpreter's lock (GIL): what is dropped goes to a list, which the next thread that holds
// the lock empties. So no frame that is freed ever waits for Python, and no destructor written in
// Python runs inside the engine.
//
//   media::Opaque frame{.object = hold(value)};      // with the GIL
//   py::object again = object_of(frame.object);      // with the GIL
//
// Threads: stated at each function.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>

#include <pybind11/pybind11.h>

#include "held.h"
#include "media/buffer_pool.h"

namespace parley::python {

namespace py = pybind11;

/// Threads: with the GIL.
[[nodiscard]] Held hold(py::object value);
[[nodiscard]] py::object object_of(const Held& held);

/// Frees what was dropped since the last time. Threads: with the GIL, and no lock of ours.
void free_dropped() noexcept;

/// `memory` belongs to `owner`, an array, which lives as long as the reference. Threads: with the
/// GIL.
[[nodiscard]] media::BufferRef wrap_memory(media::BufferPool& pool,
                                           std::span<const std::byte> memory, py::object owner);

/// An array's base object that keeps a buffer of the engine alive. Threads: with the GIL.
[[nodiscard]] py::capsule keep_alive(media::BufferRef buffer);

/// An exception of Python on its way through the engine.
class PythonError : public std::runtime_error {
 public:
  PythonError(const std::string& what, Held exception)
      : std::runtime_error(what), exception_(std::move(exception)) {}
  [[nodiscard]] const Held& exception() const { return exception_; }

 private:
  Held exception_;
};

/// The exception that was caught, with its traceback. Threads: with the GIL.
[[nodiscard]] PythonError to_python_error(py::error_already_set& error);
/// Raises the exception that `held` is, with the traceback that it has. Threads: with the GIL.
[[noreturn]] void raise_held(const Held& held);

}  // namespace parley::python
