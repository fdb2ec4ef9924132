# SPDX-License-Identifier: Apache-2.0
# Programs that watch files: tail -F, node's fs.watch, and inotify by hand from python.
set -u
# time limit: 60 s
wait_for() { # FILE TEXT
	local i
	for i in $(seq 100); do
		grep -qF "$2" "$1" 2> /dev/null && return
		sleep 0.05
	done
	echo "no '$2' in $1"
}
# On a file system that tail knows to tell of changes: on an overlay it looks every second.
here=$PWD
shm=$(mktemp -d /dev/shm/inotify.XXXXXX)
cd "$shm"
echo first > log
tail -n +1 -F log > tail.out 2> tail.err &
tail=$!
wait_for tail.out first
echo second >> log
wait_for tail.out second
mv log log.1
echo third > log
wait_for tail.out third
echo fourth >> log
wait_for tail.out fourth
kill $tail
wait $tail
echo "tail: $?"
cat tail.out
cd "$here"
rm -r "$shm"

cat > watch.py <<'P'
import ctypes, ctypes.util, os, select, shutil, struct, threading
libc = ctypes.CDLL(None, use_errno=True)
NAMES = {1: "access", 2: "modify", 4: "attrib", 8: "close_write", 16: "close_nowrite", 32: "open", 64: "moved_from",
         128: "moved_to", 256: "create", 512: "delete", 1024: "delete_self", 2048: "move_self"}
fd = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
watched = {}

def add(path): # the whole tree, as watchers of trees do
    wd = libc.inotify_add_watch(fd, path.encode(), 0xfc6 | 0x2000000)
    watched[wd] = path
    for e in sorted(os.listdir(path)):
        if os.path.isdir(os.path.join(path, e)):
            add(os.path.join(path, e))

def drain():
    out = []
    while select.select([fd], [], [], 0)[0]:
        data = os.read(fd, 4096)
        while data:
            wd, mask, cookie, n = struct.unpack("iIII", data[:16])
            name = data[16:16 + n].rstrip(b"\0").decode()
            data = data[16 + n:]
            path = watched.get(wd, "?")
            out.append((path, [v for k, v in NAMES.items() if mask & k] + (["dir"] if mask & 0x40000000 else []) +
                        (["ignored"] if mask & 0x8000 else []), name))
            if mask & 0x40000100 == 0x40000100:
                add(os.path.join(path, name))
    return out

os.makedirs("tree/a/b")
add("tree")
def step(what):
    print(what)
    for e in drain():
        print("   ", *e)
with open("tree/a/file", "w") as f:
    f.write("text")
step("write")
shutil.copy2("tree/a/file", "tree/a/b/copy")
step("copy2")
os.makedirs("tree/new/deep")
step("makedirs")
os.replace("tree/a/file", "tree/a/b/copy")
step("replace")
shutil.copytree("tree/a", "tree/c")
drain()
step("copytree") # what happens before the new directory is watched isn't seen
shutil.rmtree("tree/a")
step("rmtree")
def work(n):
    for i in range(50):
        with open("tree/t%d" % n, "a") as f:
            f.write("x")
ts = [threading.Thread(target=work, args=(n,)) for n in range(4)]
for t in ts: t.start()
for t in ts: t.join()
n = {}
for path, what, name in drain():
    for w in what:
        if w in ("create", "close_write"):
            n[name, w] = n.get((name, w), 0) + 1
print(sorted(n.items()))
P
python3 watch.py

if command -v node > /dev/null; then
	cat > watch.js <<'J'
const fs = require("fs");
fs.mkdirSync("nd");
const seen = new Set();
const w = fs.watch("nd", (type, name) => {
	seen.add(type + " " + name);
	if (seen.has("rename gone") && seen.has("change f")) {
		console.log([...seen].sort());
		w.close();
	}
});
setTimeout(() => {
	fs.writeFileSync("nd/f", "x");
	fs.appendFileSync("nd/f", "y");
	fs.renameSync("nd/f", "nd/gone");
	fs.unlinkSync("nd/gone");
}, 50);
setTimeout(() => { console.log("too late"); process.exit(1); }, 20000).unref();
J
	node watch.js
fi
