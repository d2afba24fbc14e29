# SPDX-License-Identifier: Apache-2.0
"""The page of rooms in headless Chromium: people enter, hear each other, read and write, invite agents."""

import asyncio
import json
import shutil
import unittest

from support import places, speech
from support.browser import Browser
from support.livekit import LiveKitServer
from support.person import Person
from support.rooms_site import RoomsSite

ROOM = "standup"
# Sound of others that came and was loud: the sum of the energies that the browser counts.
HEARD = """(async () => {
  let energy = 0;
  for (const one of parley.client.room?.remoteParticipants.values() ?? []) {
    for (const {track} of one.audioTrackPublications.values()) {
      const report = await track?.receiver?.getStats();
      for (const each of report?.values() ?? []) energy += each.totalAudioEnergy ?? 0;
    }
  }
  return energy;
})()"""


def microphone(name, pcm):
    return speech.write_wav(places.RESULTS / f"rooms_{name}_microphone.wav", pcm)


class Rooms(unittest.TestCase):
    def setUp(self):
        places.need(shutil.which("chromium") or "/usr/bin/chromium", "install Debian's chromium")

    def enter(self, browser, site, name, **view):
        page = browser.open(f"{site.url}/rooms.html#room={ROOM}", **view)
        page.run("document.querySelector('#person-name').focus()")
        page.write(name)
        page.press("Enter")
        page.wait_for("parley.client.status === 'inside' && parley.client.microphoneOn")
        return page

    def write(self, page, field, text):
        page.run(f"document.querySelector('{field}').focus()")
        page.write(text)

    def picture(self, page, name):
        page.run("new Promise((done) => setTimeout(done, 700))")
        page.screenshot(places.RESULTS / f"rooms_{name}.png")

    def notice(self, page, words, seconds=30):
        script = f"(n) => n.innerText.includes({words!r})"
        return page.wait_for(f"[...document.querySelectorAll('.notice')].some({script})", seconds)

    def check_clean(self, page, site, livekit):
        """No complaint in the console, and nothing asked for from elsewhere."""
        self.assertEqual(page.complaints(), [])
        own = (site.url, livekit.url, livekit.http_url, "data:", "blob:", "about:")
        self.assertEqual([url for url in page.requests() if not url.startswith(own)], [])


class People(Rooms):
    def test_two_pages_hear_each_other(self):
        tone = microphone("tone", speech.silence(1000) + speech.tone(60000))
        with (
            LiveKitServer() as livekit, RoomsSite(livekit) as site,
            Browser(tone) as browser, Browser(tone) as other,
        ):  # fmt: skip
            ada = self.enter(browser, site, "Ada")
            bob = self.enter(other, site, "Bob")
            for page, name in ((ada, "Bob"), (bob, "Ada")):
                page.wait_for(f"parley.client.people.some(({{name}}) => name === '{name}')")
                page.wait_for(f"{HEARD}.then((energy) => energy > 0.001)")
                page.wait_for("document.querySelector('.person.speaking:not(:first-child)') !== null")
            self.picture(ada, "two")
            ada.click("#microphone")
            bob.wait_for("document.querySelector('#people').innerText.includes('Muted')")
            button = ada.run("document.querySelector('#microphone').innerText")
            self.assertEqual(button, "Turn microphone on")
            self.write(bob, "#message", "Good morning!")
            bob.press("Enter")
            ada.wait_for("document.querySelector('#log').innerText.includes('Good morning!')")
            bob.click("#leave")
            bob.wait_for("parley.client.status === 'outside'")
            ada.wait_for("parley.client.people.length === 1")
            # He has left, and what he said keeps his name.
            self.assertIn("Bob", ada.run("document.querySelector('#log').innerText"))
            for page in (ada, bob):
                self.assertEqual(page.run("document.querySelectorAll('.notice').length"), 0)
                self.check_clean(page, site, livekit)


class Agents(Rooms):
    """The agent is played by a participant that sends what an agent sends."""

    def test_transcripts_and_translations_side_by_side(self):
        quiet = microphone("quiet", speech.silence(1000))
        with LiveKitServer() as livekit, RoomsSite(livekit) as site, Browser(quiet) as browser:
            page = self.enter(browser, site, "Ada")
            self.picture(page, "alone")
            order = self.invite(page, site)
            self.assertEqual(order, {"room": ROOM, "metadata": '{"agent":"translator","to":"en"}'})
            with (
                Person(livekit, ROOM, "carmen", name="Carmen Díaz") as carmen,
                Person(livekit, ROOM, "agent-1", name="Translator", kind="agent") as agent,
            ):
                agent.serve("interrupt", lambda _: self.stop(agent))
                agent.set_attributes({"lk.agent.state": "speaking"})
                page.wait_for("!document.querySelector('#interrupt').disabled")
                page.press("Escape")
                page.wait_for("document.querySelector('.person.agent .about')?.innerText === 'Listening'")
                page.wait_for("parley.client.people.length === 3")
                self.say(agent, "carmen", "SG_1", "Buenos dí", final=False)
                page.wait_for("document.querySelector('.line .said.live')?.innerText === 'Buenos dí'")
                self.say(agent, "carmen", "SG_1", "Buenos días a todos. ¿Empezamos?")
                self.say(agent, "carmen", "TR_1", "Good morning, everybody.", about="SG_1", final=False)
                self.say(agent, "carmen", "TR_1", "Good morning, everybody. Shall we start?", about="SG_1")
                agent.write_on_behalf(
                    "agent-1", ["I am ", "listening."], at_end={"lk.transcription_final": "true"},
                    attributes={"lk.segment_id": "SG_2", "lk.transcription_final": "false"},
                )  # fmt: skip
                carmen.write("The agenda is in the calendar.")
                page.wait_for("parley.client.lines.lines.length === 3")
                page.wait_for("document.querySelectorAll('.line .live').length === 0")
                self.check_lines(page)
                self.more(agent)
                page.wait_for("parley.client.lines.lines.length === 6")
                self.picture(page, "translated")
                page.view(dark=True)
                self.picture(page, "dark")
                page.view(width=390, height=844, mobile=True)
                self.picture(page, "phone")
                page.run("document.querySelector('.talk').scrollIntoView()")
                self.picture(page, "phone_lines")
                page.view(width=390, height=844, mobile=True, dark=True)
                self.picture(page, "phone_dark")
                # No control is wider than a narrow window.
                self.assertLessEqual(page.run("document.documentElement.scrollWidth"), 390)
            self.check_clean(page, site, livekit)

    def invite(self, page, site):
        """What the server was asked for."""
        page.run("document.querySelector('#invite-button').scrollIntoView()")
        page.click("#invite-button")
        order = site.orders.get(timeout=30)
        page.wait_for("!document.querySelector('#invite-button').disabled")
        return order

    def stop(self, agent):
        """As an assistant does."""
        asyncio.get_running_loop().create_task(
            agent.room.local_participant.set_attributes({"lk.agent.state": "listening"})
        )
        return ""

    def say(self, agent, sender, segment, text, about=None, final=True):
        attributes = {"lk.segment_id": segment, "lk.transcription_final": str(final).lower()}
        attributes["parley.language"] = "es"
        if about:
            attributes |= {"parley.translation": "en", "parley.segment": about}
        agent.write_on_behalf(sender, [text], attributes=attributes)

    def check_lines(self, page):
        said, answered, written = page.run(
            "parley.client.lines.lines.map((l) => [l.kind, l.identity, l.said.text, l.said.final,"
            " Object.fromEntries([...l.translations].map(([k, w]) => [k, w.text]))])"
        )
        translated = {"en": "Good morning, everybody. Shall we start?"}
        self.assertEqual(said, ["spoken", "carmen", "Buenos días a todos. ¿Empezamos?", True, translated])
        self.assertEqual(answered, ["spoken", "agent-1", "I am listening.", True, {}])
        self.assertEqual(written[:3], ["written", "carmen", "The agenda is in the calendar."])
        shown = page.run("document.querySelector('#log').innerText")
        self.assertIn("Carmen Díaz", shown)
        langs = "['.said', '.words'].map((part) => document.querySelector(part).lang)"
        self.assertEqual(page.run(langs), ["es", "en"])

    def more(self, agent):
        for number, (text, translated) in enumerate((
            ("Primero, el presupuesto: ya tenemos la respuesta del banco, y es buena.",
             "First, the budget: we already have the bank's answer, and it is good."),
            ("¿Alguien quiere añadir algo?", "Does anybody want to add something?"),
        )):  # fmt: skip
            self.say(agent, "carmen", f"SG_{number + 5}", text)
            self.say(agent, "carmen", f"TR_{number + 5}", translated, about=f"SG_{number + 5}")
        self.say(agent, "carmen", "SG_9", "Entonces seguimos con", final=False)

    def test_every_agent_is_asked_for_with_what_it_needs(self):
        quiet = microphone("quiet", speech.silence(1000))
        with LiveKitServer() as livekit, RoomsSite(livekit) as site, Browser(quiet) as browser:
            page = self.enter(browser, site, "Ada")
            for agent, fields, metadata in (
                ("translator", {"from": "es", "to": "de", "speak": True},
                 '{"agent":"translator","language":"es","to":"de","speak":true}'),
                ("transcriber", {"language": ""}, '{"agent":"transcriber"}'),
                ("assistant", {"instructions": " Be brief. "},
                 '{"agent":"assistant","instructions":"Be brief."}'),
                ("notetaker", {"language": "fr", "webhook": "https://example.org/minutes"},
                 '{"agent":"notetaker","language":"fr","webhook":"https://example.org/minutes"}'),
            ):  # fmt: skip
                page.run(
                    f"document.querySelector('#agent').value = '{agent}';"
                    "document.querySelector('#agent').dispatchEvent(new Event('change'))"
                )
                for field, value in fields.items():
                    kind = "checked" if value is True else "value"
                    place = f"document.querySelector('#{field}')"
                    page.run(f"{place}.{kind} = {json.dumps(value)}")
                    self.assertTrue(page.run(f"{place}.offsetParent !== null"), field)
                self.assertEqual(self.invite(page, site)["metadata"], metadata)
                if agent == "assistant":
                    self.picture(page, "invite_assistant")
            # Nobody comes, and the page says what may be wrong.
            self.notice(page, "parley worker", 40)


class Troubles(Rooms):
    def open(self, browser, site):
        page = browser.open(f"{site.url}/rooms.html")
        self.write(page, "#person-name", "Ada")
        return page

    def test_what_is_wrong_before_the_room_is_said_with_what_to_do(self):
        quiet = microphone("quiet", speech.silence(1000))
        with (
            LiveKitServer() as livekit, RoomsSite(livekit, key="open-sesame") as site,
            Browser(quiet) as browser,
        ):  # fmt: skip
            page = self.open(browser, site)
            page.press("Enter")
            self.notice(page, "server.api_keys")
            self.picture(page, "key_needed")
            page.click(".notice button")
            page.wait_for("document.querySelector('#settings').open")
            self.write(page, "#key", "open-sesame")
            page.press("Enter")
            page.wait_for("!document.querySelector('#settings').open")

            site.fails["/v1/rooms/token"] = (404, "There are no rooms here.")
            page.click("#enter")
            self.notice(page, "set rooms.url, rooms.key and rooms.secret")
            self.picture(page, "no_livekit")
            site.fails.clear()

            livekit.secret, right = "another secret, which LiveKit does not know", livekit.secret
            page.click("#enter")
            self.notice(page, "LiveKit refused the token")
            livekit.secret = right

            livekit.stop()
            page.click("#enter")
            self.notice(page, "Is livekit-server running there")
            livekit.start()
            page.click("#enter")
            page.wait_for("parley.client.status === 'inside'")
            self.assertEqual(page.run("document.querySelectorAll('.notice').length"), 0)

    def test_a_room_that_is_closed_and_one_who_is_removed_are_told(self):
        quiet = microphone("quiet", speech.silence(1000))
        with LiveKitServer() as livekit, RoomsSite(livekit) as site, Browser(quiet) as browser:
            page = self.enter(browser, site, "Ada")
            livekit.delete_room(ROOM)
            self.notice(page, "The room was closed")
            self.picture(page, "closed")
            page.click("#enter")
            page.wait_for("parley.client.status === 'inside'")
            [ada] = livekit.participants(ROOM)
            livekit.remove(ROOM, ada["identity"])
            self.notice(page, "You were removed")
            self.assertEqual(page.run("parley.client.status"), "outside")


if __name__ == "__main__":
    unittest.main()
