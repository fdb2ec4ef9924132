# SPDX-License-Identifier: Apache-2.0
# For tests that run picket themselves.
fails=0
is() { # WHAT GOT WANTED
	if [ "$2" = "$3" ]; then echo "ok - $1"; else echo "not ok - $1: got '$2', wanted '$3'"; fails=1; fi
}
# Processes of the picket under test that are still there: by executable and by stub name.
leftovers() { # PID of the picket that ended: its descendants' session is gone with the namespace
	local n=0 p
	for p in /proc/[0-9]*; do
		[ "$(readlink "$p/exe" 2> /dev/null)" = "$PICKET_COPY" ] && n=$((n + 1))
	done
	echo $n
}
# A copy of the binary of our own, so that other pickets on the machine don't count.
PICKET_COPY=$PWD/picket-under-test
cp "$PICKET" "$PICKET_COPY"
p() { timeout "${LIMIT:-60}" "$PICKET_COPY" "$@"; }
# The end of a killed namespace takes the host a moment: waits for the condition, at most 5 s.
await_none() {
	local i
	for i in $(seq 100); do
		[ "$(leftovers)" = 0 ] && return
		sleep 0.05
	done
}
finish() { await_none; is "nothing left running" "$(leftovers)" 0; exit $fails; }
