# SPDX-License-Identifier: Apache-2.0
"""What a run found, as tables (Markdown that reads well in a terminal, too) and as a plot.

A figure is {"median", "min", "max", "rounds"} or {"missing": why}. Ratios are taken within a round,
and are the median of those; the spread is from the least to the greatest.
"""

import math
from statistics import median

# Nanoseconds of a cache line's round trip between two CPUs: less than the first between neighbours, less
# than the second between those far apart, more when something else was running on one of them.
NEAR, FAR = 250, 1500

# The ratio to native that picket must not exceed; for start and Pss the figure itself.
TARGETS = {
    "getpid": 1.5,
    "clock": 1.1,
    "pread_4k": 1.5,
    "stat": 1.0,
    "open_close": 1.5,
    "pipe_threads": 1.0,
    "mmap_64k": 1.2,
    "first_touch": 1.05,
    "fork_8m": 1.5,
    "fork_exec": 1.5,
    "tcp_pingpong": 1.0,
    "tcp_bulk_64k": 1.0,
}
PROGRAM_TARGETS = {"compute": 1.03, "calls": 1.5}
ABSOLUTE_TARGETS = {"start": (5e6, "ms"), "pss": (2 * 1024, "MiB")}

WHAT = {
    "getpid": "getpid by syscall(2)",
    "getppid": "getppid",
    "clock": "clock_gettime (vDSO)",
    "clock_syscall": "clock_gettime by syscall(2)",
    "pread_4k": "pread 4 KiB, cached",
    "read_zero_1": "read 1 byte, /dev/zero",
    "read_zero_4k": "read 4 KiB, /dev/zero",
    "write_null_1": "write 1 byte, /dev/null",
    "write_null_4k": "write 4 KiB, /dev/null",
    "tmp_read_1": "pread 1 byte, tmpfs",
    "tmp_read_4k": "pread 4 KiB, tmpfs",
    "tmp_write_1": "pwrite 1 byte, tmpfs",
    "tmp_write_4k": "pwrite 4 KiB, tmpfs",
    "stat": "stat, 8 components deep",
    "stat_missing": "stat of a missing file",
    "open_close": "open+close",
    "getdents_100": "list a directory of 100",
    "pipe_threads": "pipe ping-pong, threads",
    "pipe_processes": "pipe ping-pong, processes",
    "futex_threads": "futex ping-pong, threads",
    "unix_threads": "unix socketpair ping-pong",
    "epoll_ready": "epoll_wait, ready",
    "signal_self": "signal to self",
    "mmap_64k": "mmap+touch 64 KiB+munmap",
    "first_touch": "first-touch page fault",
    "fork": "fork+exit+wait, tiny",
    "fork_8m": "fork+exit+wait, 8 MiB",
    "fork_exec": "fork+exec /bin/true",
    "vfork_exec": "vfork+exec /bin/true",
    "spawn": "posix_spawn /bin/true",
    "thread": "thread create+join",
    "tcp_pingpong": "TCP loopback ping-pong",
    "tcp_bulk_64k": "TCP loopback, each 64 KiB",
    "start": "start `true`, over native",
    "pss": "memory (Pss), idle",
}


# ---- figures ----


def figure(rounds):
    """Of values by round, None where there was none."""
    values = [v for v in rounds if v is not None]
    return {"median": median(values), "min": min(values), "max": max(values), "rounds": rounds}


def ratio(fig, native, rounds=None):
    """The figure of ratios of fig to native, of all rounds or of those numbered; None without any."""
    if not fig or not native or "missing" in fig or "missing" in native:
        return None
    ratios = [
        a / b if a is not None and b else None for a, b in zip(fig["rounds"], native["rounds"])
    ]
    if rounds is not None:
        ratios = [ratios[i] for i in rounds if i < len(ratios)]
    return figure(ratios) if any(r is not None for r in ratios) else None


def add_ratios(figures):
    """To the figures of a row by sandbox, for whoever reads the JSON."""
    for fig in figures.values():
        r = ratio(fig, figures.get("native"))
        if r:
            fig["ratio"] = {key: r[key] for key in ("median", "min", "max")}


def number(value):
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def duration(ns):
    for unit, size in (("s", 1e9), ("ms", 1e6), ("µs", 1e3)):
        if abs(ns) >= size:
            return f"{number(ns / size)} {unit}"
    return f"{ns:.0f} ns"


# ---- tables ----


def table(head, rows):
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]

    def line(row):
        first, *rest = [str(c) for c in row]
        cells = [first.ljust(widths[0]), *(c.rjust(w) for c, w in zip(rest, widths[1:]))]
        return "| " + " | ".join(cells) + " |"

    rule = "| " + " | ".join(["-" * widths[0], *("-" * (w - 1) + ":" for w in widths[1:])]) + " |"
    return "\n".join([line(head), rule, *map(line, rows)]) + "\n"


class Notes:
    """Why cells are empty: once each, below the table."""

    def __init__(self):
        self.whys = []

    def cell(self, where, fig):
        why = (fig or {}).get("missing", "not run")
        text = f"{where}: {why}"
        if text not in self.whys:
            self.whys.append(text)
        return "failed" if why.startswith("failed") else "n/a"

    def __str__(self):
        return "".join(f"\n- {why}" for why in self.whys) + ("\n" if self.whys else "")


def ratio_table(data, kind, what):
    """Rows of a kind ("micro" or "programs"): native's own time, then others' ratios to it."""
    others = [name for name in data["sandboxes"] if name != "native"]
    notes, rows = Notes(), []
    for name, figures in data[kind].items():
        native = figures.get("native", {})
        row = [
            WHAT.get(name, name),
            (
                notes.cell(f"{name}, native", native)
                if "missing" in native
                else duration(native["median"])
            ),
        ]
        for sandbox in others:
            r = ratio(figures.get(sandbox), native)
            row.append(
                number(r["median"]) if r else notes.cell(f"{name}, {sandbox}", figures.get(sandbox))
            )
        picket = ratio(figures.get("picket"), native)
        row.append(f"{number(picket['min'])} - {number(picket['max'])}" if picket else "")
        rows.append(row)
    return table([what, "native", *others, "picket's spread"], rows) + str(notes)


def regime(pair):
    """Of a round, by what was seen before it and after."""
    if not all(pair):
        return "unknown"
    return "near" if max(pair) < NEAR else "far" if max(pair) < FAR else "busy"


def verdict(value, target):
    return "yes" if value <= target else "no"


def target_row(data, kind, name, target, notes):
    """Targets hold in the near regime. Without a round of it there is a mark of doubt."""
    fig, native = data[kind][name].get("picket"), data[kind][name].get("native")
    r = ratio(fig, native)
    row = [WHAT.get(name, name), f"{target:.2f}"]
    if not r:
        return [*row, notes.cell(name, fig), "-", "-", ""]
    row.append(number(r["median"]))
    seen = [regime(pair) for pair in data["regime"][kind]]
    parts = [
        ratio(fig, native, [i for i, s in enumerate(seen) if s == which]) for which in ("near", "far")
    ]
    row += [number(part["median"]) if part else "-" for part in parts]
    if parts[0]:
        return [*row, verdict(parts[0]["median"], target)]
    return [*row, verdict(r["median"], target) + "?"]


def target_table(data):
    notes, rows = Notes(), []
    for name, target in TARGETS.items():
        if name in data["micro"]:
            rows.append(target_row(data, "micro", name, target, notes))
    for name in data["programs"]:
        target = PROGRAM_TARGETS[data["kinds"][name]]
        rows.append(target_row(data, "programs", name, target, notes))
    for name, (target, unit) in ABSOLUTE_TARGETS.items():
        figures = data["costs"].get(name, {})
        fig = figures.get("picket", {})
        if "median" in fig:
            shown = f"{target / (1e6 if unit == 'ms' else 1024):.0f} {unit}"
            met = verdict(over(name, fig, figures), target)
            rows.append([WHAT[name], shown, cost(name, fig, figures["native"]), "-", "-", met])
    return table(["work", "target", "picket", "near", "far", "met"], rows) + str(notes)


def over(name, fig, figures):
    """Start counts over native's, Pss as it is."""
    return fig["median"] - (figures["native"]["median"] if name == "start" else 0)


def cost(name, fig, native):
    if "missing" in fig:
        return "n/a"
    if name == "pss":
        return f"{fig['median'] / 1024:.2f} MiB"
    return f"{(fig['median'] - native['median']) / 1e6:.2f} ms"


def cost_table(data):
    names, notes, rows = list(data["costs"]), Notes(), []
    for sandbox in data["sandboxes"]:
        row = [sandbox]
        for name in names:
            fig = data["costs"][name].get(sandbox, {"missing": "not run"})
            row.append(
                notes.cell(f"{name}, {sandbox}", fig)
                if "missing" in fig
                else cost(name, fig, data["costs"][name]["native"])
            )
        rows.append(row)
    return table(["sandbox", *(WHAT[n] for n in names)], rows) + str(notes)


def scaling_table(data):
    notes, rows = Notes(), []
    for load, counts in data["scaling"].items():
        for row in next(iter(counts.values())):
            cells = [f"{WHAT[row]}; {load}"]
            for count, figures in counts.items():
                native, picket = figures[row].get("native"), figures[row].get("picket")
                r = ratio(picket, native)
                cells.append(
                    f"{duration(native['median'])} / {duration(picket['median'])}"
                    if r
                    else notes.cell(f"{row} with {count} {load}", picket or native)
                )
            rows.append(cells)
    counts = list(next(iter(data["scaling"].values())))
    return table(["work; beside it", *counts], rows) + str(notes)


def regime_text(data):
    lines = []
    for part, pairs in data["regime"].items():
        if part == "scaling":
            names = [regime(pair) for pair in pairs]
            lines.append(
                "scaling: " + ", ".join(f"{names.count(n)} {n}" for n in dict.fromkeys(names))
            )
            continue
        lines.append(
            f"{part}: "
            + ", ".join(
                f"{regime(pair)} ({'/'.join(f'{ns:.0f}' if ns else '-' for ns in pair)} ns)"
                for pair in pairs
            )
        )
    return (
        "Regime of each round, and a cache line's way to another CPU and back before/after it:\n"
        + "".join(f"\n- {line}" for line in lines)
        + "\n"
    )


def tables(data):
    """All as one text of Markdown."""
    m = data["machine"]
    parts = [
        f"{m['date']}, commit {m['commit']}: {m['cpus']} x {m['cpu']}, Linux {m['kernel']}, load "
        f"{m['load_before']} before and {m['load_after']} after; {data['rounds']} rounds of "
        f"{data['time_ms']} ms, programs' work times {data['scale']:g}.\n",
        regime_text(data),
    ]
    if data["missing"]:
        parts.append(
            "Not measured:\n"
            + "".join(f"\n- {n}: {why}" for n, why in data["missing"].items())
            + "\n"
        )
    if data["micro"] or data["programs"]:
        parts.append("### Targets\n\n" + target_table(data))
    if data["micro"]:
        parts.append(
            "### System calls\n\nTime for one; ratios to it.\n\n"
            + ratio_table(data, "micro", "operation")
        )
    if data["programs"]:
        parts.append(
            "### Whole programs\n\nTime; ratios to it.\n\n"
            + ratio_table(data, "programs", "program")
        )
    if data["costs"]:
        parts.append("### Start and memory\n\n" + cost_table(data))
    if data["scaling"]:
        parts.append("### Scaling\n\nTime for one, native / picket.\n\n" + scaling_table(data))
    return "\n".join(parts)


# ---- the plot ----

COLOURS = {
    "picket": "#d62728",
    "runsc-ptrace": "#1f77b4",
    "runsc-systrap": "#17becf",
    "runsc-kvm": "#9467bd",
    "bubblewrap": "#2ca02c",
    "proot": "#ff7f0e",
    "crun": "#8c564b",
    "runc": "#7f7f7f",
}
LEFT, RIGHT, TOP, STEP = 230, 900, 50, 18


def plot(data):
    """An SVG: a line for each row, a dot for each ratio to native, on a logarithmic axis."""
    rows = [
        (name, {s: ratio(f, figures.get("native")) for s, f in figures.items() if s != "native"})
        for kind in ("micro", "programs")
        for name, figures in data[kind].items()
    ]
    ratios = [r["median"] for _, by in rows for r in by.values() if r] or [1]
    low, high = math.floor(math.log10(min(ratios + [0.5]))), math.ceil(
        math.log10(max(ratios + [2]))
    )

    def x(value):
        return LEFT + (math.log10(value) - low) / (high - low) * (RIGHT - LEFT)

    bottom = TOP + STEP * len(rows)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{RIGHT + 40}" height="{bottom + 40}" '
        'font-family="sans-serif" font-size="12">',
        '<rect width="100%" height="100%" fill="white"/>',
    ]
    for e in range(low, high + 1):
        out.append(
            f'<line x1="{x(10**e):.0f}" x2="{x(10**e):.0f}" y1="{TOP}" y2="{bottom}" '
            f'stroke="{"black" if e == 0 else "#ccc"}"/>'
            f'<text x="{x(10**e):.0f}" y="{bottom + 16}" text-anchor="middle">{10.0**e:g}</text>'
        )
    out.append(
        f'<text x="{(LEFT + RIGHT) / 2}" y="{bottom + 32}" text-anchor="middle">'
        "time, native = 1 (logarithmic; left is faster)</text>"
    )
    sandboxes = [s for s in data["sandboxes"] if s != "native"]
    for i, s in enumerate(sandboxes):
        out.append(
            f'<circle cx="{30 + 125 * i}" cy="20" r="5" fill="{COLOURS.get(s, "#000")}"/>'
            f'<text x="{40 + 125 * i}" y="24">{s}</text>'
        )
    for n, (name, by) in enumerate(rows):
        y = TOP + STEP * n + STEP / 2
        out.append(
            f'<text x="{LEFT - 8}" y="{y + 4}" text-anchor="end">{WHAT.get(name, name)}</text>'
            f'<line x1="{LEFT}" x2="{RIGHT}" y1="{y}" y2="{y}" stroke="#eee"/>'
        )
        for s in reversed(sandboxes):  # picket's dot comes last, on top
            if by.get(s):
                out.append(
                    f'<circle cx="{x(by[s]["median"]):.1f}" cy="{y}" r="4" fill="{COLOURS.get(s, "#000")}"/>'
                )
    return "\n".join(out + ["</svg>"]) + "\n"
