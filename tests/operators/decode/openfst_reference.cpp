// SPDX-License-Identifier: Apache-2.0
//
// What OpenFst finds: writes random graphs, random scores, and OpenFst's own shortest path through
// the two, for wfst_openfst_test.cpp. A program of its own because OpenFst's headers are C++17.
//
//   openfst_reference FOLDER COUNT
#include <cmath>
#include <cstdint>
#include <fstream>
#include <random>
#include <string>
#include <vector>

#include <fst/fstlib.h>

namespace {

using Arc = fst::StdArc;
using Graph = fst::VectorFst<Arc>;

double uniform(std::mt19937& generator) { return static_cast<double>(generator()) / 4294967296.0; }
int below(std::mt19937& random, int limit) { return static_cast<int>(uniform(random) * limit); }

Graph random_graph(std::mt19937& random, int tokens) {
  Graph graph;
  const int states = 2 + below(random, 20);
  for (int i = 0; i < states; ++i) graph.AddState();
  graph.SetStart(below(random, states));
  for (int i = 0; i < states; ++i) {
    if (uniform(random) < 0.3) graph.SetFinal(i, static_cast<float>(2.0 * uniform(random)));
    const int arcs = below(random, 6);
    for (int k = 0; k < arcs; ++k) {
      const int input = uniform(random) < 0.2 ? 0 : 1 + below(random, tokens);
      const int output = uniform(random) < 0.5 ? 0 : 1 + below(random, 100);
      graph.AddArc(
          i, Arc(input, output, static_cast<float>(3.0 * uniform(random)), below(random, states)));
    }
  }
  return graph;
}

Graph lattice_of(const std::vector<std::vector<float>>& rows) {
  Graph lattice;
  lattice.SetStart(lattice.AddState());
  for (const auto& row : rows) {
    const int from = lattice.NumStates() - 1;
    const int to = lattice.AddState();
    for (std::size_t token = 0; token < row.size(); ++token) {
      const int label = static_cast<int>(token) + 1;
      lattice.AddArc(from, Arc(label, label, -row[token], to));
    }
  }
  lattice.SetFinal(lattice.NumStates() - 1, Arc::Weight::One());
  return lattice;
}

void write_case(const std::string& folder, int number) {
  std::mt19937 random(static_cast<std::uint32_t>(number) + 1);
  const int tokens = 2 + below(random, 6);
  Graph graph = random_graph(random, tokens);
  std::vector<std::vector<float>> rows(1 + static_cast<std::size_t>(below(random, 12)));
  for (auto& row : rows) {
    for (int i = 0; i < tokens; ++i) row.push_back(static_cast<float>(-5.0 * uniform(random)));
  }
  const std::string base = folder + "/" + std::to_string(number);
  if (number % 2 == 0) {
    graph.Write(base + ".fst");
  } else {
    fst::ConstFst<Arc>(graph).Write(base + ".fst");
  }
  fst::ArcSort(&graph, fst::ILabelCompare<Arc>());
  Graph composed;
  fst::Compose(lattice_of(rows), graph, &composed);
  Graph path;
  fst::ShortestPath(composed, &path);
  float cost = 0.0F;
  std::vector<int> labels;
  const bool found = path.Start() != fst::kNoStateId;
  for (int state = path.Start(); found;) {
    if (path.NumArcs(state) == 0) {
      cost += path.Final(state).Value();
      break;
    }
    const Arc arc = fst::ArcIterator<Graph>(path, state).Value();
    cost += arc.weight.Value();
    if (arc.olabel != 0) labels.push_back(arc.olabel);
    state = arc.nextstate;
  }
  std::ofstream out(base + ".txt");
  out.precision(9);
  out << rows.size() << ' ' << tokens << '\n';
  for (const auto& row : rows) {
    for (const float value : row) out << value << ' ';
    out << '\n';
  }
  out << (found ? 1 : 0) << ' ' << cost << ' ' << labels.size();
  for (const int label : labels) out << ' ' << label;
  out << '\n';
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 3) return 2;
  const int cases = std::stoi(arguments[2]);
  for (int number = 0; number < cases; ++number) write_case(arguments[1], number);
  return 0;
}
