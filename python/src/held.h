// SPDX-License-Identifier: Apache-2.0
//
// A reference to an object of Python, for those who only pass it on (py_value.h has what can be
// done with it). May be copied and dropped on any thread, without the interpreter's lock.
#pragma once

#include <memory>

namespace parley::python {

using Held = std::shared_ptr<const void>;  // shared by all frames that carry the object

}  // namespace parley::python
