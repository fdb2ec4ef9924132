# SPDX-License-Identifier: Apache-2.0
# The clocks seen from outside: right to a few microseconds after pauses and computing, and nothing wakes
# the sentry for their sake.
# time limit: 120 s
. "$(dirname "$0")/../lib/limits.sh"
cat > inside.py <<'P'
import os, struct, time
ids = (time.CLOCK_REALTIME, time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME)
while True:
    spin = os.read(0, 1)
    if not spin:
        break
    n = 3000000 if spin == b"s" else 0
    while n:
        n -= 1
    os.write(1, struct.pack("qqq", *(time.clock_gettime_ns(i) for i in ids)))
P
cat > outside.py <<'P'
import os, random, struct, subprocess, sys, time
ids = (time.CLOCK_REALTIME, time.CLOCK_MONOTONIC, time.CLOCK_BOOTTIME)
random.seed(1)
p = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
early = late = 0
for i in range(1500):
    if i % 10 == 0:
        time.sleep((0.003, 0.02, 0.3)[i // 10 % 3] if i < 1000 else 0.001)
    before = [time.clock_gettime_ns(c) for c in ids]
    os.write(p.stdin.fileno(), b"s" if i in (500, 1000) else b".")
    told = struct.unpack("qqq", os.read(p.stdout.fileno(), 24))
    after = [time.clock_gettime_ns(c) for c in ids]
    early = max(early, max(b - t for b, t in zip(before, told)))
    late = max(late, max(t - a for t, a in zip(told, after)))
p.stdin.close()
print("early" if early > 5000 else "late" if late > 5000 else "right", p.wait())
P
is "the host's time" "$(timeout 60 python3 outside.py "$PICKET_COPY" do --log log -- python3 "$PWD/inside.py")" "right 0"

# How often the sentry slept and was woken since it was started.
wakes() { awk '/^voluntary/ { print $2 }' "/proc/$sentry/status"; }
start() { # CMD...: which says that it is ready
	: > ready
	"$PICKET_COPY" do --log log -- "$@" > ready &
	caller=$!
	for i in $(seq 200); do [ -s ready ] && break; sleep 0.05; done
	sentry=$(cat /proc/$caller/task/$caller/children)
	sentry=${sentry%% *}
	# What is left to do after that, it does soon.
	for i in $(seq 50); do
		n=$(wakes)
		sleep 0.2
		[ "$n" = "$(wakes)" ] && break
	done
	n=$(wakes)
	sleep 2
	woken=$(($(wakes) - n))
}
stop() {
	kill $caller
	wait $caller
}
start sh -c 'echo ready; exec sleep 1000'
is "a sandbox that sleeps is left alone" "$woken" 0
stop
start sh -c 'echo ready; while :; do :; done'
is "so is one that computes" "$woken" 0
stop
start python3 -c 'import time
print("ready", flush=True)
while True: time.time()'
is "one that reads clocks all the time is served a few times a second" "$([ "$woken" -le 40 ] && echo so)" so
stop
is "no leaks" "$(grep -cE 'leak:|bug:' log)" 0
finish
