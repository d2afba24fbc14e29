#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Stores a GGUF model's weights in another format, by llama.cpp itself.

    convert_gguf.py MODEL.gguf OUT.gguf [--to q8_0|q4_0|iq4_nl] [--llama FOLDER_OF_LIBRARIES]

tools/deps does so with the local model at set-up. The same file gives the same bytes on every CPU.

Why: SmolLM2-135M comes as Q4_1, for which llama.cpp has no fast kernels on x86. Measured on one core
of an AMD EPYC (Zen 5), perplexity on 2,682 tokens of English documentation:

    format    file     prompt, 20 tokens   one token   16 at once   perplexity
    q4_1      98 MB    107 ms              10.0 ms     161 tok/s    14.66 (as it comes)
    q8_0     145 MB     70 ms               7.5 ms     254 tok/s    14.70
    iq4_nl    92 MB     (as q4_0)                                   17.16
    q4_0      92 MB     43 ms               5.2 ms     364 tok/s    18.35

q8_0, the default, loses nothing. Needs Python's standard library and libllama of the cache.
"""

import argparse
import ctypes
import os
import sys
from pathlib import Path

FORMATS = {"q8_0": 7, "q4_0": 2, "iq4_nl": 25}  # enum llama_ftype
GGML_TYPE_Q8_0 = 8  # what embeddings and output have in SmolLM2's file: they stay


class QuantizeParams(ctypes.Structure):
    """struct llama_model_quantize_params of llama.cpp v0.5.0."""

    _fields_ = [
        ("nthread", ctypes.c_int32),
        ("ftype", ctypes.c_int),
        ("output_tensor_type", ctypes.c_int),
        ("token_embedding_type", ctypes.c_int),
        ("allow_requantize", ctypes.c_bool),
        ("quantize_output_tensor", ctypes.c_bool),
        ("only_copy", ctypes.c_bool),
        ("pure", ctypes.c_bool),
        ("keep_split", ctypes.c_bool),
        ("dry_run", ctypes.c_bool),
        ("imatrix", ctypes.c_void_p),
        ("kv_overrides", ctypes.c_void_p),
        ("tt_overrides", ctypes.c_void_p),
        ("prune_layers", ctypes.c_void_p),
        ("max_buf_size", ctypes.c_size_t),
    ]


def load_libraries(folder):
    """libllama, with ggml's code for this CPU."""
    for name in ["libggml-base.so", "libggml.v0.5.0.so"]:
        ctypes.CDLL(str(folder / name), mode=ctypes.RTLD_GLOBAL)
    llama = ctypes.CDLL(str(folder / "libllama.v0.5.0.so"))
    ggml = ctypes.CDLL(str(folder / "libggml.v0.5.0.so"))
    ggml.ggml_backend_load_all_from_path.argtypes = [ctypes.c_char_p]
    ggml.ggml_backend_load_all_from_path(str(folder).encode())
    llama.llama_backend_init()
    return llama


def convert(llama, source, target, form):
    llama.llama_model_quantize_default_params.restype = QuantizeParams
    params = llama.llama_model_quantize_default_params()
    params.nthread = os.cpu_count() or 1
    params.ftype = FORMATS[form]
    params.allow_requantize = True
    params.output_tensor_type = GGML_TYPE_Q8_0
    params.token_embedding_type = GGML_TYPE_Q8_0
    llama.llama_model_quantize.argtypes = [
        ctypes.c_char_p, ctypes.c_char_p, ctypes.POINTER(QuantizeParams)]
    llama.llama_model_quantize.restype = ctypes.c_uint32
    return llama.llama_model_quantize(str(source).encode(), str(target).encode(),
                                      ctypes.byref(params))


def main(arguments):
    cache = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("model", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--to", choices=FORMATS, default="q8_0")
    parser.add_argument("--llama", type=Path, default=cache / "sdk/llama/lib")
    options = parser.parse_args(arguments)
    if not options.model.is_file():
        sys.exit(f"{options.model}: there is no such file")
    if not (options.llama / "libllama.v0.5.0.so").is_file():
        sys.exit(f"{options.llama} has no llama.cpp v0.5.0: run tools/deps first")
    if convert(load_libraries(options.llama), options.model, options.out, options.to) != 0:
        options.out.unlink(missing_ok=True)
        sys.exit(f"{options.model}: llama.cpp could not convert it")


if __name__ == "__main__":
    main(sys.argv[1:])
