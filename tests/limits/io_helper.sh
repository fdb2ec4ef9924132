# SPDX-License-Identifier: Apache-2.0
# What may wait for a disk is the I/O helper's: one that waits long holds up nobody else, can be killed
# where Linux lets one be killed, and is lost alone when the helper dies. With a frozen file system, where
# there are loop devices; and in debug builds with calls that are made slow.
# time limit: 120 s
. "$(dirname "$0")/../lib/limits.sh"
dir=$PWD
mkdir work
cat > slow.py <<'P'
import os, signal, sys, time

begun, begins = os.pipe()

def child(fn):
    pid = os.fork()
    if pid == 0:
        try:
            os.write(begins, b"x")
            fn()
            os._exit(0)
        except OSError as e:
            os._exit(e.errno)
    return pid

def in_call(n): # the children have had half of the call's time to get into it
    while n:
        n -= len(os.read(begun, n))
    time.sleep(int(os.environ["PICKET_TEST_IO"]) / 2000)

def status(pid):
    return os.waitpid(pid, 0)[1]

def running(pid):
    return os.waitpid(pid, os.WNOHANG) == (0, 0)

def works_while(pid): # several other things get done before it does
    n = 0
    while running(pid):
        os.getpid(); os.stat("/"); os.listdir("/"); n += 1 # not in the directory that is being changed
        time.sleep(0.002)
    return n

def read_slowly():
    with open("big", "rb", buffering=0) as f:
        f.read(12345)

what = sys.argv[1]
with open("big", "wb") as f:
    f.write(b"x" * 100000)
if what == "others":
    pid = child(lambda: os.mkdir("slow1"))
    print("others go on" if works_while(pid) > 20 else "others wait")
    print(os.path.isdir("slow1"))
    pids = [child(lambda i=i: os.rename("slow1" if i else "big", "slow2" if i else "slow3")) for i in range(2)]
    print([status(p) for p in pids], sorted(f for f in os.listdir(".") if f.startswith("slow")))
elif what == "kill":
    a, b = child(read_slowly), child(read_slowly)
    in_call(2)
    os.kill(a, signal.SIGKILL)
    print("killed", status(a), "the other reads on", running(b))
    print(status(b))
    pid = child(lambda: os.mkdir("slow4"))
    in_call(1)
    os.kill(pid, signal.SIGKILL)
    print("killed", status(pid), os.path.isdir("slow4"))
    pid = child(lambda: os.mkdir("slow5"))
    in_call(1)
    os.kill(pid, signal.SIGTERM)
    print("ended", status(pid), os.path.isdir("slow5"))
elif what == "die":
    pid = child(lambda: os.mkdir("slow6"))
    print("started", flush=True)
    print(status(pid) >> 8)
    os.mkdir("after")
    print(os.path.isdir("after"))
P
run() { # WHAT
	(cd work && rm -rf ./* && PICKET_TEST_IO=${DELAY:-600} p do --rw --log "$dir/log" -- python3 "$dir/slow.py" "$1")
}
if grep -q PICKET_TEST_IO "$PICKET"; then
	is "others go on" "$(run others | tr '\n' ' ')" "others go on True [0, 0] ['slow2', 'slow3'] "
	is "killed while the helper works" "$(DELAY=2000 run kill | tr '\n' ' ')" \
		"killed 9 the other reads on True 0 killed 9 True ended 15 True "
	DELAY=20000 run die > die.txt &
	for i in $(seq 100); do grep -qs started die.txt && break; sleep 0.1; done
	sleep 0.3 # until it has reached the helper; the outcome is the same if not
	for c in /proc/[0-9]*; do
		[ "$(cat "$c/comm" 2> /dev/null)" = picket-io ] || continue
		# Ours: its grandparent, or an ancestor further up, is this shell.
		q=${c#/proc/}
		while [ "${q:-0}" -gt 1 ]; do
			[ "$q" = $$ ] && { kill -9 "${c#/proc/}"; break; }
			q=$(awk '/^PPid/ { print $2 }' "/proc/$q/status" 2> /dev/null)
		done
	done
	wait $!
	is "the helper dies" "$(tr '\n' ' ' < die.txt)" "started 5 True "
	is "and that is said" "$(grep -c 'I/O helper ended' log)" 1
fi

# A file system that hangs: whoever changes it waits, and nobody else.
if [ "$(id -u)" = 0 ] && truncate -s 32M image && mkfs.ext4 -q image 2> /dev/null && mkdir -p mnt &&
	mount -o loop image mnt 2> /dev/null; then
	trap 'fsfreeze -u mnt 2> /dev/null; umount mnt' EXIT
	cat > frozen.py <<'P'
import os, sys, time
r = os.fork()
if r == 0:
    os.mkdir("/mnt/made")
    os._exit(0)
n = 0
while n < 100 and os.waitpid(r, os.WNOHANG) == (0, 0):
    os.listdir("/"); open("/tmp/x", "w").close(); time.sleep(0.002); n += 1
print("went on" if n == 100 else "was not held up", flush=True)
os.waitpid(r, 0)
print(os.path.isdir("/mnt/made"))
P
	fsfreeze -f mnt
	p do --log log -v "$PWD/mnt:/mnt" -- python3 "$dir/frozen.py" > frozen.txt &
	for i in $(seq 100); do [ -s frozen.txt ] && break; sleep 0.1; done
	is "while it is frozen" "$(cat frozen.txt)" "went on"
	fsfreeze -u mnt
	wait $!
	is "afterwards" "$(tail -n 1 frozen.txt)" True
	umount mnt
	trap - EXIT
fi
is "no complaints" "$(grep -E 'picket: (leak|bug)' log)" ""
finish
