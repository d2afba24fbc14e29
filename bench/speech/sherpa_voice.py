#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A Piper voice as sherpa-onnx wants it: what it is in the model's metadata, and its symbols as a list.

    sherpa_voice.py VOICE.onnx FOLDER     needs VOICE.onnx.json beside it; runs in `venv/convert`
"""

import json
import sys
from pathlib import Path

import onnx


def main(source, folder):
    config = json.loads(Path(f"{source}.json").read_text(encoding="utf-8"))
    model = onnx.load(source)
    about = {
        "model_type": "vits", "comment": "piper", "language": "English", "has_espeak": "1",
        "voice": config["espeak"]["voice"], "n_speakers": str(config["num_speakers"]),
        "sample_rate": str(config["audio"]["sample_rate"]),
    }  # fmt: skip
    for key, value in about.items():
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    Path(folder).mkdir(parents=True, exist_ok=True)
    onnx.save(model, f"{folder}/voice.onnx")
    lines = [f"{symbol} {ids[0]}" for symbol, ids in config["phoneme_id_map"].items()]
    Path(folder, "tokens.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
