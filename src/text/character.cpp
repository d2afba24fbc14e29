// SPDX-License-Identifier: Apache-2.0
#include "text/character.h"

#include <algorithm>
#include <array>

namespace parley::text {
namespace {

struct Range {
  char32_t first;
  char32_t last;
  CharacterKind kind;
};

using enum CharacterKind;

// In ascending order, without overlap; what is in none is `other`.
constexpr std::array kRanges = {
    Range{0x00, 0x08, dropped},        Range{0x09, 0x09, space},
    Range{0x0A, 0x0A, line},           Range{0x0B, 0x0C, line},
    Range{0x0D, 0x0D, dropped},        Range{0x0E, 0x1F, dropped},
    Range{0x20, 0x20, space},          Range{0x7F, 0x84, dropped},
    Range{0x85, 0x85, line},           Range{0x86, 0x9F, dropped},
    Range{0xA0, 0xA0, space},          Range{0xAD, 0xAD, dropped},
    Range{0x061C, 0x061C, dropped},    Range{0x1680, 0x1680, space},
    Range{0x180E, 0x180E, dropped},    Range{0x2000, 0x200A, space},
    Range{0x200B, 0x200F, dropped},    Range{0x2028, 0x2029, line},
    Range{0x202A, 0x202E, dropped},    Range{0x202F, 0x202F, space},
    Range{0x205F, 0x205F, space},      Range{0x2060, 0x206F, dropped},
    Range{0x20E3, 0x20E3, emoji},      Range{0x231A, 0x231B, emoji},
    Range{0x23CF, 0x23CF, emoji},      Range{0x23E9, 0x23FA, emoji},
    Range{0x24C2, 0x24C2, emoji},      Range{0x25A0, 0x25FF, emoji},
    Range{0x2600, 0x26FF, emoji},      Range{0x2700, 0x27BF, emoji},
    Range{0x2934, 0x2935, emoji},      Range{0x2B05, 0x2B07, emoji},
    Range{0x2B1B, 0x2B1C, emoji},      Range{0x2B50, 0x2B55, emoji},
    Range{0x3000, 0x3000, space},      Range{0x3001, 0x3002, wide_mark},
    Range{0x3005, 0x3007, ideograph},  Range{0x3008, 0x3011, wide_mark},
    Range{0x3014, 0x301B, wide_mark},  Range{0x301C, 0x301F, wide_mark},
    Range{0x3030, 0x3030, emoji},      Range{0x303D, 0x303D, emoji},
    Range{0x3040, 0x30FF, kana},       Range{0x31F0, 0x31FF, kana},
    Range{0x3297, 0x3299, emoji},      Range{0x3400, 0x4DBF, ideograph},
    Range{0x4E00, 0x9FFF, ideograph},  Range{0xE000, 0xF8FF, dropped},
    Range{0xF900, 0xFAFF, ideograph},  Range{0xFE00, 0xFE0F, dropped},
    Range{0xFEFF, 0xFEFF, dropped},    Range{0xFF01, 0xFF01, wide_mark},
    Range{0xFF08, 0xFF09, wide_mark},  Range{0xFF0C, 0xFF0C, wide_mark},
    Range{0xFF0E, 0xFF0E, wide_mark},  Range{0xFF1A, 0xFF1B, wide_mark},
    Range{0xFF1F, 0xFF1F, wide_mark},  Range{0xFF5E, 0xFF5E, wide_mark},
    Range{0xFF61, 0xFF65, wide_mark},  Range{0xFF66, 0xFF9F, kana},
    Range{0xFFF0, 0xFFFB, dropped},    Range{0xFFFD, 0xFFFF, dropped},
    Range{0x1F000, 0x1FAFF, emoji},    Range{0x20000, 0x3FFFF, ideograph},
    Range{0xE0000, 0x10FFFF, dropped},
};

constexpr bool is_ascending() {
  for (std::size_t i = 1; i < kRanges.size(); ++i) {
    if (kRanges[i - 1].last >= kRanges[i].first) return false;
  }
  return true;
}
static_assert(is_ascending());

}  // namespace

CharacterKind kind_of(char32_t code) noexcept {
  if (code > 0x20 && code < 0x7F) return other;
  const auto* range = std::ranges::lower_bound(kRanges, code, {}, &Range::last);
  return range != kRanges.end() && code >= range->first ? range->kind : other;
}

}  // namespace parley::text
