# SPDX-License-Identifier: Apache-2.0
"""examples/speaking_chat in headless Chromium: what is written is heard, once and in order.

The sound is taken where the page hands it to the loudspeaker, silence of waiting included.
"""

import array
import asyncio
import base64
import contextlib
import json
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import unittest

from support import places, speech
from support.browser import Browser
from support.server import Server, transcribe

sys.path.insert(0, str(places.ROOT / "tools"))
import scripted_llm  # noqa: E402

EXAMPLE = places.ROOT / "examples/speaking_chat"
ANSWER = (
    "The moon has no light of its own. It shines because the sun shines on it, and half of it is "
    "always lit. As it goes round the earth, we see more or less of that half. In 1969 two people "
    "walked there for the first time."
)
# As it is said, and so as it is heard.
SPOKEN = ANSWER.replace("1969", "nineteen sixty nine")
SECOND = "Tides come from the moon, which pulls the sea towards itself."
# Made by one model and heard by another.
WER_MAX_PERCENT = 10
# Of sound, after a stop.
STOP_MS_MAX = 100
SILENT = 2  # of 32768: a fade's last step
WAIT_SECONDS = 90

# Keeps each sample that passes a node, on the audio thread, with the number of the first one.
RECORDER = """
registerProcessor('recorder', class extends AudioWorkletProcessor {
  process([[input]]) {
    const pcm = new Int16Array(128);
    if (input) for (let at = 0; at < 128; at += 1) pcm[at] = Math.round(input[at] * 32768);
    this.port.postMessage({frame: currentFrame, pcm});
    return true;
  }
});
"""
RECORD = """
(async () => {
  const {player} = chat;
  player.unlock();
  const {context} = player.output;
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([%s], {type: 'text/javascript'})));
  const node = new AudioWorkletNode(context, 'recorder');
  window.heard = [];
  node.port.onmessage = ({data}) => heard.push(data);
  player.output.connect(node);
})()
""" % json.dumps(RECORDER)
# [samples as base64, the frame of the first]; gaps of the clock are silence.
RECORDING = """
(() => {
  const first = heard[0].frame;
  const all = new Int16Array(heard.at(-1).frame - first + 128);
  for (const {frame, pcm} of heard) all.set(pcm, frame - first);
  const bytes = new Uint8Array(all.buffer);
  let text = '';
  for (let at = 0; at < bytes.length; at += 8192) {
    text += String.fromCharCode.apply(null, bytes.subarray(at, at + 8192));
  }
  return [btoa(text), first];
})()
"""


class Writer(scripted_llm.Endpoint):
    """Writes what it is told to, slowly, and knows whether its reader stayed to the end."""

    def __init__(self):
        options = ["--tokens-per-second", "4", "--reply", ANSWER]
        super().__init__(scripted_llm.parse_options(options))
        self.asked = queue.Queue()  # the messages of each request
        self.left = queue.Queue()  # tokens of each answer that its reader did not wait for

    async def serve(self, reader, writer):
        # An answer is still being written when the test ends.
        with contextlib.suppress(asyncio.CancelledError):
            await super().serve(reader, writer)

    async def complete(self, writer, request, messages):
        self.asked.put(messages)
        self.written = 0
        try:
            return await super().complete(writer, request, messages)
        except ConnectionError:
            self.left.put(self.written)
            raise

    async def event(self, writer, data):
        await super().event(writer, data)
        self.written += 1


@contextlib.contextmanager
def language_model(endpoint):
    """Its address, served from a thread."""
    started = queue.Queue()

    async def serve():
        listener = await asyncio.start_server(endpoint.serve, "127.0.0.1", 0)
        end = asyncio.Event()
        started.put((listener.sockets[0].getsockname()[1], asyncio.get_running_loop(), end))
        await end.wait()
        listener.close()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    port, loop, end = started.get()
    try:
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        loop.call_soon_threadsafe(end.set)
        thread.join()


@contextlib.contextmanager
def example(llm, parley, *more):
    """The address of the example's own server, which must not stumble."""
    command = [sys.executable, "-B", EXAMPLE / "speaking_chat.py", "--port", "0", "--llm-url", llm,
               "--llm-model", "scripted", "--speech-url", parley, *more]  # fmt: skip
    with tempfile.TemporaryFile("w+") as log:
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
            try:
                yield process.stdout.readline().split(" on ")[1].strip()
            finally:
                process.terminate()
        log.seek(0)
        said = log.read()
    if "Traceback" in said:
        raise AssertionError(said)


class Chat(unittest.TestCase):
    def setUp(self):
        places.need(shutil.which("chromium") or "/usr/bin/chromium", "install Debian's chromium")
        self.writer = Writer()
        self.llm = self.enterContext(language_model(self.writer))

    def open(self, server, *more, **view):
        url = self.enterContext(example(self.llm, server.url, *more))
        page = self.enterContext(Browser()).open(url, **view)
        self.url = url
        return page

    def record(self, page):
        # The recorder is not of the page, whose policy allows only its own scripts.
        page.call("Page.setBypassCSP", enabled=True)
        page.call("Page.reload")
        page.wait_for("document.readyState === 'complete' && window.chat")
        page.click("#question")
        page.run(RECORD)

    def ask(self, page, question):
        page.run("document.querySelector('#question').focus()")
        page.write(question)
        page.press("Enter")

    def note_time(self, page, selector, event):
        """Where the audio clock stands when the page hears of `event` cuts the recording in two."""
        page.run(
            f"document.querySelector('{selector}').addEventListener('{event}', () => {{"
            " window.noted = chat.player.output.context.currentTime; }, {capture: true})"
        )

    def recording(self, page):
        """(samples played before the noted time, after it and the time that a stop may take)"""
        text, first = page.run(RECORDING)
        samples = array.array("h", base64.b64decode(text))
        noted = round((page.run("window.noted ?? 1e9") - first / speech.RATE) * speech.RATE)
        return samples[:noted], samples[noted + STOP_MS_MAX * speech.RATE // 1000 :]

    def picture(self, page, name):
        page.screenshot(places.RESULTS / f"chat_{name}.png")

    def check_heard(self, text, samples, name):
        file = speech.write_wav(places.RESULTS / f"chat_{name}.wav", samples.tobytes())
        heard = transcribe(file)[0]
        wrong, words, _ = speech.word_errors([(text, heard)])
        print(f"heard: {heard!r}\nWER {100 * wrong / words:.1f} %", flush=True)
        self.assertLessEqual(100 * wrong, WER_MAX_PERCENT * words)

    def check_clean(self, page):
        self.assertEqual(page.complaints(), [])
        own = (self.url, self.url.replace("http:", "ws:"), "data:", "blob:", "about:")
        self.assertEqual([url for url in page.requests() if not url.startswith(own)], [])


class RealVoice(Chat):
    def test_answer_is_read_while_it_is_written(self):
        with Server() as server:
            page = self.open(server, width=860, height=520)
            self.record(page)
            self.ask(page, "Why does the moon change its shape?")
            page.wait_for("chat.turn.heard > 3", WAIT_SECONDS)
            self.assertEqual(page.run("chat.turn.state"), "writing")
            self.picture(page, "speaking")
            page.wait_for("chat.turn.state === 'done'", WAIT_SECONDS)

            turn = page.run("chat.turn")
            self.assertEqual(turn["answer"], ANSWER)
            self.assertLess(turn["times"]["firstSound"], turn["times"]["written"])
            self.assertIn(ANSWER, page.run("document.querySelector('.answer .text').innerText"))
            self.check_words(turn)
            samples, _ = self.recording(page)
            self.check_heard(SPOKEN, samples, "answer")
            self.check_clean(page)

            page.view(width=390, height=844, mobile=True, dark=True)
            self.ask(page, "And the tides?")
            page.wait_for("chat.turn.heard > 2", WAIT_SECONDS)
            self.picture(page, "narrow")
            self.assertLessEqual(page.run("document.documentElement.scrollWidth"), 390)

    def check_words(self, turn):
        """Every word of the answer has its time, one after the other."""
        places_of_words = [turn["answer"][one["from"] : one["to"]] for one in turn["timed"]]
        self.assertEqual(places_of_words, ANSWER.split())
        begins = [one["begin"] for one in turn["timed"]]
        self.assertEqual(begins, sorted(begins))
        self.assertLessEqual(turn["timed"][-1]["end"], turn["heard"] + 0.5)

    def test_second_question_silences_the_first_answer(self):
        with Server() as server:
            page = self.open(server)
            self.record(page)
            self.ask(page, "Why does the moon change its shape?")
            page.wait_for("chat.turn.heard > 2", WAIT_SECONDS)
            self.writer.options.reply = SECOND
            self.note_time(page, "#question", "keydown")
            self.ask(page, "And the tides?")
            page.wait_for("chat.turns.length === 2 && chat.turn.state === 'done'", WAIT_SECONDS)

            first, second = page.run("chat.turns")
            self.assertEqual((first["state"], second["state"]), ("stopped", "done"))
            self.assertEqual(second["answer"], SECOND)
            _, after = self.recording(page)
            self.check_heard(SECOND, after, "second")
            # The model knows what was heard of its first answer, and of nothing else.
            self.writer.asked.get()
            told = [(m["role"], m["content"]) for m in self.writer.asked.get() if m["role"] != "system"]
            self.assertEqual([role for role, _ in told], ["user", "assistant", "user"])
            self.assertTrue(ANSWER.startswith(told[1][1]) and 0 < len(told[1][1]) < len(ANSWER), told)


class FakeVoice(Chat):
    """With fake models: the page's own behaviour, quickly."""

    def test_stop_ends_sound_and_writing(self):
        with Server(fake=True) as server:
            page = self.open(server)
            self.record(page)
            self.ask(page, "Go on.")
            page.wait_for("chat.turn?.heard > 1")
            self.note_time(page, "#stop", "click")
            page.click("#stop")
            page.wait_for("chat.player.output.context.currentTime > window.noted + 1")
            self.assertEqual(page.run("chat.turn.state"), "stopped")
            before, after = self.recording(page)
            self.assertGreater(max(map(abs, before)), SILENT)
            self.assertGreater(len(after), speech.RATE // 2)
            self.assertLessEqual(max(map(abs, after)), SILENT)
            # The endpoint wrote no further, either.
            self.assertLess(self.writer.left.get(timeout=WAIT_SECONDS), len(ANSWER.split()))

            self.ask(page, "And again.")
            page.wait_for("chat.turns.length === 2 && chat.turn.heard > 0.5")
            page.press("Escape")
            page.wait_for("chat.turn.state === 'stopped'")
            self.check_clean(page)

    def test_without_sound(self):
        self.writer.options.tokens_per_second = 200
        with Server(fake=True) as server:
            page = self.open(server)
            page.click("#aloud")
            self.ask(page, "Quietly.")
            page.wait_for("chat.turn?.state === 'done'")
            self.assertEqual(page.run("chat.turn.answer"), ANSWER)
            self.assertEqual(page.run("chat.turn.times.firstSound ?? null"), None)
            self.assertEqual(page.run("document.querySelector('#log').ariaLive"), "polite")
            self.check_clean(page)

    def test_sound_is_turned_off_and_writing_goes_on(self):
        with Server(fake=True) as server:
            page = self.open(server)
            self.ask(page, "Go on.")
            page.wait_for("chat.turn?.heard > 0.5")
            page.click("#aloud")
            page.wait_for("!chat.player.busy")
            self.assertEqual(page.run("chat.turn.state"), "writing")
            page.wait_for("chat.turn.state === 'done'")
            self.assertEqual(page.run("chat.turn.answer"), ANSWER)

    def test_a_broken_model_is_explained_and_what_it_wrote_is_spoken(self):
        self.writer.options.tokens_per_second = 100
        with Server(fake=True) as server:
            page = self.open(server)
            for way, said in (("refuse", "scripted refusal"), ("reset", "does not answer"),
                              ("error", "scripted error"), ("die", "broke off"),
                              ("garbage", "broke off")):  # fmt: skip
                with self.subTest(way):
                    self.writer.options.fail = way
                    self.ask(page, f"Break: {way}.")
                    page.wait_for("chat.turn?.state === 'failed' && !chat.turn.aloud")
                    notice = page.run("document.querySelector('.notice')?.innerText")
                    self.assertIn(said, notice)
                    written = page.run("chat.turn.answer")
                    self.assertEqual(page.run("chat.turn.heard > 0"), written != "")
            self.picture(page, "failed")
            self.writer.options.fail = None
            self.ask(page, "Better?")
            page.wait_for("chat.turn.answer.length > 20")
            self.assertEqual(page.run("document.querySelectorAll('.notice').length"), 0)

    def test_parley_is_away_and_comes_back(self):
        self.writer.options.tokens_per_second = 100
        with Server(fake=True) as server:
            port = server.port
        page = self.open(server)
        self.ask(page, "Is anybody there?")
        page.wait_for("document.querySelector('.notice')?.innerText.includes('parley serve')")
        page.wait_for("chat.turn.state === 'done'")
        self.assertEqual(page.run("chat.turn.answer"), ANSWER)
        with Server(fake=True, port=port):
            self.ask(page, "And now?")
            page.wait_for("chat.turns.length === 2 && chat.turn.heard > 0.5")
            page.press("Escape")

    def test_keys_stay_on_the_server(self):
        settings = {"server.api_keys": ["open-sesame"]}
        with Server(fake=True, settings=settings) as server:
            page = self.open(server)
            self.ask(page, "May I?")
            page.wait_for("document.querySelector('.notice')?.innerText.includes('--speech-key')")
            page = self.open(server, "--speech-key", "open-sesame")
            self.ask(page, "May I?")
            page.wait_for("chat.turn?.heard > 0.5")
            self.check_clean(page)

    def test_pages_of_others_may_not_ask(self):
        with Server(fake=True) as server:
            self.open(server)
            body = json.dumps({"messages": [{"role": "user", "content": "Hello"}]})
            for header, status in (("Origin: http://elsewhere.example", 403), (f"Origin: {self.url}", 200),
                                   ("Host: rebound.example", 403)):  # fmt: skip
                with self.subTest(header):
                    done = subprocess.run(
                        ["curl", "-s", "-o", "/dev/null", "-w", "%{http_code}", "-H", header, "-d", body,
                         f"{self.url}/chat"],
                        capture_output=True, text=True, check=True,
                    )  # fmt: skip
                    self.assertEqual(done.stdout, str(status))

    def test_times_of_words_that_are_not_said_as_written(self):
        cases = (
            ("It costs $3.50.", "It costs three dollars and fifty cents.", "It costs $3.50."),
            ("**Dr.** Ng: 🙂 yes", "Doctor Ng: yes", "**Dr.** Ng: yes"),
            ("- one\n- two", "one two", "one two"),
            ("2 2 2", "two two two", "2 2 2"),
            ("same same", "same same", "same same"),
            ("", "nothing", ""),
        )
        with Server(fake=True) as server:
            page = self.open(server)
            for written, said, expected in cases:
                with self.subTest(written):
                    words = [{"text": word, "begin": at, "end": at + 1}
                             for at, word in enumerate(said.split())]  # fmt: skip
                    timed = page.run(
                        "import('./words.js').then(({timesOfWritten}) =>"
                        f" timesOfWritten({json.dumps(written)}, {json.dumps(words)})"
                        f".map((one) => ({{...one, text: {json.dumps(written)}.slice(one.from, one.to)}})))"
                    )
                    self.assertEqual(" ".join(one["text"] for one in timed), expected)
                    # Times cover what was said, without overlap.
                    for one, following in zip(timed, timed[1:], strict=False):
                        self.assertLessEqual(one["end"], following["begin"] + 1e-9)
                    if timed:
                        self.assertEqual((timed[0]["begin"], timed[-1]["end"]), (0, len(words)))


if __name__ == "__main__":
    unittest.main()
