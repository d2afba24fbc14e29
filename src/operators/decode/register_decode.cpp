// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <string>
#include <utility>

#include "operators/decode/ctc_greedy.h"
#include "operators/decode/ctc_prefix_beam.h"
#include "operators/decode/decode_text_operator.h"
#include "operators/decode/labels_operator.h"
#include "operators/decode/wfst_decoder.h"
#include "operators/register_all.h"

namespace parley::operators {
namespace {

enum class CtcSearch : std::uint8_t { greedy, beam };

struct CtcOptions {
  std::string symbols = {};
  CtcSearch search = CtcSearch::beam;
  int blank = 0;
  int beam = 16;
  int candidates = 20;
  SymbolKind kind = SymbolKind::pieces;
  bool logits = false;
  bool partials = true;
};

struct GraphOptions {
  std::string graph = {};
  std::string symbols = {};
  int tokens = 0;
  float beam = 16.0F;
  int active_max = 2'000;
  float scale = 1.0F;
  SymbolKind kind = SymbolKind::words;
  bool logits = false;
  bool partials = true;
};

constexpr int kTokensMax = 1 << 20;

Result<std::shared_ptr<const Symbols>> read_symbols(const std::string& file) {
  PARLEY_TRY(Symbols symbols, Symbols::read(file));
  return std::make_shared<const Symbols>(std::move(symbols));
}

Result<DecodeTextOperator::Parts> load_ctc(const CtcOptions& options) {
  DecodeTextOperator::Parts parts;
  PARLEY_TRY(parts.symbols, read_symbols(options.symbols));
  if (options.search == CtcSearch::greedy) {
    parts.decoder = std::make_unique<CtcGreedy>(options.blank);
  } else {
    parts.decoder = std::make_unique<CtcPrefixBeam>(CtcBeamOptions{
        .blank = options.blank, .beam = options.beam, .candidates = options.candidates});
  }
  return parts;
}

Result<DecodeTextOperator::Parts> load_graph(const GraphOptions& options) {
  DecodeTextOperator::Parts parts;
  PARLEY_TRY(parts.symbols, read_symbols(options.symbols));
  PARLEY_TRY(FstGraph graph, FstGraph::read(options.graph));
  if (graph.input_max() > options.tokens) {
    return Error{ErrorCode::invalid_argument,
                 options.graph + ": it has input label " + std::to_string(graph.input_max()) +
                     ", and tokens is " + std::to_string(options.tokens)};
  }
  parts.decoder = std::make_unique<WfstDecoder>(
      std::make_shared<const FstGraph>(std::move(graph)), static_cast<std::size_t>(options.tokens),
      WfstOptions{.beam = options.beam, .active_max = options.active_max, .scale = options.scale});
  return parts;
}

template <typename Options>
void add_text_options(graph::OptionTable<Options>& table) {
  table
      .choice("kind", &Options::kind,
              {{"pieces", SymbolKind::pieces}, {"words", SymbolKind::words}},
              "What symbols are: pieces of words, or whole words")
      .flag("logits", &Options::logits, "The scores are no log probabilities yet")
      .flag("partials", &Options::partials, "Also give text that may still change");
}

graph::OptionTable<CtcOptions> ctc_options() {
  graph::OptionTable<CtcOptions> table;
  table.text("symbols", &CtcOptions::symbols, "File of lines 'symbol number'").required();
  table
      .choice("search", &CtcOptions::search,
              {{"greedy", CtcSearch::greedy}, {"beam", CtcSearch::beam}}, "How to search")
      .whole("blank", &CtcOptions::blank, 0, kTokensMax, "Number of the blank")
      .whole("beam", &CtcOptions::beam, 1, CtcPrefixBeam::kBeamMax, "Readings that are kept")
      .whole("candidates", &CtcOptions::candidates, 1, CtcPrefixBeam::kCandidatesMax,
             "Tokens of a row that may extend a reading");
  add_text_options(table);
  return table;
}

graph::OptionTable<GraphOptions> graph_options() {
  graph::OptionTable<GraphOptions> table;
  table.text("graph", &GraphOptions::graph, "File of OpenFst, type vector or const").required();
  table.text("symbols", &GraphOptions::symbols, "File of lines 'symbol number'").required();
  table.whole("tokens", &GraphOptions::tokens, 1, kTokensMax, "Columns of the scores").required();
  table.number("beam", &GraphOptions::beam, 0.1F, 10'000.0F, "Cost beyond the best that goes on")
      .whole("active_max", &GraphOptions::active_max, 1, WfstDecoder::kActiveMax,
             "States that survive a row")
      .number("scale", &GraphOptions::scale, 0.001F, 1'000.0F, "Weight of the scores");
  add_text_options(table);
  return table;
}

template <typename Options, typename Loader>
std::unique_ptr<DecodeTextOperator> make_decoder(const Options& options, Loader loader) {
  return std::make_unique<DecodeTextOperator>(
      DecodeTextOperator::Options{
          .kind = options.kind, .logits = options.logits, .partials = options.partials},
      [options, loader] { return loader(options); });
}

}  // namespace

void register_decode_operators(graph::Registry& registry, const OperatorBindings&) {
  registry.add("ctc_decode", "Scores of a CTC model into text", ctc_options(),
               [](const CtcOptions& options) { return make_decoder(options, load_ctc); });
  registry.add("wfst_decode", "Scores into text through a decoding graph of OpenFst",
               graph_options(),
               [](const GraphOptions& options) { return make_decoder(options, load_graph); });
  registry.add("labels", "Takes tags such as <|en|> and <|HAPPY|> out of transcripts as labels",
               graph::OptionTable<graph::NoOptions>(),
               [](graph::NoOptions) { return std::make_unique<LabelsOperator>(); });
}

}  // namespace parley::operators
