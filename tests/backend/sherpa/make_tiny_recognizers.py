#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes recognisers and a model of speakers for sherpa-onnx that are small enough for a test.

    make_tiny_recognizers.py FOLDER

They know three words, each of which is a tone: "one" is 400 Hz, "two" 1200 Hz, "three" 3000 Hz. A
frame's word is the one whose mel bin is loudest, and none where all are quiet. What sherpa wants to
know of a model (its metadata, the names and shapes of its inputs and states) is as in real ones.
Beside them come broken ones: without metadata, cut in half, with the wrong files.
"""

import json
import pathlib
import sys

import numpy
import onnx
from onnx import TensorProto, helper, numpy_helper

BINS = 80
WORD_BINS = [13, 31, 53]  # of 400, 1200 and 3000 Hz
WORDS = ["one", "two", "three"]
BLANK = 0
SYMBOLS = len(WORDS) + 1
LFR_WINDOW, LFR_SHIFT = 7, 6
# Models of FunASR hear samples of s16, whose logarithmic energies are so much larger.
S16 = 2 * numpy.log(32768.0)
# A streaming zipformer of one layer, as far as sherpa makes its states.
CHUNK, SHIFT, SUBSAMPLING = 45, 32, 4
DIMENSION, HEADS, QUERY, VALUE, KERNEL, LEFT = 4, 1, 2, 2, 3, 2
STATES = [  # name, type, shape; N: the batch
    ("cached_key_0", TensorProto.FLOAT, [LEFT, "N", QUERY * HEADS]),
    ("cached_nonlin_attn_0", TensorProto.FLOAT, [1, "N", LEFT, 3 * DIMENSION // 4]),
    ("cached_val1_0", TensorProto.FLOAT, [LEFT, "N", VALUE * HEADS]),
    ("cached_val2_0", TensorProto.FLOAT, [LEFT, "N", VALUE * HEADS]),
    ("cached_conv1_0", TensorProto.FLOAT, ["N", DIMENSION, KERNEL // 2]),
    ("cached_conv2_0", TensorProto.FLOAT, ["N", DIMENSION, KERNEL // 2]),
    ("embed_states", TensorProto.FLOAT, ["N", 128, 3, 19]),
    ("processed_lens", TensorProto.INT64, ["N"]),
]
ZIPFORMER_META = {
    "model_type": "zipformer2", "version": 1, "encoder_dims": DIMENSION, "query_head_dims": QUERY,
    "value_head_dims": VALUE, "num_heads": HEADS, "num_encoder_layers": 1,
    "cnn_module_kernels": KERNEL, "left_context_len": LEFT, "T": CHUNK, "decode_chunk_len": SHIFT,
}
FUNASR_META = {
    "vocab_size": SYMBOLS, "lfr_window_size": LFR_WINDOW, "lfr_window_shift": LFR_SHIFT,
    "neg_mean": ",".join([str(-S16)] * BINS * LFR_WINDOW),
}
SENSE_SYMBOLS = ["<unk>", "▁one", "▁two", "▁three", "<|en|>", "<|zh|>", "<|HAPPY|>", "<|Speech|>",
                 "<|withitn|>", "<|woitn|>"]
SENSE_META = FUNASR_META | {
    "vocab_size": len(SENSE_SYMBOLS), "normalize_samples": 0, "with_itn": 8, "without_itn": 9,
    "lang_auto": 4, "lang_en": 4, "lang_zh": 5, "lang_ja": 4, "lang_ko": 4, "lang_yue": 4,
    "inv_stddev": ",".join(["1"] * BINS * LFR_WINDOW), "comment": "tiny",
}
SPEAKER_META = {"framework": "3d-speaker", "language": "English", "output_dim": BINS,
                "sample_rate": 16000, "normalize_samples": 1}


def tensor(name, kind, shape):
    return helper.make_tensor_value_info(name, kind, shape)


def floats(name, shape):
    return tensor(name, TensorProto.FLOAT, shape)


def integers(name, shape, kind=TensorProto.INT64):
    return tensor(name, kind, shape)


def constant(name, value):
    return numpy_helper.from_array(numpy.array(value), name)


def model_of(nodes, inputs, outputs, constants, meta):
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, constants)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    helper.set_model_props(model, {key: str(value) for key, value in meta.items()})
    return model


def words_of(source, target, inputs=BINS, symbols=SYMBOLS):
    """Scores of the symbols, frame by frame; nothing at all is worth 0."""
    weights = numpy.zeros((inputs, symbols), dtype=numpy.float32)
    for word, mel_bin in enumerate(WORD_BINS):
        weights[mel_bin, word + 1] = 1.0
    floor = numpy.full(symbols, -30.0, dtype=numpy.float32)
    floor[BLANK] = 0.0
    floor[1 : len(WORDS) + 1] = 0.0
    names = [f"{target}_weights", f"{target}_floor"]
    nodes = [helper.make_node("MatMul", [source, names[0]], [f"{target}_raw"]),
             helper.make_node("Add", [f"{target}_raw", names[1]], [target])]
    return nodes, [constant(names[0], weights), constant(names[1], floor)]


def zipformer(output, meta):
    """A chunk of features and states in, scores and states out."""
    nodes = [helper.make_node("Slice", ["x", "zero", "shift", "one", "step"], ["chunk"])]
    scores, constants = words_of("chunk", output)
    nodes += scores
    constants += [constant(name, [value]) for name, value in
                  (("zero", 0), ("one", 1), ("shift", SHIFT), ("step", SUBSAMPLING))]
    for name, kind, _ in STATES:
        nodes.append(helper.make_node("Add", [name, "shift"], ["new_" + name])
                     if kind == TensorProto.INT64
                     else helper.make_node("Identity", [name], ["new_" + name]))
    inputs = [floats("x", ["N", CHUNK, BINS])] + [tensor(*state) for state in STATES]
    outputs = [floats(output, ["N", SHIFT // SUBSAMPLING, SYMBOLS])]
    outputs += [tensor("new_" + name, kind, shape) for name, kind, shape in STATES]
    return model_of(nodes, inputs, outputs, constants, meta)


def offline_encoder():
    """The same for whole utterances."""
    nodes = [helper.make_node("Slice", ["x", "zero", "all", "one", "step"], ["chunk"]),
             helper.make_node("Add", ["x_lens", "three"], ["rounded"]),
             helper.make_node("Div", ["rounded", "step"], ["encoder_out_lens"])]
    scores, constants = words_of("chunk", "encoder_out")
    constants += [constant(name, [value]) for name, value in
                  (("zero", 0), ("one", 1), ("three", 3), ("all", 1 << 30), ("step", SUBSAMPLING))]
    return model_of(nodes + scores, [floats("x", ["N", "T", BINS]), integers("x_lens", ["N"])],
                    [floats("encoder_out", ["N", "F", SYMBOLS]),
                     integers("encoder_out_lens", ["N"])],
                    constants, {"model_type": "zipformer2", "version": 1})


def transducer_decoder(says_one_word=False):
    """What was said last will not be said again at once; or nothing will."""
    penalty = -1000.0 * numpy.eye(SYMBOLS, dtype=numpy.float32)
    if says_one_word:
        penalty[:, :] = -1000.0
    penalty[BLANK, :] = 0.0
    penalty[:, BLANK] = 0.0
    nodes = [helper.make_node("Gather", ["y", "last"], ["token"], axis=1),
             helper.make_node("OneHot", ["token", "symbols", "off_on"], ["said"]),
             helper.make_node("MatMul", ["said", "penalty"], ["decoder_out"])]
    constants = [constant("last", 1), constant("symbols", SYMBOLS),
                 constant("off_on", numpy.array([0, 1], dtype=numpy.float32)),
                 constant("penalty", penalty)]
    return model_of(nodes, [integers("y", ["N", 2])], [floats("decoder_out", ["N", SYMBOLS])],
                    constants, {"vocab_size": SYMBOLS, "context_size": 2})


def transducer_joiner():
    nodes = [helper.make_node("Add", ["encoder_out", "decoder_out"], ["logit"])]
    return model_of(nodes, [floats("encoder_out", ["N", SYMBOLS]),
                            floats("decoder_out", ["N", SYMBOLS])],
                    [floats("logit", ["N", SYMBOLS])], [], {"joiner_dim": SYMBOLS})


def paraformer_encoder():
    """Five frames with a word in them (0.3 s) are a token."""
    nodes, constants = words_of("speech", "enc", BINS * LFR_WINDOW)
    nodes += [helper.make_node("ReduceMax", ["enc"], ["loudest"], axes=[2], keepdims=0),
              helper.make_node("Greater", ["loudest", "some"], ["is_word"]),
              helper.make_node("Cast", ["is_word"], ["is_word_f"], to=TensorProto.FLOAT),
              helper.make_node("Mul", ["is_word_f", "share"], ["alphas"]),
              helper.make_node("Identity", ["speech_lengths"], ["enc_len"])]
    constants += [constant("some", numpy.float32(2.0)), constant("share", numpy.float32(0.2))]
    meta = FUNASR_META | {"encoder_output_size": SYMBOLS, "decoder_num_blocks": 1,
                          "decoder_kernel_size": 3,
                          "inv_stddev": ",".join(["0.5"] * BINS * LFR_WINDOW)}
    length = integers("speech_lengths", ["N"], TensorProto.INT32)
    return model_of(nodes, [floats("speech", ["N", "T", BINS * LFR_WINDOW]), length],
                    [floats("enc", ["N", "T", SYMBOLS]),
                     integers("enc_len", ["N"], TensorProto.INT32),
                     floats("alphas", ["N", "T"])], constants, meta)


def paraformer_decoder():
    cache = ["N", SYMBOLS, 2]
    nodes = [helper.make_node("Identity", ["acoustic_embeds"], ["logits"]),
             helper.make_node("ArgMax", ["acoustic_embeds"], ["sample_ids"], axis=-1, keepdims=0),
             helper.make_node("Identity", ["in_cache_0"], ["out_cache_0"])]
    return model_of(nodes, [floats("enc", ["N", "T", SYMBOLS]),
                            integers("enc_len", ["N"], TensorProto.INT32),
                            floats("acoustic_embeds", ["N", "L", SYMBOLS]),
                            integers("acoustic_embeds_len", ["N"], TensorProto.INT32),
                            floats("in_cache_0", cache)],
                    [floats("logits", ["N", "L", SYMBOLS]), integers("sample_ids", ["N", "L"]),
                     floats("out_cache_0", cache)], [], {})


def sense_voice():
    """Four frames before the words say the language, the emotion, the event and the spelling."""
    symbols = len(SENSE_SYMBOLS)
    nodes, constants = words_of("x", "words", BINS * LFR_WINDOW, symbols)
    labels = [("language", "language"), ("mood", None), ("event", None), ("text_norm", "text_norm")]
    fixed = {"mood": 6, "event": 7}
    constants += [constant("symbols", symbols), constant("axis", [1]),
                  constant("off_on", numpy.array([-30, 30], dtype=numpy.float32))]
    constants += [constant(name, numpy.array([[value]])) for name, value in fixed.items()]
    frames = []
    for name, given in labels:
        source = name
        if given:
            source = name + "_column"
            nodes += [helper.make_node("Unsqueeze", [given, "axis"], [name + "_32"]),
                      helper.make_node("Cast", [name + "_32"], [source], to=TensorProto.INT64)]
        nodes.append(helper.make_node("OneHot", [source, "symbols", "off_on"], [name + "_frame"]))
        frames.append(name + "_frame")
    nodes.append(helper.make_node("Concat", frames + ["words"], ["logits"], axis=1))
    whole = TensorProto.INT32
    inputs = [floats("x", ["N", "T", BINS * LFR_WINDOW]), integers("x_length", ["N"], whole),
              integers("language", ["N"], whole), integers("text_norm", ["N"], whole)]
    return model_of(nodes, inputs, [floats("logits", ["N", "F", symbols])], constants, SENSE_META)


def speaker(meta):
    """A voice is what of its mean spectrum can be heard."""
    nodes = [helper.make_node("Add", ["x", "quiet"], ["above"]),
             helper.make_node("Relu", ["above"], ["heard"]),
             helper.make_node("ReduceMean", ["heard"], ["embedding"], axes=[1], keepdims=0)]
    return model_of(nodes, [floats("x", ["N", "T", BINS])], [floats("embedding", ["N", BINS])],
                    [constant("quiet", numpy.float32(8.0))], meta)


def write(folder, family, files, symbols=("<blk>", "▁one", "▁two", "▁three"), vocab=(), **more):
    """A folder as sherpa_model.h describes it."""
    folder.mkdir(parents=True, exist_ok=True)
    names = {name: name + ".onnx" for name in files}
    if vocab:
        (folder / "bpe.vocab").write_text("".join(f"{piece}\t{score}\n" for piece, score in vocab),
                                          encoding="utf-8")
    for name, model in files.items():
        onnx.save(model, folder / names[name])
    if symbols:
        names["tokens"] = "tokens.txt"
        lines = [f"{symbol} {number}\n" for number, symbol in enumerate(symbols)]
        (folder / "tokens.txt").write_text("".join(lines), encoding="utf-8")
    more_names = {"bpe_vocab": "bpe.vocab"} if vocab else {}
    (folder / "sherpa.json").write_text(
        json.dumps({"family": family, "files": names | more_names} | more), encoding="utf-8")


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def main():
    """Writes the good ones, then the broken ones."""
    root = pathlib.Path(sys.argv[1])
    transducer = {"encoder": zipformer("encoder_out", ZIPFORMER_META),
                  "decoder": transducer_decoder(), "joiner": transducer_joiner()}
    ctc = {"model": zipformer("log_probs", ZIPFORMER_META)}
    paraformer = {"encoder": paraformer_encoder(), "decoder": paraformer_decoder()}
    plain = ["<blank>"] + WORDS
    sense = {"model": sense_voice()}

    # Hot words are spelled in pieces, each letter of which is one; the model never says them.
    letters = sorted(set("".join(WORDS)))
    pieces = ["<blk>"] + ["▁" + word for word in WORDS] + letters
    vocab = [(piece, -1) for piece in pieces[1 : len(WORDS) + 1]] + [(one, -9) for one in letters]

    write(root / "streaming-transducer", "streaming_transducer", transducer, language="en")
    one_word = transducer | {"decoder": transducer_decoder(says_one_word=True)}
    write(root / "streaming-hot-words", "streaming_transducer", one_word, pieces, vocab)
    write(root / "bad-vocab", "streaming_transducer", transducer, pieces, [("▁one", "much")])
    write(root / "streaming-ctc", "streaming_zipformer2_ctc", ctc)
    write(root / "streaming-paraformer", "streaming_paraformer", paraformer, plain)
    write(root / "transducer", "transducer", transducer | {"encoder": offline_encoder()},
          model_type="transducer")
    write(root / "hot-words", "transducer", one_word | {"encoder": offline_encoder()},
          ["<blk>", "一", "二", "三"], model_type="transducer", modeling_unit="cjkchar")
    write(root / "sense-voice", "sense_voice", sense, SENSE_SYMBOLS)
    write(root / "sense-voice-zh", "sense_voice", sense, SENSE_SYMBOLS, language="zh", itn=False)
    write(root / "speaker", "speaker", {"model": speaker(SPEAKER_META)}, None)

    write(root / "no-metadata", "streaming_zipformer2_ctc", {"model": zipformer("log_probs", {})})
    write(root / "no-blank", "streaming_zipformer2_ctc", ctc, ["▁one", "▁two", "▁three"])
    write(root / "few-symbols", "streaming_zipformer2_ctc", ctc, ["<blk>", "▁one"])
    write(root / "wrong-file", "streaming_transducer", transducer | {"joiner": sense_voice()})
    write(root / "truncated", "sense_voice", sense, SENSE_SYMBOLS)
    cut_in_half(root / "truncated" / "model.onnx")
    write(root / "speaker-no-metadata", "speaker", {"model": speaker({})}, None)
    write(root / "speaker-truncated", "speaker", {"model": speaker(SPEAKER_META)}, None)
    cut_in_half(root / "speaker-truncated" / "model.onnx")


if __name__ == "__main__":
    main()
