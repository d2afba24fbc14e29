# SPDX-License-Identifier: Apache-2.0
"""Sessions that only listen, by the official Python client, unmodified, with the real models: words while
they are spoken, who spoke, client secrets of both dialects."""

import asyncio
import contextlib
import unittest
from collections import defaultdict

from openai import AsyncOpenAI
from openai_client_test import Session
from speakers_test import KEY, LATER, READER, in_turn, spoken
from support import places, speech
from support.server import Server

TRANSCRIPTION = "conversation.item.input_audio_transcription."
FRAME_MS = 100
CLIP = "best_and_worst"
# Between what was told word by word and the transcript, which knows better now and then: two of the clip's
# twelve words. Which sound a word was first heard from depends on when the machine had time for it.
DIFFERENT_WORDS_MAX_PERCENT = 17


class Listening(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        places.need_models()
        places.need(places.CACHE / "models/ge2e", "run tools/deps")
        places.need_speech()
        cls.server = Server(settings={"speakers.model": "ge2e", "speakers.key": KEY})
        cls.addClassCleanup(cls.server.stop)

    def client(self, key="none-needed"):
        return AsyncOpenAI(api_key=key, base_url=f"{self.server.url}/v1")

    @contextlib.asynccontextmanager
    async def session(self, key="none-needed", intent=True, **heard):
        client = self.client(key)
        query = {"intent": "transcription"} if intent else {}
        async with client.realtime.connect(extra_query=query) as connection:
            session = Session(connection)
            created = await session.until("session.created")
            self.assertEqual(created.session.type, "transcription")
            if heard:
                await connection.session.update(
                    session={"type": "transcription", "audio": {"input": heard}}
                )
                await session.until("session.updated")
            yield session
        await client.close()

    async def speak(self, session, pcm):
        """As fast as somebody speaks."""
        loop = asyncio.get_running_loop()
        start = loop.time()
        for at in range(0, len(pcm), FRAME_MS * speech.BYTES_PER_MS):
            await asyncio.sleep(max(0, start + at / speech.BYTES_PER_MS / 1000 - loop.time()))
            await session.say(pcm[at : at + FRAME_MS * speech.BYTES_PER_MS])

    def told(self, session):
        """{item: (deltas, how many of them while it was spoken)} of all that was received."""
        deltas, early = defaultdict(list), defaultdict(int)
        over = set()
        for event in session.received:
            if event.type == "input_audio_buffer.committed":
                over.add(event.item_id)
            if event.type == TRANSCRIPTION + "delta":
                deltas[event.item_id].append(event.delta)
                early[event.item_id] += event.item_id not in over
        return {item: ("".join(all), early[item]) for item, all in deltas.items()}

    def check_words(self, told, transcript):
        words = speech.wer.words(transcript)
        rate = speech.wer.rate(speech.wer.errors(words, speech.wer.words(told)), len(words))
        self.assertLessEqual(rate, DIFFERENT_WORDS_MAX_PERCENT, (told, transcript))

    async def test_words_are_told_while_they_are_spoken(self):
        clip = speech.clip(CLIP)
        async with self.session(transcription={"model": "gpt-4o-transcribe"}) as session:
            sound = speech.silence(300) + clip.pcm + speech.silence(1500)
            speaking = asyncio.create_task(self.speak(session, sound))
            completed = await session.until(TRANSCRIPTION + "completed")
            await speaking
            text, early = self.told(session)[completed.item_id]
            self.assertGreaterEqual(early, 2, "told while it was spoken")
            self.check_words(text, completed.transcript)
            self.assertGreater(completed.usage.seconds, 1)

    async def test_a_commit_ends_what_was_told_by_hand(self):
        clip = speech.clip(CLIP)
        heard = {"transcription": {"model": "gpt-realtime-whisper"}, "turn_detection": None}
        async with self.session(**heard) as session:
            await self.speak(session, clip.pcm)
            await session.connection.input_audio_buffer.commit()
            committed = await session.until("input_audio_buffer.committed")
            completed = await session.until(TRANSCRIPTION + "completed")
            self.assertEqual(completed.item_id, committed.item_id)
            text, early = self.told(session)[completed.item_id]
            self.assertGreaterEqual(early, 2)
            self.check_words(text, completed.transcript)
            self.assertFalse([one for one in session.received if "speech_" in one.type])

    async def test_one_model_is_told_whole(self):
        async with self.session(transcription={"model": "whisper-1"}) as session:
            await session.say(speech.clip(CLIP).pcm + speech.silence(1500))
            completed = await session.until(TRANSCRIPTION + "completed")
            deltas = [one.delta for one in session.received if one.type == TRANSCRIPTION + "delta"]
            self.assertEqual(deltas, [completed.transcript])

    async def test_who_spoke_is_told(self):
        reader = [speech.clip(name).pcm for name in LATER[READER][1:3]]
        joe = [spoken(self.server, text) for text in LATER["Joe"]]
        turns = [reader[0], joe[0], reader[1], joe[1]]
        heard = {"transcription": {"model": "gpt-4o-transcribe-diarize"}}
        async with self.session(**heard) as session:
            await session.say(b"".join(pcm + speech.silence(1200) for pcm in turns))
            segments = []
            while len(in_turn([one.speaker for one in segments])) < len(turns):
                segments.append(await session.until(TRANSCRIPTION + "segment"))
            completed = await session.until(TRANSCRIPTION + "completed")
        self.assertEqual(in_turn([one.speaker for one in segments]), ["A", "B", "A", "B"])
        self.assertEqual(len({one.id for one in segments}), len(segments))
        for one in segments:
            self.assertLess(one.start, one.end)
        last = [one.text for one in segments if one.item_id == completed.item_id]
        self.assertTrue(completed.transcript.startswith(" ".join(last)), (last, completed))

    async def test_a_secret_brings_its_session(self):
        client = self.client()
        wanted = {
            "type": "transcription",
            "include": ["item.input_audio_transcription.logprobs"],
            "audio": {
                "input": {
                    "format": {"type": "audio/pcm", "rate": speech.RATE},
                    "transcription": {"model": "gpt-4o-transcribe", "language": "en"},
                    "turn_detection": {"type": "server_vad", "silence_duration_ms": 400},
                }
            },
        }
        secret = await client.realtime.client_secrets.create(session=wanted)
        await client.close()
        self.assertTrue(secret.value.startswith("ek_"))
        shown = secret.session.to_dict()
        self.assertEqual(shown["object"], "realtime.transcription_session")
        self.assertTrue(shown["id"].startswith("sess_"))
        self.assertEqual(shown["expires_at"], 0)
        self.assertEqual(shown["include"], wanted["include"])
        self.assertEqual(shown["audio"]["input"]["turn_detection"]["silence_duration_ms"], 400)
        self.assertNotIn("output", shown["audio"])
        for _ in range(2):  # it opens several sessions
            async with self.session(secret.value, intent=False) as session:
                created = session.received[0].session.to_dict()
                self.assertEqual(created["audio"], shown["audio"])
                self.assertGreater(created["expires_at"], 0)
                await session.say(speech.clip(CLIP).pcm + speech.silence(1500))
                completed = await session.until(TRANSCRIPTION + "completed")
                tokens = "".join(one.token for one in completed.logprobs)
                self.assertEqual(tokens.strip(), completed.transcript)

    async def test_a_secret_of_the_beta_brings_its_session(self):
        client = self.client()
        minted = await client.beta.realtime.transcription_sessions.create(
            modalities=["text"],
            input_audio_format="pcm16",
            input_audio_transcription={"model": "gpt-4o-transcribe", "language": "en"},
            turn_detection={"type": "server_vad", "silence_duration_ms": 400},
            client_secret={"expires_at": {"anchor": "created_at", "seconds": 90}},
        )
        await client.close()
        self.assertEqual(minted.input_audio_format, "pcm16")
        self.assertEqual(minted.input_audio_transcription.language, "en")
        self.assertEqual(minted.turn_detection.silence_duration_ms, 400)
        async with self.session(minted.client_secret.value, intent=False) as session:
            heard = session.received[0].session.audio.input
            self.assertEqual(heard.turn_detection.silence_duration_ms, 400)
            self.assertEqual(heard.transcription.model, "gpt-4o-transcribe")

    async def test_nobody_answers(self):
        async with self.session(transcription={"model": "gpt-4o-transcribe"}) as session:
            await session.connection.response.create()
            while (event := await session.next()).type != "error":
                pass
            self.assertEqual(event.error.type, "invalid_request_error")


if __name__ == "__main__":
    unittest.main()
