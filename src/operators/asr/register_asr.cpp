// SPDX-License-Identifier: Apache-2.0
#include <memory>

#include "operators/asr/asr_from_file.h"
#include "operators/register_all.h"

namespace parley::operators {
namespace {

struct Options {
  std::string language;
};

}  // namespace

void register_asr_operators(graph::Registry& registry, const OperatorBindings& bindings) {
  registry.add(
      "asr", "Utterances to text",
      graph::OptionTable<Options>().text("language", &Options::language,
                                         "ISO 639-1, such as en; empty: the model's own"),
      [host = bindings.asr](const Options& options) -> Result<std::unique_ptr<AsrFromFile>> {
        if (host == nullptr) return not_bound("a speech recognition model");
        return std::make_unique<AsrFromFile>(*host, options.language);
      });
}

}  // namespace parley::operators
