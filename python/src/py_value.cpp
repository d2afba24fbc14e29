// SPDX-License-Identifier: Apache-2.0
#include "py_value.h"

#include <atomic>
#include <mutex>
#include <utility>
#include <vector>

namespace parley::python {

namespace {

/// What nobody in the engine refers to any more. Lives as long as the process, because frames may
/// be freed after everything else.
class Dropped {
 public:
  static Dropped& instance() {
    static auto* const dropped = std::make_unique<Dropped>().release();
    return *dropped;
  }

  void add(PyObject* object) noexcept {
    bool is_first = false;
    {
      const std::lock_guard lock(mutex_);
      is_first = objects_.empty();
      objects_.push_back(object);
    }
    // The main thread frees it soon, even when nobody calls us again.
    if (is_first && Py_IsInitialized() != 0) Py_AddPendingCall(&Dropped::free_later, nullptr);
  }

  void free_all() noexcept {
    std::vector<PyObject*> objects;
    {
      const std::lock_guard lock(mutex_);
      objects.swap(objects_);
    }
    for (PyObject* object : objects) Py_DECREF(object);
  }

 private:
  static int free_later(void* /*unused*/) {
    instance().free_all();
    return 0;
  }

  std::mutex mutex_;                // held for a push or a swap
  std::vector<PyObject*> objects_;  // GUARDED_BY(mutex_)
};

/// The arrays behind wrapped buffers; the token is the object.
class ArrayMemory final : public media::ExternalMemory {
 public:
  static ArrayMemory& instance() {
    static auto* const memory = std::make_unique<ArrayMemory>().release();
    return *memory;
  }
  void release(std::uint64_t token) noexcept override {
    Dropped::instance().add(reinterpret_cast<PyObject*>(token));
  }
};

}  // namespace

Held hold(py::object value) {
  PyObject* const object = value.release().ptr();
  return Held(static_cast<const void*>(object), [](const void* held) {
    Dropped::instance().add(static_cast<PyObject*>(const_cast<void*>(held)));
  });
}

py::object object_of(const Held& held) {
  if (held == nullptr) return py::none();
  return py::reinterpret_borrow<py::object>(static_cast<PyObject*>(const_cast<void*>(held.get())));
}

void free_dropped() noexcept { Dropped::instance().free_all(); }

media::BufferRef wrap_memory(media::BufferPool& pool, std::span<const std::byte> memory,
                             py::object owner) {
  if (memory.empty()) return {};
  PyObject* const object = owner.release().ptr();
  return pool.wrap(memory, ArrayMemory::instance(), reinterpret_cast<std::uint64_t>(object));
}

py::capsule keep_alive(media::BufferRef buffer) {
  auto kept = std::make_unique<media::BufferRef>(std::move(buffer));
  return py::capsule(kept.release(), [](void* pointer) {
    const std::unique_ptr<media::BufferRef> owned(static_cast<media::BufferRef*>(pointer));
  });
}

PythonError to_python_error(py::error_already_set& error) {
  py::object value = error.value();
  if (error.trace()) PyException_SetTraceback(value.ptr(), error.trace().ptr());
  std::string what = py::str(py::type::of(value).attr("__name__"));
  const std::string text = py::str(value);
  if (!text.empty()) what += ": " + text;
  return PythonError(what, hold(std::move(value)));
}

void raise_held(const Held& held) {
  const py::object value = object_of(held);
  PyErr_SetObject(py::type::of(value).ptr(), value.ptr());
  throw py::error_already_set();
}

}  // namespace parley::python
