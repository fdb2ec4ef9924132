# SPDX-License-Identifier: Apache-2.0
"""The sandboxes to compare: which are on the machine, how to call them, and running commands.

All show the host's root, and a writable /dev/shm in memory: what programs read lies in the same
place for all, what they write goes to a tmpfs.
"""

import ctypes
import json
import os
import shutil
import signal
import subprocess
import tempfile
import threading
import time

SCRATCH = "/dev/shm"
PROBE_LIMIT = 10  # seconds for an empty command; one that takes longer is of no use here


def first_line(text, otherwise):
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:160] if lines else otherwise


# ---- running ----


def adopt_orphans():
    """What a sandbox leaves behind becomes our child, so that all of it is found and ended."""
    ctypes.CDLL(None, use_errno=True).prctl(36, 1, 0, 0, 0)  # PR_SET_CHILD_SUBREAPER


def descendants():
    parents = {}
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                with open(f"/proc/{entry}/stat") as f:
                    parents[int(entry)] = int(f.read().rpartition(")")[2].split()[1])
            except OSError:
                pass
    found, grew = {os.getpid()}, True
    while grew:
        more = {pid for pid, parent in parents.items() if parent in found} - found
        found |= more
        grew = bool(more)
    return found - {os.getpid()}


def end_all():
    for _ in range(100):  # a killed parent's children appear one level up
        left = descendants()
        for pid in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.02)


class Result:
    """Lines of output with the host's time at which each came, and how the command ended."""

    def __init__(self):
        self.lines, self.status, self.stderr, self.timed_out = [], None, "", False

    def error(self):
        """None, or the first line of what went wrong."""
        if self.timed_out:
            return "it took too long"
        if self.status:
            return first_line(self.stderr, f"status {self.status}")
        return None


def no_input():
    """What reads as empty, to be used in a with statement. Not /dev/null: runsc gives its input to nobody."""
    return tempfile.TemporaryFile()


def run(way, command, limit, on_line=None):
    """Runs the command with all its output read; on_line(text, time) sees each line as it comes."""
    result = Result()
    with no_input() as stdin, tempfile.TemporaryFile("w+", errors="replace") as stderr:
        process = subprocess.Popen(
            way(command),
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            cwd="/",
            text=True,
            errors="replace",
        )

        def give_up():
            result.timed_out = True
            for pid in descendants():
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass

        timer = threading.Timer(limit, give_up)
        timer.start()
        try:
            for text in process.stdout:
                line = (text.rstrip("\n"), time.monotonic())
                result.lines.append(line)
                if on_line:
                    on_line(*line)
            result.status = process.wait()
        finally:
            timer.cancel()
            end_all()
            if result.status != 0:
                way.clean()
        stderr.seek(0)
        result.stderr = stderr.read()
    return result


# ---- the sandboxes ----


class Prefix:
    def __init__(self, *words):
        self.words = list(words)

    def __call__(self, command):
        return [*self.words, *command]

    def clean(self):
        """Removes what is left of one that was killed."""

    def __str__(self):
        return " ".join(self.words) + " CMD" if self.words else "CMD"


class Bundle:
    """An OCI runtime. No seccomp filter, no limits: nothing but namespaces and mounts."""

    def __init__(self, words, runtime, work):
        self.words, self.dir = words, os.path.join(work, "bundle")
        self.runtime = [runtime, "--root", os.path.join(self.dir, "state")]
        self.id = f"picket-bench-{os.getpid()}"

    def mounts(self):
        rootfs = os.path.join(self.dir, "rootfs")
        os.makedirs(rootfs, exist_ok=True)
        mounts = [
            {"destination": "/proc", "type": "proc", "source": "proc"},
            {"destination": "/dev", "type": "tmpfs", "source": "tmpfs", "options": ["mode=755"]},
            {"destination": "/dev/shm", "type": "tmpfs", "source": "shm", "options": ["mode=1777"]},
        ]
        for entry in os.scandir("/"):
            inside = os.path.join(rootfs, entry.name)
            if entry.is_symlink():
                if not os.path.lexists(inside):
                    os.symlink(os.readlink(entry.path), inside)
            elif entry.is_dir():
                os.makedirs(inside, exist_ok=True)
                if entry.name not in ("proc", "sys", "dev"):
                    mounts.append(
                        {
                            "destination": entry.path,
                            "source": entry.path,
                            "type": "bind",
                            "options": ["rbind", "ro"],
                        }
                    )
        return rootfs, mounts

    def __call__(self, command):
        rootfs, mounts = self.mounts()
        config = {
            "ociVersion": "1.0.2",
            "root": {"path": rootfs, "readonly": True},
            "process": {
                "user": {"uid": os.getuid(), "gid": os.getgid()},
                "args": command,
                "cwd": "/",
                "env": [f"{name}={value}" for name, value in os.environ.items()],
            },
            "mounts": mounts,
            "linux": {
                "namespaces": [{"type": t} for t in ("pid", "mount", "ipc", "uts", "network")]
            },
        }
        with open(os.path.join(self.dir, "config.json"), "w") as f:
            json.dump(config, f)
        return [*self.words, *self.runtime, "run", "--bundle", self.dir, self.id]

    def clean(self):
        subprocess.run(
            [*self.words, *self.runtime, "delete", "--force", self.id], capture_output=True
        )

    def __str__(self):
        return " ".join([*self.words, *self.runtime, "run", "CMD"])


def picket_options(binary, more):
    """Rewriting is an option in older builds and the default in newer ones."""
    text = subprocess.run([binary, "--help"], capture_output=True, text=True).stdout
    return [*(["--rewrite"] if " --rewrite " in text else []), *more]


def ways(picket, picket_more, work):
    """name: the ways to call it, the first that works is taken; or why there are none."""
    found = {
        "native": [Prefix()],
        "picket": (
            [Prefix(picket, "do", *picket_options(picket, picket_more), "--")]
            if picket
            else "not built; ./bootstrap bench builds it"
        ),
    }
    runsc = shutil.which("runsc")
    platforms = ""
    if runsc:
        platforms = subprocess.run(
            [runsc, "help", "platforms"], capture_output=True, text=True
        ).stdout
    for platform in ("ptrace", "systrap", "kvm"):
        name = f"runsc-{platform}"
        if not runsc:
            found[name] = "not installed"
        elif platform not in platforms.split():
            found[name] = "not in this build of runsc"
        else:
            found[name] = [
                Prefix(runsc, *more, f"--platform={platform}", "--network=none", "do")
                for more in ([], ["--rootless"])
            ]
    bwrap = (
        "bwrap",
        "--ro-bind",
        "/",
        "/",
        "--dev",
        "/dev",
        "--proc",
        "/proc",
        "--unshare-all",
        "--die-with-parent",
        "--",
    )
    found["bubblewrap"] = [Prefix(*bwrap)] if shutil.which("bwrap") else "not installed"
    found["proot"] = [Prefix("proot", "-r", "/")] if shutil.which("proot") else "not installed"
    # crun wants no cgroup2 mount beside those of version 1.
    no_hybrid = ["unshare", "-m", "sh", "-c", 'umount /sys/fs/cgroup/unified; exec "$@"', "sh"]
    for runtime, before in (("crun", [[], no_hybrid]), ("runc", [[]])):
        found[runtime] = (
            [Bundle(words, runtime, work) for words in before]
            if shutil.which(runtime)
            else "not installed"
        )
    return found


def find(known, wanted):
    """Tries each way of those wanted. Returns ({name: way}, {name: why it is missing})."""
    there, missing = {}, {}
    for name, tries in known.items():
        if name not in wanted:
            continue
        if isinstance(tries, str):
            missing[name] = tries
            continue
        for way in tries:
            result = run(
                way,
                ["sh", "-c", f"f={SCRATCH}/picket-bench.try; echo x > $f && rm $f && echo in"],
                PROBE_LIMIT,
            )
            if [text for text, _ in result.lines] == ["in"] and not result.error():
                there[name] = way
                break
            missing[name] = (
                f"no answer in {PROBE_LIMIT} s"
                if result.timed_out
                else result.error() or "it printed something else"
            )
        if name in there:
            missing.pop(name, None)
    return there, missing


def set_environment(work):
    """The same small environment for all."""
    tmp = os.path.join(work, "tmp")  # runsc leaves directories there
    shutil.rmtree(tmp, ignore_errors=True)
    os.makedirs(tmp)
    keep = {
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C",
        "TZ": "UTC",
        "HOME": tmp,
        "TMPDIR": tmp,
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    os.environ.clear()
    os.environ.update(keep)
