// SPDX-License-Identifier: Apache-2.0
//
// Where the plugins are that CMakeLists.txt builds for these tests.
#pragma once

#include <string>
#include <string_view>

namespace parley::graph::test {

/// "sample", "faulty", "other_abi" and so on.
std::string plugin_path(std::string_view name);

}  // namespace parley::graph::test
