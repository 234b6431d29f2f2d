#!/usr/bin/env python3
"""report.py [--jmh] RESULTS.csv [--write FILE]: medians and spreads per row and kind, as a Markdown table.

--jmh: the results are those of the benchmarks in memory, which have a section of their own in FILE.
"""
import collections
import csv
import datetime
import os
import platform
import statistics
import subprocess
import sys

# row: metric, title, unit, digits, kind that ratios are taken to, whether more is better
ROWS = [
    ("tcp_on_gbps", "TCP, one stream, host offloads on", "Gbit/s", 2, "direct"),
    ("tcp_on_gbit_per_cpu_s", "the same, per CPU-second of the switch", "Gbit", 1, None),
    ("tcp_off_gbps", "TCP, one stream, host offloads off", "Gbit/s", 2, "direct"),
    ("tcp_off_gbit_per_cpu_s", "the same, per CPU-second of the switch", "Gbit", 2, None),
    ("pps_1", "64-byte packets, one flow", "packets/s", 0, "direct"),
    ("pps_1_per_cpu_s", "the same, per CPU-second of the bottleneck", "packets", 0, None),
    ("pps_1000", "64-byte packets, 1,000 flows", "packets/s", 0, "direct"),
    ("pps_1000_per_cpu_s", "the same, per CPU-second of the bottleneck", "packets", 0, None),
    ("rr_u_p50_us", "UDP request/response, median", "us", 1, "direct"),
    ("rr_u_p99_us", "UDP request/response, 99th percentile", "us", 1, "direct"),
    ("megaflows_10000", "64-byte packets, 10,000 megaflows of 20 masks", "packets/s", 0, "ovs-system"),
    ("megaflows_10000_per_cpu_s", "the same, per CPU-second of the switch", "packets", 0, "ovs-system"),
    ("megaflows_100000", "64-byte packets, 100,000 megaflows of 20 masks", "packets/s", 0, "ovs-system"),
    ("megaflows_100000_per_cpu_s", "the same, per CPU-second of the switch", "packets", 0, "ovs-system"),
    ("setup_per_cpu_s", "first packets, translated and installed, per CPU-second of the switch", "1/s", 0, "ovs-system"),
    ("setup_lost_percent", "of these packets lost", "%", 1, None),
    ("start_ms", "process start to the first packet forwarded", "ms", 0, "ovs-system"),
    ("flows_add_per_s", "100,000 flow-mods added, raw client, to the barrier; median of nine passes", "1/s", 0, "ovs-system"),
    ("flows_modify_per_s", "flow-mods modified strictly, raw client", "1/s", 0, "ovs-system"),
    ("flows_delete_per_s", "flow-mods deleted strictly, raw client", "1/s", 0, "ovs-system"),
    ("flows_dump_s", "flow statistics of all flows, raw client", "s", 3, "ovs-system"),
    ("flows_ofctl_s", "the same flows added by ovs-ofctl add-flows", "s", 1, "ovs-system"),
    ("flows_rss_mb", "resident memory with these flows", "MB", 0, "ovs-system"),
    ("scale_add_per_s", "many flow-mods (1,000,000), raw client, to the barrier", "1/s", 0, "ovs-system"),
    ("scale_dump_s", "flow statistics of them", "s", 2, "ovs-system"),
    ("scale_kb_per_flow", "resident memory for each", "KB", 2, "ovs-system"),
]

# benchmark of benchmarks/, title, rate to reach
IN_MEMORY = [
    ("Parse.extract", "key of a 64-byte UDP frame extracted", None),
    ("ExactMatch.hash", "key hashed, and not found in the exact-match cache", None),
    ("ExactMatch.hit", "key found in the exact-match cache, 1,024 flows", None),
    ("Forward.forward.flows=1", "packet received, parsed, found in the exact-match cache, counted, output; one flow", 10_000_000),
    ("Forward.forward.flows=1024", "the same, 1,024 flows", 10_000_000),
    ("Megaflow.hit.masks=1.megaflows=10000", "key found in the megaflow cache, 10,000 megaflows of 1 mask", None),
    ("Megaflow.hit.masks=20.megaflows=10000", "the same, of 20 masks", None),
    ("Megaflow.hit.masks=100.megaflows=10000", "the same, of 100 masks", None),
    ("Megaflow.hit.masks=1.megaflows=100000", "key found in the megaflow cache, 100,000 megaflows of 1 mask", None),
    ("Megaflow.hit.masks=20.megaflows=100000", "the same, of 20 masks", None),
    ("Megaflow.hit.masks=100.megaflows=100000", "the same, of 100 masks", None),
    ("Translation.translate", "packet translated by five tables", None),
    ("Translation.translateAndInstall", "packet translated, its exact megaflow installed", 100_000),
    ("Classifier.lookup.rules=500000", "lookup in a table of 500,000 rules of 250 masks", 1_000_000),
    ("Classifier.update.rules=500000", "rule added to or taken out of that table", 250_000),
    ("Codec.decode", "OpenFlow 1.3 flow-mod decoded", 3_000_000),
    ("Codec.encode", "OpenFlow 1.3 flow-mod encoded", None),
]
# what a profile shows where such a rate is not reached
REASONS = {
    "Classifier.lookup.rules=500000": "about half of the time goes into the walks through the two prefix tries, the rest into the two masks that are left on "
                                      "average: neither tries nor rules fit into the processor's caches",
    "Classifier.update.rules=500000": "the tries, the partial hashes and the rules do not fit into the processor's caches",
    "Codec.decode": "a third of the time goes into hash maps by field id",
}
IN_MEMORY_TITLE = "## One core, in memory"


def read(path):
    """metric -> kind -> round -> list of values"""
    results = collections.defaultdict(lambda: collections.defaultdict(lambda: collections.defaultdict(list)))
    with open(path, encoding="utf-8") as lines:
        for row in csv.reader(lines):
            if len(row) == 4 and row[3]:
                results[row[2]][row[1]][row[0]].append(float(row[3]))
    return results


def number(value, digits):
    return f"{value:,.{digits}f}"


def cell(by_round, base, digits):
    values = [v for each in by_round.values() for v in each]
    if not values:
        return "-"
    text = number(statistics.median(values), digits)
    if len(values) > 1:
        text += f" ({number(min(values), digits)} to {number(max(values), digits)})"
    if base is not None and base is not by_round:
        ratios = [statistics.median(by_round[r]) / statistics.median(base[r])
                  for r in by_round if r in base and statistics.median(base[r]) > 0]
        if ratios:
            text += f", x {statistics.median(ratios):.2f}"
    return text


def table(results, kinds):
    lines = ["| | unit | " + " | ".join(kinds) + " |", "|---|---|" + "---|" * len(kinds)]
    for metric, title, unit, digits, base in ROWS:
        by_kind = results.get(metric)
        if not by_kind or not any(kind in by_kind for kind in kinds):
            continue
        cells = [cell(by_kind.get(kind, {}), by_kind.get(base) if base else None, digits) for kind in kinds]
        lines.append(f"| {title} | {unit} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def first_line(*command):
    try:
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()[0]
    except (OSError, IndexError):
        return "not found"


def machine(with_peers=True):
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="utf-8") as info:
        for line in info:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
    commit = first_line("git", "-C", os.path.dirname(os.path.abspath(__file__)), "log", "-1", "--format=%h")
    return (f"{datetime.date.today().isoformat()}, {os.cpu_count()} cores of {model}, Linux {platform.release()}, "
            + (f"{first_line('ovs-vswitchd', '--version')}, " if with_peers else "") + f"Heddle at {commit}")


def report(results):
    seen = list(dict.fromkeys(kind for by_kind in results.values() for kind in by_kind))
    rounds = len({r for by_kind in results.values() for by_round in by_kind.values() for r in by_round})
    plain = [kind for kind in seen if not kind.startswith(("vxlan-", "tap-"))]
    taps = [kind for kind in seen if kind.startswith("tap-")]
    tunnels = [kind for kind in seen if kind.startswith("vxlan-")]
    noisy = sorted((max(v for each in by_round.values() for v in each), metric.removeprefix("foreign_"), kind)
                   for metric, by_kind in results.items() if metric.startswith("foreign_")
                   for kind, by_round in by_kind.items())[-1:]
    parts = [f"Machine: {machine()}. {rounds} interleaved round(s): medians (smallest to largest), and the median of each "
             "round's ratio (x) to the cable without a switch, from the megaflows on to Open vSwitch.", table(results, plain)]
    if tunnels:
        parts += ["Two switches joined by a VXLAN tunnel, one host at each; ratios to the cable.",
                  table(results, (["direct"] if "direct" in seen else []) + tunnels)]
    if taps:
        parts += ["Hosts at TAPs of the switch's; ratios to the cable.",
                  table(results, (["direct"] if "direct" in seen else []) + taps)]
    unreachable = sorted(results.get("reachable", {}))
    if unreachable:
        parts.append("Did not forward at all here: " + ", ".join(unreachable) + ".")
    if noisy:
        share, metric, kind = noisy[0]
        parts.append(f"Most that neighbours used during a measurement: {share:.0f} % of a core ({kind}, {metric}).")
    return "\n\n".join(parts)


def in_memory(path):
    with open(path, encoding="utf-8") as lines:
        results = {row[0]: [float(value) for value in row[1:]] for row in csv.reader(lines) if len(row) == 4}
    lines = ["| | per CPU-second | to reach |", "|---|---|---|"]
    missed = []
    for name, title, goal in IN_MEMORY:
        if name in results:
            median, least, most = results[name]
            lines.append(f"| {title} | {number(median, 0)} ({number(least, 0)} to {number(most, 0)}) | {number(goal, 0) if goal else '-'} |")
            if goal and median < goal and name in REASONS:
                missed.append(f"Below what is to be reached: {title}; {REASONS[name]}.")
    return (f"{IN_MEMORY_TITLE}\n\nWritten by `./heddle bench --jmh --write`. Machine: {machine(False)}, load {os.getloadavg()[1]:.1f}. Medians of iterations of a second "
            "each (smallest to largest), of the CPU time of the thread at work.\n\n" + "\n".join(lines)
            + "".join("\n\n" + line for line in missed))


def parts(path):
    """What a report holds: of the switches, and of the benchmarks in memory."""
    try:
        with open(path, encoding="utf-8") as old:
            switches, title, memory = old.read().partition(IN_MEMORY_TITLE)
            return switches.rstrip(), (title + memory).rstrip()
    except FileNotFoundError:
        return HEAD.rstrip(), ""


HEAD = """# Performance

Written by `./heddle bench --write`; do not edit. 0 means that no traffic passed: Open vSwitch's system ports drop what a host
did not segment itself. How it is measured: [bench/README.md](../bench/README.md).

"""


def main():
    arguments = [argument for argument in sys.argv[1:] if argument != "--jmh"]
    is_in_memory = "--jmh" in sys.argv
    text = in_memory(arguments[0]) if is_in_memory else report(read(arguments[0]))
    print(text)
    if len(arguments) == 3 and arguments[1] == "--write":
        switches, memory = parts(arguments[2])
        if is_in_memory:
            memory = text
        else:
            switches = HEAD + text
        with open(arguments[2], "w", encoding="utf-8") as out:
            out.write(switches + "\n" + (f"\n{memory}\n" if memory else ""))


main()
