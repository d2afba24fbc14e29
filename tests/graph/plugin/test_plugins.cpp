// SPDX-License-Identifier: Apache-2.0
#include "tests/graph/plugin/test_plugins.h"

namespace parley::graph::test {

std::string plugin_path(std::string_view name) {
  return std::string(PARLEY_TEST_PLUGINS) + "/" + std::string(name) + ".so";
}

}  // namespace parley::graph::test
