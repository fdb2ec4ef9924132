# SPDX-License-Identifier: Apache-2.0
# The exit status is the guest's, 128+N by signal N; signals sent to picket reach the guest.
. "$(dirname "$0")/../lib/limits.sh"
for n in 0 1 42 255; do
	p do -- sh -c "exit $n"
	is "exit $n" $? $n
done
for s in TERM KILL SEGV ABRT USR1; do
	p do -- sh -c "kill -$s \$\$" 2> /dev/null
	is "signal $s" $? $((128 + $(kill -l $s)))
done
for s in TERM INT HUP USR2; do
	rm -f out
	"$PICKET_COPY" do -- sh -c 'trap "exit 9" '$s'; echo ready; while :; do sleep 0.05; done' > out &
	pid=$!
	until grep -q ready out; do sleep 0.02; done
	kill -$s $pid
	wait $pid
	is "forwarded $s" $? 9
done
p do -- sh -c 'sleep 100 & exec true'
is "a background process ends with the command" $? 0
is "environment" "$(p do -e A=1 -e HOME -- sh -c 'echo $A-${HOME-unset}')" "1-unset"
is "working directory" "$(p do -w /usr -- pwd)" /usr
is "host name" "$(p do --hostname box -- uname -n)" box
is "user" "$(p do -u 1000:1001 -- sh -c 'id -u; id -g; id -G')" "1000
1001
1001"
mkdir vol && echo from-host > vol/f
is "volume" "$(p do -v "$PWD/vol:/mnt" -- sh -c 'cat /mnt/f; echo written > /mnt/g; cat /mnt/g')" "from-host
written"
is "volume written" "$(cat vol/g)" written
is "read-only volume" "$(p do -v "$PWD/vol:/mnt:ro" -- sh -c 'echo x > /mnt/h' 2>&1 | grep -c 'Read-only')" 1
echo before > here
p do -- sh -c 'echo after > here; rm -f /etc/hostname; cat here' > out
is "the overlay shows the change" "$(cat out)" after
is "the host does not" "$(cat here)" before
is "closed stdin" "$(p do -- sh -c 'read x; echo $?' <&- 2> /dev/null)" 1
is "pipe" "$(echo through | p do -- cat)" through
is "release" "$(p do -- uname -r)" 6.1.0-picket
is "syscalls --json is JSON" "$(p syscalls --json | python3 -c 'import json,sys; print(len(json.load(sys.stdin)) > 370)')" True
is "version" "$(p --version | head -n 1 | cut -d' ' -f1-2)" "picket version"
is "strace" "$(p do --strace -- true 2>&1 | grep -c 'exit_group(0)')" 1
finish
