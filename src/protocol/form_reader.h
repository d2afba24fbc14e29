// SPDX-License-Identifier: Apache-2.0
//
// Reads a form field by field, as ObjectReader reads a JSON object, and says what is wrong in the
// same words. A text field without text counts as absent: that is how forms send what nobody
// filled in.
//
// Only for .cpp files of protocol/: it brings Boost.JSON. Threads: one owner.
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/json_reader.h"
#include "protocol/multipart_form.h"

namespace parley::protocol {

class FormReader {
 public:
  /// Both must outlive the reader.
  FormReader(const MultipartForm& form, Problems& problems) : form_(form), problems_(problems) {}

  /// The one part of that name, or null; a second one is reported.
  const FormPart* find(std::string_view name);
  /// Valid UTF-8 and not empty, of at most so many characters (0: as many as there are).
  std::optional<std::string> text(std::string_view name, std::size_t characters_max);
  std::optional<double> number(std::string_view name, double min, double max);
  /// true or false, also as Python and shells write them: True, 1.
  std::optional<bool> boolean(std::string_view name);
  template <typename E, std::size_t N>
  std::optional<E> choice(std::string_view name, const std::array<Choice<E>, N>& choices) {
    const std::optional<std::string> word = text(name, 0);
    return word ? chosen(name, *word, choices) : std::nullopt;
  }

  /// A list comes as `name[]`, repeated, and from some clients as `name`.
  std::vector<std::string> texts(std::string_view name, std::size_t count_max,
                                 std::size_t characters_max);
  template <typename E, std::size_t N>
  std::vector<E> choices(std::string_view name, const std::array<Choice<E>, N>& choices) {
    std::vector<E> list;
    for (const std::string& word : texts(name, kFormPartsMax, 0)) {
      if (const std::optional<E> value = chosen(name, word, choices)) list.push_back(*value);
    }
    return list;
  }

  [[nodiscard]] const MultipartForm& form() const { return form_; }
  [[nodiscard]] Problems& problems() { return problems_; }

 private:
  std::optional<std::string> text_of(const FormPart& part, std::size_t characters_max);
  template <typename E, std::size_t N>
  std::optional<E> chosen(std::string_view name, std::string_view word,
                          const std::array<Choice<E>, N>& choices) {
    if (const std::optional<E> value = value_of(word, choices)) return value;
    std::array<std::string_view, N> names{};
    for (std::size_t i = 0; i < N; ++i) names[i] = choices[i].name;
    problems_.report(unsupported_value(std::string(name), word, list_of(names)));
    return std::nullopt;
  }

  const MultipartForm& form_;
  Problems& problems_;
};

/// The whole of `text` as a finite number.
[[nodiscard]] std::optional<double> number_of(std::string_view text) noexcept;

/// "Invalid value for 'x': expected A, but got 'B' instead.", B cut where it is long.
[[nodiscard]] ProtocolError unexpected_text(std::string_view name, std::string_view expected,
                                            std::string_view got);

}  // namespace parley::protocol
