#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""How many people can one server speak to? Locust plays them; both are watched.

    speech_load.py --users 200 --minutes 10
        Starts bin/parley with the real voice, lets Locust (bench/speech/locustfile.py) play the users,
        and prints time to first audio, errors and refusals, and what server and Locust used.
    speech_load.py --users 200 --users 400 --users 600:3 --minutes 10 --write
        One after the other, with a fresh server each, the last for 3 minutes; writes
        docs/measurements/speech-load.md.
    speech_load.py --url http://127.0.0.1:8080 --pid 1234 …
        A server that runs already.

Exit status 1 when a limit is passed: --errors-max of failed requests, or p99 of the first audio of
those that were admitted above --p99-max. Needs `tools/deps --with tests`.
"""

import argparse
import contextlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CACHE = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
REPORT = ROOT / "docs/measurements/speech-load.md"
TAKEN = ("parley_tts_", "process_resident_memory_bytes")

sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tests/e2e"))
from support.speaking import Watch, percentile  # noqa: E402


def parse(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--users", type=users_and_minutes, action="append",
                        metavar="USERS[:MINUTES]", help="at once; may be repeated")
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--period", type=float, default=15.0, help="seconds between two sentences")
    parser.add_argument("--errors-max", type=float, default=0.1, help="percent")
    parser.add_argument("--p99-max", type=float, default=500.0, help="ms; 0: any")
    parser.add_argument("--set", dest="sets", action="append", default=[], metavar="KEY=VALUE",
                        help="a setting of the server")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--fake", action="store_true", help="the stand-in voice, to try the tool")
    parser.add_argument("--url")
    parser.add_argument("--pid", type=int, help="of the server behind --url, to watch it")
    parser.add_argument("--write", action="store_true", help=f"write {REPORT.relative_to(ROOT)}")
    options = parser.parse_args(arguments)
    options.users = [
        (users, minutes or options.minutes) for users, minutes in options.users or [(200, None)]
    ]
    return options


def users_and_minutes(text):
    users, _, minutes = text.partition(":")
    return int(users), float(minutes) if minutes else None


@contextlib.contextmanager
def server_of(options):
    """(address, process id or None)"""
    if options.url:
        yield options.url, options.pid
        return
    from support.server import Server

    settings = {"log.level": "warn", **dict(pair.split("=", 1) for pair in options.sets)}
    with Server(fake=options.fake, settings=settings) as server:
        yield server.url, server.process.pid


def locust(url, users, minutes, options, folder):
    """Runs Locust to its end; (its output, what it noted)."""
    program = CACHE / "venv/load/bin/locust"
    results = Path(folder) / "results.jsonl"
    environment = {
        **os.environ, "PARLEY_LOAD_PERIOD": str(options.period), "PYTHONDONTWRITEBYTECODE": "1",
        "PARLEY_LOAD_RESULTS": str(results), "PARLEY_LOAD_SEED": str(options.seed),
    }  # fmt: skip
    seconds = round(minutes * 60)
    done = subprocess.run(
        [program, "--headless", "--only-summary", "-f", ROOT / "bench/speech/locustfile.py",
         "--host", url, "-u", str(users), "-r", str(users), "-t", f"{seconds}s",
         "--stop-timeout", "30", "--exit-code-on-error", "0"],
        env=environment, cwd=folder, capture_output=True, text=True, timeout=seconds + 180,
    )  # fmt: skip
    if done.returncode != 0 or not results.exists():
        raise SystemExit(f"Locust ended with status {done.returncode}:\n{done.stderr[-3000:]}")
    lines = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    return done.stdout + done.stderr, lines[0], lines[1:]


def scrape(url):
    import urllib.request

    with urllib.request.urlopen(url + "/metrics", timeout=30) as answer:
        text = answer.read().decode()
    return [line for line in text.splitlines() if line.startswith(TAKEN) and "_bucket" not in line]


def measure(users, minutes, options):
    with server_of(options) as (url, pid), tempfile.TemporaryDirectory() as folder:
        watch = Watch(pid) if pid else None
        began = time.time()
        output, about, rows = locust(url, users, minutes, options, folder)
        samples = watch.stop() if watch else []
        metrics = scrape(url)
    return {
        "users": users, "rows": rows, "samples": samples, "metrics": metrics, "output": output,
        "locust_cpu": about["locust_cpu_percent"], "seconds": time.time() - began,
    }  # fmt: skip


def quantiles(values):
    if not values:
        return "–"
    return " / ".join(f"{percentile(values, share):.0f}" for share in (0.5, 0.95, 0.99, 1.0))


def summary(run):
    """[(what, figure)]"""
    rows = run["rows"]
    spoken = [row for row in rows if row["failure"] is None and not row["refused"]]
    firsts = {
        "all": [row["first_ms"] for row in spoken],
        "common phrases": [row["first_ms"] for row in spoken if row["common"]],
        "new sentences": [row["first_ms"] for row in spoken if not row["common"]],
    }
    failures = Counter(row["failure"] for row in rows if row["failure"])
    refused = sum(row["refused"] for row in rows)
    table = [
        ("requests", f"{len(rows)} in {run['seconds']:.0f} s, {len(spoken)} spoken"),
        ("failed", f"{sum(failures.values())} ({percent(sum(failures.values()), len(rows)):.3f} %)"),
        ("refused with 429 and a time", f"{refused} ({percent(refused, len(rows)):.1f} %)"),
    ]
    for what, values in firsts.items():
        table.append((f"first audio, {what}, p50 / p95 / p99 / max", f"{quantiles(values)} ms"))
    late = [row["late_ms"] for row in spoken]
    lengths = [row["audio_ms"] for row in spoken]
    table += [
        ("whole answer, p50 / p95 / p99 / max", quantiles([r["all_ms"] for r in spoken]) + " ms"),
        ("answers that were late while playing", f"{sum(ms > 20 for ms in late)}, "
         f"the worst by {max(late, default=0):.0f} ms"),
        ("speech per answer, p5 / p50 / p95",
         " / ".join(f"{percentile(lengths, q) / 1000:.1f}" for q in (0.05, 0.5, 0.95)) + " s"),
    ]  # fmt: skip
    samples = run["samples"]
    if samples:
        cores = [sample.cores for sample in samples]
        table += [
            ("server's processor, mean / max",
             f"{sum(cores) / len(cores):.2f} / {max(cores):.2f} of {os.cpu_count()} cores"),
            ("server's memory: start / after a tenth / end",
             f"{samples[0].resident_mib:.0f} / {samples[len(samples) // 10].resident_mib:.0f} / "
             f"{samples[-1].resident_mib:.0f} MiB"),
            ("server's descriptors, max", f"{max(s.descriptors for s in samples)}"),
        ]  # fmt: skip
    cpu = run["locust_cpu"] or [0.0]
    table.append(
        ("Locust's processor, mean / max", f"{sum(cpu) / len(cpu):.0f} / {max(cpu):.0f} % of a core")
    )
    problems = [f"{count} times: {why}" for why, count in failures.most_common(5)]
    return table, firsts["all"], percent(sum(failures.values()), len(rows)), problems


def percent(part, whole):
    return 100.0 * part / whole if whole else 0.0


def course(samples, parts=10):
    """Memory and processor over time, as lines of a table."""
    if len(samples) < parts:
        return []
    lines = ["", "| second | memory (MiB) | cores | descriptors |", "| --- | --- | --- | --- |"]
    size = len(samples) / parts
    for part in range(parts):
        piece = samples[int(part * size) : int((part + 1) * size)]
        cores = sum(sample.cores for sample in piece) / len(piece)
        last = piece[-1]
        lines.append(
            f"| {last.seconds:.0f} | {last.resident_mib:.0f} | {cores:.2f} | {last.descriptors} |"
        )
    return lines


def report(runs, options):
    lines = [
        "# The speech service under load", "",
        f"`tools/speech_load.py`, {time.strftime('%Y-%m-%d')}, {os.cpu_count()} cores "
        f"({processor()}), which the server shares with Locust. Each user has a sentence of 6 to 10 "
        f"words spoken every {options.period:g} s, as PCM at 24 kHz; half of them are among 100 that "
        "all users have spoken, the others are said once. First audio is the time from before the "
        "request to its first byte of audio, at the client.",
    ]  # fmt: skip
    for run in runs:
        table, _, _, problems = summary(run)
        lines += ["", f"## {run['users']} users", "", "| | |", "| --- | --- |"]
        lines += [f"| {what} | {figure} |" for what, figure in table]
        lines += [f"\nFailed: {problem}" for problem in problems]
        lines += course(run["samples"])
    return "\n".join(lines + ends(runs)) + "\n"


def ends(runs):
    """Where it breaks, as lines of a table."""
    lines = [
        "", "## Where it breaks", "",
        "| users | answered | refused (429) | failed | p99 of first audio | cores |",
        "| --- | --- | --- | --- | --- | --- |",
    ]  # fmt: skip
    for run in runs:
        rows = run["rows"]
        _, firsts, failed, _ = summary(run)
        refused = percent(sum(row["refused"] for row in rows), len(rows))
        cores = [sample.cores for sample in run["samples"]] or [0.0]
        p99 = f"{percentile(firsts, 0.99):.0f} ms" if firsts else "–"
        lines.append(
            f"| {run['users']} | {len(firsts) / run['seconds']:.1f} per second | {refused:.1f} % | "
            f"{failed:.2f} % | {p99} | {sum(cores) / len(cores):.2f} of {os.cpu_count()} |"
        )
    return lines


def processor():
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def main(arguments):
    options = parse(arguments)
    runs, problems = [], []
    for users, minutes in options.users:
        run = measure(users, minutes, options)
        runs.append(run)
        table, firsts, errors, failures = summary(run)
        print(f"{users} users:", flush=True)
        for what, figure in table:
            print(f"  {what}: {figure}")
        for line in run["metrics"]:
            print(f"    {line}")
        for failure in failures:
            print(f"  failed {failure}")
        if errors > options.errors_max:
            problems.append(f"{users} users: {errors:.3f} % of the requests failed")
        if not firsts:
            problems.append(f"{users} users: nothing was spoken\n{run['output'][-3000:]}")
        p99 = percentile(firsts, 0.99)
        if options.p99_max and p99 > options.p99_max:
            problems.append(f"{users} users: p99 of the first audio is {p99:.0f} ms")
    if options.write:
        REPORT.write_text(report(runs, options), encoding="utf-8")
    for problem in problems:
        print(f"FAILED: {problem}", file=sys.stderr)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
