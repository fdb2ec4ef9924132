# SPDX-License-Identifier: Apache-2.0
# Random system calls, racing tasks, contended IPC, changing code and greedy programs, for a short time and
# with fixed seeds: the sandbox goes on, and nothing is left behind in the sentry. Longer, by hand:
# tests/fuzz/*.c say how.
# time limit: 180 s
. "$(dirname "$0")/../lib/limits.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
ulimit -c 0
# A leak of the process is told by picket itself; LeakSanitizer can't look into it.
export ASAN_OPTIONS=detect_leaks=0
for f in syscalls races ipc code bombs; do
	gcc -std=gnu11 -D_GNU_SOURCE -O1 -I "$top" -o "$f" "$top/tests/fuzz/$f.c" -lpthread || exit 1
done
# What the sentry says of itself when something is wrong with it.
complaints() { grep -aE 'picket: (leak|bug)|Sanitizer|runtime error' log err; }
fuzz() { # NAME ARGUMENTS...: prints the seeds
	local name=$1
	shift
	rm -f log
	p do --log log -- "./$name" "$@" > out 2> err
	local rc=$?
	grep -aoE 'seed [0-9]+' out | tr '\n' ',' | cut -c 1-200
	is "$name goes on" "$rc" 0
	is "$name comes to its end" "$(tail -n 1 out | grep -ac 'done$')" 1
	is "no complaints of $name" "$(complaints)" ""
}
fuzz syscalls -s 1 -n 12 -c 1500 -t 8 -j 2 -p 2
fuzz races -s 1 -n 12 -l 200
fuzz ipc -s 1 -n 2 -l 1500
fuzz code -s 1 -n 4 -l 700
# With little memory for the sentry, so that it is short of it soon. AddressSanitizer's shadow alone
# is more than that: there the programs meet only the limits of their own.
if grep -qa __asan_init "$PICKET_COPY"; then
	fuzz bombs -l 300
else
	(ulimit -d 400000 && fuzz bombs -l 300; exit $fails) || fails=1
fi
finish
