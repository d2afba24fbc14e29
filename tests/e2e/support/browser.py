# SPDX-License-Identifier: Apache-2.0
"""Headless Chromium by the DevTools protocol: enough of it to use a page as a person does.

No driver package is needed, so there is none whose version must fit the browser's.
"""

import base64
import json
import re
import shutil
import subprocess
import tempfile
import time

from websockets.sync.client import connect

FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
    "--disable-extensions", "--mute-audio=false", "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream", "--remote-debugging-port=0", "--window-size=1280,860",
]  # fmt: skip
START_SECONDS = 60
CALL_SECONDS = 60


class PageError(Exception):
    """A script on the page threw, or what was waited for did not come."""


class Browser:
    """One browser process. `microphone` is a WAV file that plays once as the fake microphone."""

    def __init__(self, microphone=None, extra_flags=()):
        self.folder = tempfile.mkdtemp(prefix="parley-browser-")
        flags = [*FLAGS, f"--user-data-dir={self.folder}", *extra_flags]
        if microphone:
            flags.append(f"--use-file-for-fake-audio-capture={microphone}%noloop")
        self.process = subprocess.Popen(
            [shutil.which("chromium"), *flags, "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.socket = connect(self._address(), max_size=None, compression=None)
        self.calls = 0
        self.events = []

    def _address(self):
        for line in self.process.stderr:
            found = re.search(r"DevTools listening on (ws://\S+)", line)
            if found:
                return found.group(1)
        raise PageError("Chromium did not start")

    def close(self):
        self.socket.close()
        self.process.terminate()
        self.process.wait(timeout=30)
        self.process.stderr.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def open(self, url, **view):
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = Page(self, session)
        page.call("Page.enable")
        page.call("Runtime.enable")
        page.call("Log.enable")
        page.call("Network.enable")
        page.view(**view)
        page.call("Page.navigate", url=url)
        page.wait_for("document.readyState === 'complete'")
        return page

    def call(self, method, session=None, **parameters):
        self.calls += 1
        message = {"id": self.calls, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        self.socket.send(json.dumps(message))
        while True:
            answer = json.loads(self.socket.recv(timeout=CALL_SECONDS))
            if answer.get("id") == self.calls:
                if "error" in answer:
                    raise PageError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)


class Page:
    def __init__(self, browser, session):
        self.browser = browser
        self.session = session

    def call(self, method, **parameters):
        return self.browser.call(method, self.session, **parameters)

    def view(self, width=1280, height=860, dark=False, mobile=False):
        scheme = "dark" if dark else "light"
        self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=mobile,
        )  # fmt: skip
        self.call(
            "Emulation.setEmulatedMedia",
            features=[{"name": "prefers-color-scheme", "value": scheme}],
        )

    def run(self, script):
        """The value of an expression on the page; a promise is waited for."""
        answer = self.call(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            details = answer["exceptionDetails"]
            raise PageError(details.get("exception", {}).get("description", details["text"]))
        return answer["result"].get("value")

    def wait_for(self, script, seconds=30):
        """Polls, because what is waited for happens on the page's own time; fails at the limit."""
        limit = time.monotonic() + seconds
        while time.monotonic() < limit:
            value = self.run(script)
            if value:
                return value
            self.run("new Promise((done) => setTimeout(done, 50))")
        raise PageError(f"not within {seconds} s: {script}")

    def click(self, selector):
        """A real click: browsers let a page start sound only after one."""
        box = self.run(
            f"(() => {{ const box = document.querySelector({selector!r}).getBoundingClientRect();"
            " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
        )
        for kind in ["mousePressed", "mouseReleased"]:
            self.call(
                "Input.dispatchMouseEvent",
                type=kind, x=box[0], y=box[1], button="left", clickCount=1,
            )  # fmt: skip

    def press(self, key):
        special = {"Enter": 13, "Escape": 27, "Tab": 9}
        text = {"Enter": "\r"}.get(key, key if len(key) == 1 else None)
        code = {"windowsVirtualKeyCode": special[key]} if key in special else {}
        down = {"text": text} if text else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, **code, **down)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key, **code)

    def write(self, text):
        self.call("Input.insertText", text=text)

    def screenshot(self, path):
        path.parent.mkdir(parents=True, exist_ok=True)
        picture = self.call("Page.captureScreenshot", format="png")
        path.write_bytes(base64.b64decode(picture["data"]))

    def complaints(self):
        """Errors and warnings that the page or the browser wrote to the console."""
        self.run("0")
        found = []
        for event in self.browser.events:
            if event.get("sessionId") != self.session:
                continue
            method, details = event["method"], event["params"]
            if method == "Runtime.exceptionThrown":
                found.append(details["exceptionDetails"]["exception"].get("description", ""))
            elif method == "Runtime.consoleAPICalled" and details["type"] in ("error", "warning"):
                found.append(str([part.get("value") for part in details["args"]]))
            elif method == "Log.entryAdded" and details["entry"]["level"] in ("error", "warning"):
                found.append(details["entry"]["text"])
        return found

    def requests(self):
        """Addresses that the page asked for."""
        self.run("0")
        return [
            event["params"]["request"]["url"]
            for event in self.browser.events
            if event.get("method") == "Network.requestWillBeSent"
            and event.get("sessionId") == self.session
        ]
