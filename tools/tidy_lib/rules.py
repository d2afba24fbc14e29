# SPDX-License-Identifier: Apache-2.0
"""What is allowed where. Paths are prefixes, relative to the project's root."""

import re

# A longer file says at its top why it is one thing, in a sentence with the words "One file because".
LINES_MAX = {".h": 250, ".cpp": 600}
LONG_FILE_REASON = "One file because"

# (what, pattern over code without comments and strings, folders that may)
BANNED = (
    (
        "sleeping: wait for what happens, or use a Clock",
        re.compile(r"\b(sleep_for|sleep_until|usleep|nanosleep)\s*\(|\bsleep\s*\(\s*\d"),
        (),
    ),
    (
        "a naked new: use std::make_unique",
        re.compile(r"(?<!operator )\bnew\b(?!\s*\()"),
        (),
    ),
    (
        "a naked delete: let a unique_ptr own it",
        re.compile(r"(?<!= )(?<!operator )\bdelete\b(?!\s*[;,)]\s*//)"),
        (),
    ),
    (
        "std::thread: use an executor of exec/",
        re.compile(r"\bstd::j?thread\b(?!::)"),
        ("src/exec/", "src/transport/", "src/model/model_host", "apps/", "tests/", "bench/"),
    ),
    (
        "hidden randomness: take a Random",
        re.compile(r"\b(rand|srand|drand48|random)\s*\(\s*\)|\brandom_device\b|\bsrand\s*\("),
        ("src/base/random",),
    ),
    (
        "the wall clock: take a Clock&",
        re.compile(r"\b(system_clock|steady_clock|high_resolution_clock)::now\b"),
        ("src/base/clock", "src/base/log", "src/exec/", "src/transport/", "tests/", "bench/"),
    ),
)
# A private constructor is out of make_unique's reach: the pointer is owned in the same expression.
OWNED_NEW = re.compile(r"((unique|shared)_ptr<[^;{}]*>\s*\w*\s*[({]\s*|\breset\(\s*)$")

# Third-party headers and the only folders that may include them.
THIRD_PARTY = (
    (re.compile(r"onnxruntime_"), ("src/backend/onnx/",)),
    (re.compile(r"sherpa-onnx/"), ("src/backend/sherpa/",)),
    (re.compile(r"(llama|ggml[\w-]*|gguf)\.h"), ("src/backend/llama/",)),
    (re.compile(r"boost/(asio|beast)"), ("src/transport/",)),
    (re.compile(r"boost/json"), ("src/base/", "src/protocol/", "src/backend/")),
    (re.compile(r"yaml-cpp/"), ("src/base/", "src/graph/")),
    (re.compile(r"spdlog/"), ("src/base/",)),
    (re.compile(r"prometheus/"), ("src/base/",)),
    (re.compile(r"CLI/"), ("src/cli/",)),
    (re.compile(r"sndfile"), ("src/codec/",)),
    (re.compile(r"portaudio"), ("src/cli/",)),
    (re.compile(r"sqlite3"), ("src/store/sqlite/",)),
    (re.compile(r"hiredis/"), ("src/store/redis/",)),
    (re.compile(r"speex/"), ("src/dsp/",)),
    (re.compile(r"espeak-ng/"), ("apps/phonemizer/",)),
    (re.compile(r"openssl/"), ("src/base/", "src/transport/")),
    (re.compile(r"grpcpp/|grpc/(?!health/)"), ("src/transport/grpc/",)),
    (re.compile(r"google/protobuf/|.*\.pb\.h"),
     ("src/protocol/recognition/", "src/protocol/room/", "src/protocol/speech/", "src/transport/grpc/",
      "src/transport/livekit/")),
)
