// SPDX-License-Identifier: Apache-2.0
#include "activation.h"

#include <utility>

namespace parley::python {

Slot* Activation::find(std::string_view name) {
  const auto own = slots.find(name);
  if (own != slots.end()) return &own->second;
  return parent == nullptr ? nullptr : parent->find(name);
}

media::Opaque token_of(const Activation& activation) {
  media::Opaque token;
  token.head.sequence = activation.number;
  return token;
}

media::Opaque to_frame(ActivationPtr activation) {
  media::Opaque frame;
  frame.head.sequence = activation->number;
  frame.object = std::move(activation);
  return frame;
}

ActivationPtr activation_of(const media::Opaque& frame) {
  return std::const_pointer_cast<Activation>(
      std::static_pointer_cast<const Activation>(frame.object));
}

}  // namespace parley::python
