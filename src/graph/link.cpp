// SPDX-License-Identifier: Apache-2.0
#include "graph/link.h"

#include <type_traits>

namespace parley::graph {

std::unique_ptr<LinkBase> make_link(std::size_t type, std::string name, std::size_t capacity) {
  return with_frame_type(type, [&](auto identity) -> std::unique_ptr<LinkBase> {
    using T = typename decltype(identity)::type;
    return std::make_unique<Link<T>>(std::move(name), capacity);
  });
}

}  // namespace parley::graph
