#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""sherpa-onnx's text to speech behind HTTP, for tools/speech_versus.py: it has no server of its own.

    sherpa_server.py --model VOICE.onnx --tokens tokens.txt --port 5001

POST a text, get PCM, a sentence at a time, as its callback brings it. Its Python package has no
phonemes of its own any more (they are given to it), so Piper's make them. Runs in `venv/versus`.
"""

import argparse
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy
import sherpa_onnx
from piper.phonemize_espeak import EspeakPhonemizer


def load(options):
    vits = sherpa_onnx.OfflineTtsVitsModelConfig(
        model=options.model, tokens=options.tokens
    )
    model = sherpa_onnx.OfflineTtsModelConfig(vits=vits, num_threads=options.threads)
    return sherpa_onnx.OfflineTts(sherpa_onnx.OfflineTtsConfig(model=model, max_num_sentences=1))


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    voice = None
    phonemizer = None
    lock = threading.Lock()  # espeak-ng has one state for all

    def do_POST(self):
        text = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self.send_response(200)
        self.send_header("Content-Type", "audio/pcm")
        self.send_header("X-Rate", str(self.voice.sample_rate))
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()

        def on_samples(samples, _progress):
            pcm = (numpy.clip(samples, -1, 1) * 32767).astype("<i2").tobytes()
            self.wfile.write(b"%x\r\n%s\r\n" % (len(pcm), pcm))
            return 1

        with self.lock:
            sentences = self.phonemizer.phonemize("en-us", text)
        config = sherpa_onnx.GenerationConfig()
        config.phoneme_codepoints = [[ord(one) for one in phonemes] for phonemes in sentences]
        self.voice.generate(text, config, callback=on_samples)
        self.wfile.write(b"0\r\n\r\n")

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 256
    daemon_threads = True


def main():
    parser = argparse.ArgumentParser()
    for name in ("--model", "--tokens"):
        parser.add_argument(name, required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    Handler.voice = load(options)
    Handler.phonemizer = EspeakPhonemizer()
    server = Server(("127.0.0.1", options.port), Handler)
    print("ready", flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
