// SPDX-License-Identifier: Apache-2.0
//
// Any text as a graph file: it is read, built, compiled and drawn, or refused with a message that
// begins with the place.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "../../tests/graph/graph_file_kinds.h"
#include "base/check.h"
#include "graph/dot.h"
#include "graph/graph_build.h"
#include "graph/graph_file.h"
#include "graph/plan.h"

namespace {

void check_message(const parley::Error& error) {
  PARLEY_CHECK(error.message.starts_with("f.yaml:") || error.message.starts_with("a graph has"));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const parley::graph::Registry registry = parley::graph::test::make_test_registry();
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  parley::Result<parley::graph::GraphFile> file = parley::graph::parse_graph_file(text, "f.yaml");
  if (!file) {
    check_message(file.error());
    return 0;
  }
  // The last line once more, as an option of the command line.
  static_cast<void>(parley::graph::set_option(*file, text.substr(text.rfind('\n') + 1)));
  parley::Result<parley::graph::GraphSpec> spec = parley::graph::build_graph(*file, registry);
  if (!spec) {
    check_message(spec.error());
    return 0;
  }
  const parley::Result<parley::graph::Plan> plan = parley::graph::Plan::compile(*std::move(spec));
  if (!plan) {
    check_message(plan.error());
    return 0;
  }
  PARLEY_CHECK(!parley::graph::dot_text(*plan, file->name).empty());
  return 0;
}
