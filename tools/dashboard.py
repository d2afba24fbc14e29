#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The dashboard of the speech service, for Grafana: made here, and shown to have data.

    dashboard.py            write ops/dashboard.json, which Grafana imports
    dashboard.py --check    exit 1 when the file is not what this program writes
    dashboard.py --show [--seconds 60] [--fake]
        Starts Parley, a Prometheus that scrapes it, and a little load; then asks Prometheus for every
        query of every panel. Exit 1 when one has no data. With --picture FILE the panels are drawn from
        these data by Chromium.

--show needs Debian's `prometheus` (tools/packages), and `tools/deps --with tests` for Chromium's part.
"""

import argparse
import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "ops/dashboard.json"
RATE = "[$__rate_interval]"

sys.dont_write_bytecode = True
sys.path[:0] = [str(ROOT / "tests/e2e"), str(ROOT / "bench/speech")]


def quantile(share, name, by=""):
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share}, sum by ({labels}) (rate({name}_bucket{RATE})))"


def quantiles(name):
    return [(f"p{share * 100:g}", quantile(share, name)) for share in (0.5, 0.95, 0.99)]


FIRST = "parley_tts_first_audio_seconds"
WRONG = 'code=~"internal|unavailable|data_corrupt|failed_precondition"'

# (row, [(title, unit of Grafana, [(legend, query)], what it shows)])
ROWS = [
    ("What people notice", [
        ("Time to first audio", "s", quantiles(FIRST),
         "From a request to its first audio leaving. The alert is at p99 > 0.5 s."),
        ("p99 of the first audio by interface", "s",
         [("{{face}}", quantile(0.99, FIRST, "face"))], ""),
        ("Streams that ended, by result", "reqps",
         [("{{code}}", f"sum by (code) (rate(parley_tts_requests_total{RATE}))")],
         "cancelled: the client left. Who is told to come again is not among them."),
        ("Errors", "percentunit",
         [("of all streams", f"(sum(rate(parley_tts_requests_total{{{WRONG}}}{RATE})) or vector(0))"
           f" / sum(rate(parley_tts_requests_total{RATE}))")],
         "What the server did wrong. The alert is at 0.1 %."),
        ("Refused", "reqps",
         [("too much waits", f"sum(rate(parley_tts_refused_total{RATE}))"),
          ("limits of keys", f"sum(rate(parley_limits_refused_total{RATE})) or vector(0)"),
          ("limits of addresses", f"sum(rate(parley_address_refused_total{RATE}))")],
         "429 with a time to come again."),
        ("Open streams", "none", [("{{face}}", "sum by (face) (parley_tts_streams)")], ""),
    ]),
    ("The voice", [
        ("Waiting for the voice", "s", quantiles("parley_tts_queue_wait_seconds"),
         "From a sentence's arrival at the voice to its first step."),
        ("Computing a sentence", "s", quantiles("parley_tts_synthesis_seconds"),
         "Run time of all its steps."),
        ("Real-time factor", "none", quantiles("parley_tts_real_time_factor"),
         "Run time by length of the audio: below 1 the voice is faster than playing."),
        ("Sentences that wait", "none",
         [("waiting", 'sum(parley_model_queue_depth{model="tts"})')], ""),
        ("Speech made", "none",
         [("seconds of speech per second",
           f"sum(rate(parley_tts_audio_milliseconds_total{RATE})) / 1000")],
         "How many people could listen at once to what is made."),
        ("Text", "none", [("characters per second", f"sum(rate(parley_tts_characters_total{RATE}))")],
         ""),
    ]),
    ("The phrase cache", [
        ("Answered from the cache", "percentunit",
         [("hits", f"sum(rate(parley_tts_cache_hits_total{RATE}))"
           f" / (sum(rate(parley_tts_cache_hits_total{RATE}))"
           f" + sum(rate(parley_tts_cache_misses_total{RATE})))"),
          ("shared with another", f"sum(rate(parley_tts_cache_joined_total{RATE}))"
           f" / (sum(rate(parley_tts_cache_hits_total{RATE}))"
           f" + sum(rate(parley_tts_cache_misses_total{RATE})))")], ""),
        ("Kept", "bytes", [("{{tier}}", "sum by (tier) (parley_tts_cache_bytes)")], ""),
    ]),
    ("The process", [
        ("Memory", "bytes", [("resident", "process_resident_memory_bytes")], ""),
        ("Processor", "none", [("cores", f"rate(process_cpu_seconds_total{RATE})")], ""),
        ("Connections and descriptors", "none",
         [("connections", "parley_connections"), ("descriptors", "process_open_fds")], ""),
    ]),
]  # fmt: skip


def panels():
    return [panel for _, row in ROWS for panel in row]


# --- for Grafana ----------------------------------------------------------------------------------


def dashboard():
    shown, y, number = [], 0, 0
    for title, row in ROWS:
        number += 1
        shown.append({"id": number, "type": "row", "title": title, "collapsed": False,
                      "gridPos": {"h": 1, "w": 24, "x": 0, "y": y}, "panels": []})  # fmt: skip
        y += 1
        for place, (name, unit, queries, about) in enumerate(row):
            number += 1
            shown.append(grafana_panel(number, name, unit, queries, about, place % 3, y))
            if place % 3 == 2 or place == len(row) - 1:
                y += 8
    return {
        "uid": "parley-speech", "title": "Parley: speech", "tags": ["parley"], "schemaVersion": 39,
        "version": 1, "editable": True, "refresh": "10s", "timezone": "browser",
        "time": {"from": "now-1h", "to": "now"},
        "templating": {"list": [{"name": "source", "type": "datasource", "query": "prometheus",
                                 "label": "Prometheus", "current": {}, "hide": 0}]},
        "annotations": {"list": []}, "panels": shown,
    }  # fmt: skip


def grafana_panel(number, title, unit, queries, about, column, y):
    source = {"type": "prometheus", "uid": "${source}"}
    return {
        "id": number, "type": "timeseries", "title": title, "description": about,
        "datasource": source, "gridPos": {"h": 8, "w": 8, "x": 8 * column, "y": y},
        "fieldConfig": {"defaults": {"unit": unit, "min": 0,
                                     "custom": {"lineWidth": 2, "fillOpacity": 8}},
                        "overrides": []},
        "options": {"legend": {"displayMode": "list", "placement": "bottom"},
                    "tooltip": {"mode": "multi"}},
        "targets": [{"refId": chr(ord("A") + place), "datasource": source, "expr": query,
                     "legendFormat": legend, "range": True}
                    for place, (legend, query) in enumerate(queries)],
    }  # fmt: skip


def text():
    return json.dumps(dashboard(), indent=2) + "\n"


# --- from a real Prometheus -----------------------------------------------------------------------


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@contextlib.contextmanager
def prometheus(target, folder):
    """Its address. It has our rules, and scrapes once a second."""
    port = free_port()
    config = Path(folder) / "prometheus.yml"
    config.write_text(
        "global: {scrape_interval: 1s, evaluation_interval: 1s}\n"
        f"rule_files: [{json.dumps(str(ROOT / 'ops/alerts.yml'))}]\n"
        "scrape_configs:\n  - job_name: parley\n    static_configs: "
        f"[{{targets: [{json.dumps(target)}]}}]\n",
        encoding="utf-8",
    )
    with open(Path(folder) / "log", "wb") as log:
        process = subprocess.Popen(
            ["prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder}/data",
             f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"],
            stdout=log, stderr=log,
        )  # fmt: skip
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(f"{url}/-/ready", process)
        yield url
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_for(url, process):
    for _ in range(300):
        if process.poll() is not None:
            raise SystemExit(f"prometheus ended with status {process.returncode}")
        with contextlib.suppress(OSError):
            urllib.request.urlopen(url, timeout=5).close()
            return
        time.sleep(0.1)
    raise SystemExit(f"{url} does not answer")


def ask(url, query, start, end):
    """[(labels, [(time, value)])] of one query, without values that are no numbers."""
    wanted = urllib.parse.urlencode(
        {"query": query.replace("$__rate_interval", "15s"), "start": start, "end": end, "step": 1}
    )
    with urllib.request.urlopen(f"{url}/api/v1/query_range?{wanted}", timeout=60) as answer:
        result = json.load(answer)["data"]["result"]
    series = []
    for one in result:
        points = [(at, float(value)) for at, value in one["values"] if value not in ("NaN", "+Inf")]
        if points:
            series.append((one["metric"], points))
    return series


def load(server, seconds):
    """A little of everything: many at once, phrases again and again, one that is refused."""
    from sentences import COMMON, novel
    from support.speaking import Client

    news, lock, end = novel(1), threading.Lock(), time.monotonic() + seconds

    def listen(number):
        client = Client(server.host, server.port)
        while time.monotonic() < end:
            with lock:
                new = next(news)
            client.speak(new if number % 2 else COMMON[number], response_format="pcm")
            client.post("/v1/audio/stream", json.dumps({"text": COMMON[number]}).encode())
            time.sleep(0.5)
        client.close()

    threads = [threading.Thread(target=listen, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def label(legend, metric):
    for name, value in metric.items():
        legend = legend.replace("{{" + name + "}}", value)
    return legend


def show(options):
    from support.server import Server

    drawn, empty = [], []
    settings = {"log.level": "warn", **dict(pair.split("=", 1) for pair in options.sets)}
    with Server(fake=options.fake, settings=settings) as server, tempfile.TemporaryDirectory() as folder:
        with prometheus(f"{server.host}:{server.port}", folder) as url:
            start = time.time()
            load(server, options.seconds)
            time.sleep(2)
            end = time.time()
            for title, unit, queries, _ in panels():
                lines = []
                for legend, query in queries:
                    found = ask(url, query, start, end)
                    if not found:
                        empty.append(f"{title}: {legend}: {query}")
                    lines += [(label(legend, metric), points) for metric, points in found]
                drawn.append({"title": title, "unit": unit, "lines": lines})
                print(f"{title}: {', '.join(f'{name} {p[-1][1]:.4g}' for name, p in lines)}")
    if options.picture:
        draw(drawn, Path(options.picture))
    for one in empty:
        print(f"FAILED: no data: {one}", file=sys.stderr)
    return 1 if empty else 0


def draw(drawn, picture):
    """Chromium draws ops/panels.html with the data in it."""
    page = (ROOT / "ops/panels.html").read_text(encoding="utf-8")
    page = page.replace("/*DATA*/ []", json.dumps(drawn).replace("<", "\\u003c"))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "panels.html"
        file.write_text(page, encoding="utf-8")
        height = 60 + 230 * -(-len(drawn) // 3)
        subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             f"--user-data-dir={folder}/profile", f"--window-size=1280,{height}",
             f"--screenshot={folder}/picture.png", file.as_uri()],
            check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120,
        )  # fmt: skip
        shutil.copyfile(f"{folder}/picture.png", picture)


def main(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--show", action="store_true")
    parser.add_argument("--seconds", type=float, default=60)
    parser.add_argument("--fake", action="store_true", help="the stand-in voice")
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--picture", metavar="FILE")
    options = parser.parse_args(arguments)
    if options.show:
        return show(options)
    if options.check:
        if not FILE.exists() or FILE.read_text(encoding="utf-8") != text():
            print(f"{FILE} is not what tools/dashboard.py writes", file=sys.stderr)
            return 1
        return 0
    FILE.write_text(text(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
