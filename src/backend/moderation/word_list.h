// SPDX-License-Identifier: Apache-2.0
//
// Words and phrases that may not stand in a text. Whole words, letters of ASCII without case;
// punctuation and blanks between the words of a phrase are all the same.
// Threads: immutable.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/moderation_host.h"

namespace parley::backend {

class WordList final : public model::ModerationHost {
 public:
  explicit WordList(const std::vector<std::string>& phrases);
  [[nodiscard]] bool is_in(std::string_view text) const;
  /// Done at once.
  bool submit(std::shared_ptr<model::ModerationCall> call) override;

 private:
  std::vector<std::string> phrases_;  // " word word "
};

}  // namespace parley::backend
