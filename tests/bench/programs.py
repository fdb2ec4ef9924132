# SPDX-License-Identifier: Apache-2.0
"""Whole programs to time, and the files they read, which are generated once from a fixed seed.

The commands run in `sh -eu` with $F (what they read), $S (a directory of their own to write to) and
the counts below. What comes before the measured part and after it isn't timed.
"""

import os
import random
import shutil
import subprocess

COUNTS = {
    "GIT_FILES": 10000,
    "C_FILES": 200,
    "INSERTS": 10000,
    "SINGLE": 200,
    "TAR_FILES": 20000,
    "XZ_KIB": 100 * 1024,
    "REQUESTS": 20000,
    "FORKS": 1000,
    "PYTHONS": 10,
}

# name: (what bounds it: "compute" or system "calls"; before, measured, after)
PROGRAMS = {
    "python": (
        "calls",
        "",
        "i=0; while [ $i -lt $PYTHONS ]; do /usr/bin/python3 -c pass; i=$((i+1)); done",
        "",
    ),
    "git status": ("calls", "", "git -c safe.directory='*' -C $F/git status --porcelain", ""),
    "make -j2": ("calls", "", "make -s -j2 -C $F/c O=$S", "test -x $S/all"),
    "sqlite": (
        "calls",
        "",
        "sqlite3 $S/db < $F/inserts.sql",
        "test $(sqlite3 $S/db 'select count(*) from t') = $((INSERTS + SINGLE))",
    ),
    "tar": ("calls", "", "tar -C $F/tar -cf $S/t.tar .", ""),
    "xz": ("compute", "", "xz -1 -T1 -c $F/xz > $S/xz", ""),
    "redis": (
        "calls",
        """
        redis-server --port 0 --unixsocket $S/redis --save '' --dir $S > $S/log &
        server=$!
        until redis-cli -s $S/redis ping > /dev/null 2>&1; do kill -0 $server; sleep 0.05; done""",
        "redis-benchmark -s $S/redis -n $REQUESTS -c 20 -q -t set,get > $S/out",
        "! grep -i error $S/out >&2; kill $server; wait $server || :",
    ),
    "sh loop": ("calls", "", "i=0; while [ $i -lt $FORKS ]; do /bin/true; i=$((i+1)); done", ""),
}

NEEDS = {
    "python": "/usr/bin/python3",
    "git status": "git",
    "make -j2": "gcc",
    "sqlite": "sqlite3",
    "tar": "tar",
    "xz": "xz",
    "redis": "redis-server",
    "sh loop": "sh",
}


def script(name, counts, files, scratch):
    _, before, measured, after = PROGRAMS[name]
    sets = "; ".join(f"{key}={value}" for key, value in counts.items())
    return f"""set -eu
        {sets}; F='{files}'; S=$(mktemp -d {scratch}/picket-bench.XXXXXX)
        trap 'rm -rf $S' EXIT
        export HOME=$S TMPDIR=$S
        cd $S
        {before}
        echo begin
        {measured}
        echo end
        {after}
        """


def scaled(scale):
    return {name: max(2, int(count * scale)) for name, count in COUNTS.items()}


# ---- what they read ----


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)
    os.utime(path, (1600000000, 1600000000))


def words(rng, count):
    return " ".join(rng.choices(WORDS, k=count))


WORDS = [
    "".join(random.Random(i).choices("abcdefghijklmnopqrstuvwxyz", k=2 + i % 9))
    for i in range(2000)
]


def tree(rng, top, count):
    for i in range(count):
        write(f"{top}/d{i % 100:02}/s{i // 100 % 10}/file-{i}.txt", words(rng, 20) + "\n")


def git(rng, top, count):
    tree(rng, top, count)
    # Numbers of inodes and times of their change differ between sandboxes; git is to compare names,
    # sizes and times, not to read every file again.
    for command in (
        ["init", "-q"],
        ["config", "core.checkStat", "minimal"],
        ["config", "core.trustctime", "false"],
        ["add", "."],
        ["-c", "user.name=bench", "-c", "user.email=bench@localhost", "commit", "-q", "-m", "all"],
    ):
        subprocess.run(["git", "-C", top, *command], check=True, stdout=subprocess.DEVNULL)


def c_project(top, count):
    for i in range(count):
        write(
            f"{top}/f{i}.c",
            f'#include "all.h"\n#include <stdio.h>\n#include <string.h>\n'
            f"int f{i}(char *b, int n)\n{{\n\tint s = 0;\n\tfor (int k = 0; k < n; k++)\n"
            f'\t\ts += b[k] * {i + 3};\n\tsnprintf(b, n, "%d %zu", s, strlen(b));\n\treturn s;\n}}\n',
        )
    write(f"{top}/all.h", "".join(f"int f{i}(char *b, int n);\n" for i in range(count)))
    write(
        f"{top}/main.c",
        '#include "all.h"\nint main(void)\n{\n\tchar b[64] = "x";\n\tint s = 0;\n'
        + "".join(f"\ts += f{i}(b, 64);\n" for i in range(count))
        + "\treturn s == 1;\n}\n",
    )
    names = " ".join(f"$(O)/f{i}.o" for i in range(count))
    write(
        f"{top}/Makefile",
        f"$(O)/all: $(O)/main.o {names}\n\tgcc -o $@ $^\n"
        "$(O)/%.o: %.c all.h\n\tgcc -O1 -c -o $@ $<\n",
    )


def inserts(rng, many, single):
    row = "insert into t values({}, '{}');"
    lines = ["create table t(n integer primary key, s text);"]
    for i in range(many):
        if i % 1000 == 0:
            lines.append("begin;")
        lines.append(row.format(i, words(rng, 8)))
        if i % 1000 == 999 or i == many - 1:
            lines.append("commit;")
    lines += [row.format(many + i, words(rng, 8)) for i in range(single)]
    return "\n".join(lines) + "\n"


def make_files(top, counts):
    """Makes what the programs read in the directory top, unless it is there already."""
    done = os.path.join(top, "done")
    if os.path.exists(done):
        return
    shutil.rmtree(top, ignore_errors=True)
    rng = random.Random(3)
    git(rng, f"{top}/git", counts["GIT_FILES"])
    c_project(f"{top}/c", counts["C_FILES"])
    write(f"{top}/inserts.sql", inserts(rng, counts["INSERTS"], counts["SINGLE"]))
    tree(rng, f"{top}/tar", counts["TAR_FILES"])
    with open(f"{top}/xz", "w") as f:
        for _ in range(counts["XZ_KIB"]):
            f.write((words(rng, 200) + "\n")[:1024])
    write(done, "")
