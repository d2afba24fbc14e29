// SPDX-License-Identifier: Apache-2.0
#include "backend/tools/calculator.h"

#include <cmath>
#include <optional>

#include "backend/tools/spoken_words.h"

namespace parley::backend {
namespace {

Error no_sum() { return {ErrorCode::invalid_argument, "That is no sum that I can work out."}; }

/// Recursive descent: sum = product (+ product)*; product = power (* power)*; and so on.
class Reader {
 public:
  explicit Reader(const std::vector<std::string>& words) : words_(words) {}

  Result<Sum> read() {
    PARLEY_TRY(const double value, sum());
    if (at_ != words_.size()) return no_sum();
    if (!std::isfinite(value)) {
      return Error{ErrorCode::invalid_argument, "The answer is too large."};
    }
    return Sum{value, has_operator_};
  }

 private:
  [[nodiscard]] bool is(std::string_view word, std::size_t offset = 0) const {
    return at_ + offset < words_.size() && words_[at_ + offset] == word;
  }
  bool take(std::string_view word) {
    if (!is(word)) return false;
    ++at_;
    return true;
  }
  bool take(std::string_view first, std::string_view second) {
    if (!is(first) || !is(second, 1)) return false;
    at_ += 2;
    return true;
  }
  bool took_operator() {
    has_operator_ = true;
    return true;
  }

  Result<double> sum() {
    PARLEY_TRY(double value, product());
    for (;;) {
      if (take("+") || take("plus")) {
        took_operator();
        PARLEY_TRY(const double next, product());
        value += next;
      } else if (take("-") || take("minus")) {
        took_operator();
        PARLEY_TRY(const double next, product());
        value -= next;
      } else {
        return value;
      }
    }
  }

  Result<double> product() {
    PARLEY_TRY(double value, power());
    for (;;) {
      if (take("*") || take("times") || take("x") || take("multiplied", "by")) {
        took_operator();
        PARLEY_TRY(const double next, power());
        value *= next;
      } else if (take("/") || take("over") || take("divided", "by")) {
        took_operator();
        PARLEY_TRY(const double next, power());
        if (next == 0) {
          return Error{ErrorCode::invalid_argument, "One cannot divide by zero."};
        }
        value /= next;
      } else {
        return value;
      }
    }
  }

  Result<double> power() {
    PARLEY_TRY(double value, atom());
    for (;;) {
      if (take("squared")) {
        took_operator();
        value *= value;
      } else if (take("cubed")) {
        took_operator();
        value *= value * value;
      } else if (is("percent") || is("%")) {
        ++at_;
        took_operator();
        value /= 100;
        if (!take("of")) continue;
        PARLEY_TRY(const double whole, power());
        value *= whole;
      } else if (take_power()) {
        took_operator();
        PARLEY_TRY(const double exponent, atom());
        value = std::pow(value, exponent);
        if (std::isnan(value)) return no_sum();
      } else {
        return value;
      }
    }
  }

  bool take_power() {
    if (take("^")) return true;
    if (!is("to") || !is("the", 1) || !is("power", 2)) return false;
    at_ += 3;
    take("of");
    return true;
  }

  Result<double> atom() {
    if (++depth_ > kSumDepthMax) return no_sum();
    Result<double> value = read_atom();
    --depth_;
    return value;
  }

  Result<double> read_atom() {
    if (take("(")) {
      PARLEY_TRY(const double value, sum());
      if (!take(")")) return no_sum();
      return value;
    }
    if (take("-") || take("minus") || take("negative")) {
      PARLEY_TRY(const double value, atom());
      return -value;
    }
    const bool has_article = take("the");
    if (take("square", "root") || take("sqrt")) {
      take("of");
      took_operator();
      PARLEY_TRY(const double value, atom());
      if (value < 0) {
        return Error{ErrorCode::invalid_argument, "A negative number has no square root."};
      }
      return std::sqrt(value);
    }
    if (has_article) return no_sum();
    const std::optional<double> number = take_number(words_, at_);
    if (!number) return no_sum();
    return *number;
  }

  const std::vector<std::string>& words_;
  std::size_t at_ = 0;
  int depth_ = 0;
  bool has_operator_ = false;
};

}  // namespace

Result<Sum> calculate(const std::vector<std::string>& words) { return Reader(words).read(); }

Result<Sum> calculate(std::string_view text) {
  std::vector<std::string> words = spoken_words(text);
  while (!words.empty() && words.back() == "=") words.pop_back();
  return calculate(words);
}

}  // namespace parley::backend
