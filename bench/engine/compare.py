# SPDX-License-Identifier: Apache-2.0
"""Parley's engine beside GStreamer, oneTBB and Pipecat, in one run.

Each peer is a program that prints `name value` lines. The programs run in turn, round after round
(A B C A B C ...), so that whatever else the machine does meets all of them; what is told is the
median over the rounds, with the smallest and the largest. Then the goals, each against the peer's
figure of the same run. Exit status: 0 when every goal that could be judged is met.

    bench-bin/engine_compare --rounds 5
"""

import argparse
import os
import platform
import subprocess
import sys
from pathlib import Path
from statistics import median

PEERS = ["parley_hop", "tbb_hop", "gstreamer_peer", "pipecat_peer", "crossing"]
TBB_POLICIES = [
    f"{policy}_{concurrency}"
    for policy in ("queueing", "rejecting", "queueing_lightweight", "rejecting_lightweight")
    for concurrency in ("serial", "unlimited")
]
HOPS = (
    [("Parley: operator", "parley.hop_ns")]
    + [(f"oneTBB: function_node, {p}", f"tbb.{p}.hop_ns") for p in TBB_POLICIES]
    + [("GStreamer: identity", "gstreamer.identity.hop_ns"), ("Pipecat: processor", "pipecat.hop_ns")]
)
CROSSINGS = [
    ("bare futex wake", "futex.crossing"),
    ("Parley: mailbox to strand", "parley.crossing"),
    ("oneTBB: task_arena::enqueue", "tbb.crossing"),
    ("GStreamer: queue", "gstreamer.queue"),
]
GAPS = ["2ms", "20ms"]


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--programs", type=Path, required=True, help="folder of the peers")
    parser.add_argument("--python", type=Path, required=True, help="Python that has Pipecat")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", help="run the peers whose name contains this")
    # `make bench` hands these to every bench.
    parser.add_argument("--benchmark_repetitions", type=int, default=5)
    parser.add_argument("--benchmark_display_aggregates_only", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    options.rounds = options.rounds or options.benchmark_repetitions
    return options


def command_of(peer, options):
    if peer == "pipecat_peer":
        script = Path(__file__).with_name("pipecat_peer.py")
        return [options.python, "-B", script] if options.python.exists() else None
    program = options.programs / f"engine_{peer}"
    return [program] if program.exists() else None


def run_round(peers, options, figures):
    for peer in peers:
        done = subprocess.run(
            command_of(peer, options), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        if done.returncode != 0:
            sys.exit(f"engine_compare: {peer} failed:\n{done.stderr}")
        for line in done.stdout.splitlines():
            name, value = line.split()
            figures.setdefault(name, []).append(float(value))


def number(value):
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def spread(values):
    if not values:
        return "not run"
    return f"{number(median(values))} ({number(min(values))}-{number(max(values))})"


def table(head, rows):
    print("| " + " | ".join(head) + " |")
    print("| " + " | ".join("---" for _ in head) + " |")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def goals(figures):
    """Text, met or not; those whose figures are missing are left out."""

    def of(name):
        return median(figures[name]) if name in figures else None

    ours, pipecat = of("parley.hop_ns"), of("pipecat.hop_ns")
    tbb = [v for v in (of(f"tbb.{p}.hop_ns") for p in TBB_POLICIES) if v is not None]
    rows = []
    if ours is not None:
        rows.append((f"hop at most 50 ns: {number(ours)}", ours <= 50))
        if tbb:
            rows.append((f"below oneTBB's best, {number(min(tbb))}", ours < min(tbb)))
        if pipecat is not None:
            rows.append((f"300 times below Pipecat's: {number(pipecat / ours)}", pipecat >= 300 * ours))
    idle = of("parley.idle_cpu_percent")
    if idle is not None:
        rows.append((f"idle pool under 1 % of a core: {idle:.2f} %", idle < 1))
    for gap in GAPS:
        p50, p99 = of(f"parley.crossing_{gap}.p50_us"), of(f"parley.crossing_{gap}.p99_us")
        if p50 is None:
            continue
        futex, arena = of(f"futex.crossing_{gap}.p50_us"), of(f"tbb.crossing_{gap}.p50_us")
        arena99 = of(f"tbb.crossing_{gap}.p99_us")
        rows.append(
            (f"crossing, {gap} rest, p50 at most twice a bare wake: {p50 / futex:.2f}", p50 <= 2 * futex)
        )
        rows.append((f"crossing, {gap} rest, p50 below task_arena's: {p50 / arena:.2f}", p50 < arena))
        rows.append((f"crossing, {gap} rest, p99 at most task_arena's: {p99 / arena99:.2f}", p99 <= arena99))
    return rows


def main(arguments):
    options = parse(arguments)
    chosen = [p for p in PEERS if not options.only or options.only in p]
    peers = [p for p in chosen if command_of(p, options)]
    for peer in chosen:
        if peer not in peers:
            print(f"{peer}: not installed (make packages; tools/deps --with bench)", file=sys.stderr)
    figures = {}
    for _ in range(options.rounds):
        run_round(peers, options, figures)

    cores = len(os.sched_getaffinity(0))
    load = os.getloadavg()[0]
    print(f"{cores} cores, {platform.system()} {platform.release()}, load {load:.1f}, "
          f"{options.rounds} rounds: median (smallest-largest)\n")
    table(["one frame to the next operator, same thread", "ns"],
          [[label, spread(figures.get(name))] for label, name in HOPS])
    head = ["one frame to a thread that sleeps, µs"]
    for gap in GAPS:
        head += [f"p50, {gap} rest", f"p99, {gap} rest"]
    table(head, [
        [label] + [spread(figures.get(f"{name}_{gap}.{p}_us")) for gap in GAPS for p in ("p50", "p99")]
        for label, name in CROSSINGS
    ])
    table(["idle pool of two workers", "per cent of a core"],
          [[label, spread(figures.get(f"{name}.idle_cpu_percent"))]
           for label, name in (("Parley: WorkerPool", "parley"), ("oneTBB: task_arena", "tbb"))])
    judged = goals(figures)
    for text, met in judged:
        print(f"{'met' if met else 'NOT MET':8} {text}")
    return 0 if all(met for _, met in judged) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
