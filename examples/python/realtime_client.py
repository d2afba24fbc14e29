#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A conversation with a server (`make serve`), first in text, then with sound.

    realtime_client.py http://127.0.0.1:8080
"""

import sys

import numpy as np

import parley

with parley.connect(sys.argv[1], instructions="Be brief.") as session:
    reply = session.say("Hello!")
    print(f"{reply.status}: {reply.text} ({len(reply.audio) / reply.rate_hz:.1f} s of audio)")
    session.update(audio={"input": {"turn_detection": None}})
    session.send_audio(np.zeros(24_000, np.float32))  # a second of the microphone
    session.commit()
    session.create_response()
    seconds = sum(len(block) for block in session.audio()) / 24_000
    print(f"heard {seconds:.1f} s of answer")
