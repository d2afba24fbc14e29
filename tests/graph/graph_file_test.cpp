// SPDX-License-Identifier: Apache-2.0
//
// What a graph file says is read as it is meant, and every mistake has its line, its node and its
// port, and says what would fit.
#include "graph/graph_file.h"

#include <cstdio>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "graph/dot.h"
#include "graph/graph_build.h"
#include "graph/plan.h"
#include "graph/yaml_reader.h"
#include "tests/graph/graph_file_kinds.h"

namespace parley::graph {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Result<Plan> compile(const std::string& text) {
  PARLEY_TRY(const GraphFile file, parse_graph_file(text, "g.yaml"));
  PARLEY_TRY(GraphSpec spec, build_graph(file, test::make_test_registry()));
  return Plan::compile(std::move(spec));
}

std::string message(const std::string& text) {
  const Result<Plan> plan = compile(text);
  return plan ? "compiled" : plan.error().message;
}

constexpr const char* kWhole = R"(version: 1
name: wake
scheduler: sync
max_queue_size: 64
worker_threads: 3
inputs:
  mic: {type: AudioFrame, rate_hz: 16000, channels: 1}
nodes:
  clean:
    operator: gain
    options: {gain_db: -6.5}
    inputs: {audio: mic}
  vad:
    operator: vad
    options: {threshold: 1}
    inputs: {audio: clean.audio}
    on_error: fallback
    spare: {operator: model, options: {path: "there"}}
    segment: front
  other:
    operator: vad
    inputs: {audio: clean.audio}
    on_error: restart
    restarts_max: 5
    restart_delay_ms: 20
    restart_delay_max_ms: 500
outputs:
  speech: vad.speech
  more: {from: other.speech, capacity: 7}
)";

TEST(GraphFile, IsReadAsItIsMeant) {
  const Result<GraphFile> file = parse_graph_file(kWhole, "g.yaml");
  ASSERT_TRUE(file) << file.error().message;
  EXPECT_EQ(file->name, "wake");
  EXPECT_EQ(file->runner.scheduler, SchedulerType::sync);
  EXPECT_EQ(file->runner.max_queue_size, 64U);
  EXPECT_EQ(file->runner.worker_threads, 3U);
  ASSERT_EQ(file->inputs.size(), 1U);
  EXPECT_EQ(file->inputs[0].format.rate_hz, 16'000);
  ASSERT_EQ(file->nodes.size(), 3U);
  EXPECT_EQ(file->nodes[0].kind.options[0].value, OptionValue(-6.5));
  EXPECT_EQ(file->nodes[1].spare.name, "model");
  EXPECT_EQ(file->nodes[1].segment, "front");
  EXPECT_EQ(file->nodes[2].on_error, ErrorPolicy::restart);
  EXPECT_EQ(file->nodes[2].restarts_max, 5);
  EXPECT_EQ(file->nodes[2].restart_delay, Millis(20));
  EXPECT_EQ(file->nodes[2].restart_delay_max, Millis(500));
  EXPECT_EQ(file->nodes[2].line, 20);
  EXPECT_EQ(file->outputs[1].capacity, 7U);
  EXPECT_EQ(message(kWhole), "compiled");
}

TEST(GraphFile, MeansTheSameAsTheBuilder) {
  const Registry registry = test::make_test_registry();
  GraphSpec spec;
  ASSERT_TRUE(spec.add("clean", registry, "gain", {{"gain_db", -6.5}}));
  NodeOptions careful{.on_error = ErrorPolicy::fallback, .segment = "front"};
  careful.spare = *registry.make("model", {{"path", std::string("there")}});
  ASSERT_TRUE(
      spec.add("vad", registry, "vad", {{"threshold", std::int64_t{1}}}, std::move(careful)));
  ASSERT_TRUE(spec.add("other", registry, "vad", {}, {.on_error = ErrorPolicy::restart}));
  spec.connect("clean.audio", "vad.audio").connect("clean.audio", "other.audio");
  spec.inlet<media::AudioFrame>("mic", "clean.audio", {.rate_hz = 16'000, .channels = 1});
  spec.outlet<media::SpeechEvent>("speech", "vad.speech");
  spec.outlet<media::SpeechEvent>("more", "other.speech", {.capacity = 7});
  const Result<Plan> built = Plan::compile(std::move(spec));
  ASSERT_TRUE(built) << built.error().message;
  const Result<Plan> read = compile(kWhole);
  ASSERT_TRUE(read) << read.error().message;
  EXPECT_EQ(dot_text(*built, "wake"), dot_text(*read, "wake"));
}

TEST(GraphFile, BecomesAPicture) {
  const Result<Plan> plan = compile(R"(version: 1
inputs: {mic: AudioFrame}
nodes:
  vad: {operator: vad, inputs: {audio: mic}, segment: front}
  print: {operator: printer, inputs: {speech: vad.speech}}
outputs: {speech: vad.speech}
)");
  ASSERT_TRUE(plan) << plan.error().message;
  EXPECT_EQ(dot_text(*plan, "w\"x"), R"(digraph "w\"x" {
  rankdir=LR;
  node [shape=box];
  "print" [label="print\nprinter"];
  subgraph cluster_0 {
    label="front";
    "vad" [label="vad"];
  }
  "in:mic" [label="mic", shape=plaintext];
  "out:speech" [label="speech", shape=plaintext];
  "vad" -> "print" [label="speech → speech: SpeechEvent"];
  "in:mic" -> "vad" [label="audio: AudioFrame at 16000 Hz, 1 channel"];
  "vad" -> "out:speech" [label="speech: SpeechEvent"];
}
)");
}

TEST(GraphFile, AnInputMayFeedSeveralNodes) {
  EXPECT_EQ(message(R"(version: 1
inputs: {mic: {type: AudioFrame, rate_hz: 16000}}
nodes:
  a: {operator: vad, inputs: {audio: mic}}
  b: {operator: vad, inputs: {audio: mic}}
)"),
            "compiled");
}

// --- every message

TEST(GraphFileError, UnknownOperator) {
  EXPECT_EQ(message("version: 1\nnodes:\n  a: {operator: gian}\n"),
            "g.yaml:3: node 'a': there is no kind of operator 'gian'; did you mean 'gain'?");
  EXPECT_EQ(message("version: 1\nnodes:\n  a: {operator: teleport}\n"),
            "g.yaml:3: node 'a': there is no kind of operator 'teleport'; there is: gain, mic, "
            "model, printer, resample, vad");
}

TEST(GraphFileError, UnknownOption) {
  EXPECT_EQ(message("version: 1\nnodes:\n  v:\n    operator: vad\n    options:\n"
                    "      treshold: 0.5\n"),
            "g.yaml:6: node 'v': vad: there is no option 'treshold'; did you mean 'threshold'?");
}

TEST(GraphFileError, OptionOutOfRange) {
  EXPECT_EQ(message("version: 1\nnodes:\n  v:\n    operator: vad\n    options:\n"
                    "      threshold: 1.5\n"),
            "g.yaml:6: node 'v': vad: option 'threshold' is '1.5'; give a number from 0 to 1");
  EXPECT_EQ(message("version: 1\nnodes:\n  v: {operator: vad, options: {threshold: \"0.5\"}}\n"),
            "g.yaml:3: node 'v': vad: option 'threshold' is '0.5'; give a number from 0 to 1");
}

TEST(GraphFileError, MissingOption) {
  EXPECT_EQ(message("version: 1\nnodes:\n  v: {operator: model}\n"),
            "g.yaml:3: node 'v': model: option 'path' is missing; give text (Of the model)");
}

TEST(GraphFileError, WhatTheOperatorItselfSays) {
  EXPECT_EQ(message("version: 1\nnodes:\n  v: {operator: model, options: {path: gone}}\n"),
            "g.yaml:3: node 'v': model: no file gone");
  EXPECT_EQ(message("version: 1\nnodes:\n  v:\n    operator: vad\n    spare:\n"
                    "      {operator: model, options: {path: gone}}\n"),
            "g.yaml:5: node 'v': spare: model: no file gone");
}

TEST(GraphFileError, UnknownPort) {
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic}\n  v:\n    operator: vad\n"
                    "    inputs:\n      audoi: m.audio\n"),
            "g.yaml:7: edge m.audio -> v.audoi: node 'v' has no input 'audoi'; inputs: audio "
            "(AudioFrame at 16000 Hz, 1 channel)");
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic}\n  v:\n    operator: vad\n"
                    "    inputs:\n      audio: m.sound\n"),
            "g.yaml:7: edge m.sound -> v.audio: node 'm' has no output 'sound'; outputs: audio "
            "(AudioFrame at 16000 Hz)");
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic}\noutputs:\n  o: m.sound\n"),
            "g.yaml:5: outlet 'o': node 'm' has no output 'sound'; outputs: audio (AudioFrame at "
            "16000 Hz)");
}

TEST(GraphFileError, UnknownNode) {
  EXPECT_EQ(message("version: 1\nnodes:\n  v: {operator: vad, inputs: {audio: mic.audio}}\n"),
            "g.yaml:3: edge mic.audio -> v.audio: there is no node 'mic'; nodes: v");
}

TEST(GraphFileError, UnknownInput) {
  EXPECT_EQ(message("version: 1\ninputs: {mic: AudioFrame}\nnodes:\n"
                    "  v: {operator: vad, inputs: {audio: mik}}\n"),
            "g.yaml:4: v.audio: there is no input of the graph 'mik'; did you mean 'mic'?");
}

TEST(GraphFileError, ForgottenPort) {
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic}\n"
                    "  v: {operator: vad, inputs: {audio: m}}\n"),
            "g.yaml:4: v.audio: 'm' is a node; say which output, as in m.audio; outputs: audio "
            "(AudioFrame at 16000 Hz)");
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic}\noutputs: {o: m}\n"),
            "g.yaml:4: output 'o': 'm' is a node; say which output, as in m.audio; outputs: audio "
            "(AudioFrame at 16000 Hz)");
}

TEST(GraphFileError, TypeMismatch) {
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic}\n  p:\n    operator: printer\n"
                    "    inputs:\n      speech: m.audio\n"),
            "g.yaml:7: m.audio gives AudioFrame, but p.speech takes SpeechEvent; what would fit: "
            "speech takes none; audio feeds none");
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic}\n"
                    "  v: {operator: vad, inputs: {audio: m.audio}}\n"
                    "  p: {operator: printer, inputs: {speech: m.audio}}\n"),
            "g.yaml:5: m.audio gives AudioFrame, but p.speech takes SpeechEvent; what would fit: "
            "speech takes v.speech; audio feeds v.audio");
}

TEST(GraphFileError, RateMismatch) {
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic, options: {rate_hz: 48000}}\n"
                    "  g: {operator: gain, inputs: {audio: m.audio}}\n"
                    "  v:\n    operator: vad\n    inputs:\n      audio: g.audio\n"),
            "g.yaml:8: g.audio gives AudioFrame at 48000 Hz (as m.audio gives it), but v.audio "
            "takes AudioFrame at 16000 Hz, 1 channel; what would fit: insert a resample operator: "
            "{operator: resample, options: {rate_hz: 16000}}");
}

TEST(GraphFileError, Cycle) {
  EXPECT_EQ(message("version: 1\nnodes:\n  a: {operator: gain, inputs: {audio: b.audio}}\n"
                    "  b: {operator: gain, inputs: {audio: a.audio}}\n"),
            "g.yaml:4: the graph has a cycle: a.audio -> b.audio, b.audio -> a.audio; frames flow "
            "one way, what must flow back is given to both operators");
}

TEST(GraphFileError, UnconnectedInput) {
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic}\n  v: {operator: vad}\n"),
            "g.yaml:4: input v.audio is not connected; what would fit: audio takes m.audio");
}

TEST(GraphFileError, InputThatNobodyReads) {
  EXPECT_EQ(message("version: 1\ninputs:\n  mic: {type: AudioFrame, rate_hz: 8000}\nnodes:\n"
                    "  m: {operator: mic}\n"),
            "g.yaml:3: input 'mic' (AudioFrame at 8000 Hz) is read by no node; name it under a "
            "node's `inputs:`");
}

TEST(GraphFileError, DuplicateNode) {
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic}\n  m: {operator: mic}\n"),
            "g.yaml:4: nodes: 'm' is given twice");
}

TEST(GraphFileError, NodeNameWithADot) {
  EXPECT_EQ(message("version: 1\nnodes:\n  a.b: {operator: mic}\n"),
            "g.yaml:3: node id 'a.b': give a name without a dot");
}

TEST(GraphFileError, FallbackWithoutASpare) {
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic, on_error: fallback}\n"),
            "g.yaml:3: node 'm': the policy fallback needs a spare operator");
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic, on_error: fallback, "
                    "spare: {operator: gain}}\n"),
            "g.yaml:3: node 'm': its spare has the ports [in: audio (AudioFrame); out: audio "
            "(AudioFrame)]; they must be [in: none; out: audio (AudioFrame at 16000 Hz)]");
}

TEST(GraphFileError, Version) {
  EXPECT_EQ(message("nodes: {m: {operator: mic}}\n"),
            "g.yaml:1: there is no version; write `version: 1` into the first line");
  EXPECT_EQ(message("version: 2\nnodes: {m: {operator: mic}}\n"),
            "g.yaml:1: version is 2; this program reads version 1");
  EXPECT_EQ(message("version: [1]\nnodes: {m: {operator: mic}}\n"),
            "g.yaml:1: version is no number; this program reads version 1");
}

TEST(GraphFileError, NotYaml) {
  EXPECT_THAT(message("version: 1\nnodes: {m: {operator: mic}\n"),
              StartsWith("g.yaml:3: this is not YAML: "));
  EXPECT_THAT(message("version: 1\n\tnodes: 1\n"), StartsWith("g.yaml:2: this is not YAML: "));
  EXPECT_EQ(message(""),
            "g.yaml:1: graph file: give a map of keys and values; keys: version, name, "
            "scheduler, max_queue_size, worker_threads, inputs, nodes, outputs");
  EXPECT_EQ(message(std::string(kGraphFileBytesMax + 1, '#')),
            "g.yaml:1: a graph file has at most 1048576 bytes; this one has 1048577");
}

TEST(GraphFileError, UnknownKeys) {
  EXPECT_EQ(message("version: 1\nnodse: {m: {operator: mic}}\n"),
            "g.yaml:2: graph file: there is no key 'nodse'; did you mean 'nodes'?");
  EXPECT_EQ(message("version: 1\nnodes:\n  m: {operator: mic, optoins: {}}\n"),
            "g.yaml:3: node 'm': there is no key 'optoins'; did you mean 'options'?");
  EXPECT_EQ(message("version: 1\nnodes: {m: mic}\n"),
            "g.yaml:2: node 'm': give a map of keys and values; keys: operator, options, inputs, "
            "on_error, restarts_max, restart_delay_ms, restart_delay_max_ms, spare, segment");
  EXPECT_EQ(message("version: 1\n"), "g.yaml:1: there are no nodes; give them under `nodes:`");
  EXPECT_EQ(message("version: 1\nnodes: {m: {options: {}}}\n"),
            "g.yaml:2: node 'm' has no operator; give its kind under `operator:`");
  EXPECT_EQ(message("version: 1\nnodes: {m: {operator: mic, spare: {options: {}}}}\n"),
            "g.yaml:2: node 'm': spare has no operator; give its kind under `operator:`");
  EXPECT_EQ(message("version: 1\nnodes: {? [a] : {operator: mic}}\n"),
            "g.yaml:2: nodes: a key is a word");
}

TEST(GraphFileError, WrongValues) {
  const std::string end = "\nnodes: {m: {operator: mic}}\n";
  EXPECT_EQ(message("version: 1\nscheduler: fast" + end),
            "g.yaml:2: scheduler is 'fast'; give sync or async");
  EXPECT_EQ(message("version: 1\nmax_queue_size: 0" + end),
            "g.yaml:2: max_queue_size is '0'; give a whole number from 1 to 1048576");
  EXPECT_EQ(message("version: 1\nworker_threads: many" + end),
            "g.yaml:2: worker_threads is 'many'; give a whole number from 0 to 48");
  EXPECT_EQ(message("version: 1\nname: [a]" + end), "g.yaml:2: name: give a word");
  EXPECT_EQ(message("version: 1\nnodes: {m: {operator: mic, on_error: retry}}\n"),
            "g.yaml:2: node 'm': on_error is 'retry'; give fail_session, skip_frame, restart or "
            "fallback");
  EXPECT_EQ(message("version: 1\nnodes: {m: {operator: mic, restarts_max: 0}}\n"),
            "g.yaml:2: node 'm': restarts_max is '0'; give a whole number from 1 to 1000000");
  EXPECT_EQ(message("version: 1\nnodes: {m: {operator: mic, options: {device: {a: b}}}}\n"),
            "g.yaml:2: node 'm': option 'device': give a value, or a list of values");
  EXPECT_EQ(message("version: 1\nnodes: {m: {operator: mic, options: {device: [[a]]}}}\n"),
            "g.yaml:2: node 'm': option 'device': a list has plain values only");
  EXPECT_EQ(message("version: 1\nnodes: {m: {operator: mic, inputs: {audio: [a]}}}\n"),
            "g.yaml:2: node 'm': input 'audio': give a word");
}

TEST(GraphFileError, WrongBoundary) {
  const auto with_input = [](const std::string& input) {
    return message("version: 1\ninputs: {mic: " + input +
                   "}\nnodes: {v: {operator: vad, inputs: {audio: mic}}}\n");
  };
  EXPECT_EQ(with_input("Audio"),
            "g.yaml:2: input 'mic': there is no frame type 'Audio'; did you mean 'AudioFrame'?");
  EXPECT_THAT(
      with_input("{rate_hz: 16000}"),
      StartsWith("g.yaml:2: input 'mic' has no type; give one of EncodedAudio, AudioFrame"));
  EXPECT_EQ(with_input("{type: AudioFrame, rate_hz: fast}"),
            "g.yaml:2: input 'mic': rate_hz is 'fast'; give a whole number from 1 to 1000000");
  EXPECT_EQ(with_input("{type: TensorFrame, shape: [1, -4]}"),
            "g.yaml:2: input 'mic': give the shape as a list of 1 to 6 numbers or `any`");
  EXPECT_EQ(with_input("{type: TensorFrame, shape: [1, any]}"),
            "g.yaml:3: inlet 'mic' gives TensorFrame, but v.audio takes AudioFrame; what would "
            "fit: audio takes none; mic feeds none");
  EXPECT_EQ(message("version: 1\nnodes: {m: {operator: mic}}\noutputs: {o: {capacity: 4}}\n"),
            "g.yaml:3: output 'o' comes from nowhere; give node.port");
  EXPECT_EQ(message("version: 1\nnodes: {m: {operator: mic}}\n"
                    "outputs: {o: {from: m.audio, capacity: 0}}\n"),
            "g.yaml:3: output 'o': capacity is '0'; give a whole number from 1 to 1048576");
}

// --- beside the file's text

TEST(GraphFile, IsReadFromDisk) {
  const std::string path = ::testing::TempDir() + "graph_file_test.yaml";
  std::ofstream(path) << kWhole;
  EXPECT_TRUE(read_graph_file(path));
  std::remove(path.c_str());
  const auto gone = read_graph_file(path);
  EXPECT_EQ(gone.error().code, ErrorCode::not_found);
  EXPECT_THAT(gone.error().message, HasSubstr("graph_file_test.yaml: cannot be opened"));
  const auto folder = read_graph_file(::testing::TempDir());
  EXPECT_EQ(folder.error().message, ::testing::TempDir() + ": cannot be read");
}

TEST(GraphFile, OptionsMayBeSetFromOutside) {
  GraphFile file = *parse_graph_file(
      "version: 1\nnodes:\n  m: {operator: mic, options: "
      "{rate_hz: 48000}}\n",
      "g.yaml");
  ASSERT_TRUE(set_option(file, "m.rate_hz=24000"));
  ASSERT_TRUE(set_option(file, "m.device=a=b.c"));
  ASSERT_EQ(file.nodes[0].kind.options.size(), 2U);
  EXPECT_EQ(file.nodes[0].kind.options[0].value, OptionValue(std::int64_t{24'000}));
  EXPECT_EQ(file.nodes[0].kind.options[1].value, OptionValue(std::string("a=b.c")));
  EXPECT_EQ(set_option(file, "n.rate_hz=1").error().message,
            "there is no node 'n'; did you mean 'm'?");
  for (const char* wrong : {"", "m", "m.rate_hz", "m=3", ".a=3", "m.=3", "=.", "m=a.b"}) {
    EXPECT_THAT(set_option(file, wrong).error().message, HasSubstr("is not node.option=value"))
        << wrong;
  }
  ASSERT_TRUE(set_option(file, "m.rate_hz=1"));
  EXPECT_EQ(build_graph(file, test::make_test_registry()).error().message,
            "g.yaml:3: node 'm': mic: option 'rate_hz' is '1'; give a whole number from 8000 to "
            "48000");
}

TEST(YamlReader, ScalarsAreWhatTheyLookLike) {
  EXPECT_EQ(plain_scalar("true"), OptionValue(true));
  EXPECT_EQ(plain_scalar("False"), OptionValue(false));
  EXPECT_EQ(plain_scalar("12"), OptionValue(std::int64_t{12}));
  EXPECT_EQ(plain_scalar("+12"), OptionValue(std::int64_t{12}));
  EXPECT_EQ(plain_scalar("-0.5e1"), OptionValue(-5.0));
  for (const char* text : {"yes", "nan", "inf", "1e999", "0x10", "12 Hz", "", "-", "."}) {
    EXPECT_EQ(plain_scalar(text), OptionValue(std::string(text))) << text;
  }
}

TEST(YamlReader, AListIsATextWithCommas) {
  const GraphFile file = *parse_graph_file(
      "version: 1\nnodes:\n  m: {operator: mic, options: {device: [a, 2, \"x y\"], b: \"1\"}}\n",
      "g.yaml");
  EXPECT_EQ(file.nodes[0].kind.options[0].value, OptionValue(std::string("a, 2, x y")));
  EXPECT_EQ(file.nodes[0].kind.options[1].value, OptionValue(std::string("1")));
}

}  // namespace
}  // namespace parley::graph
