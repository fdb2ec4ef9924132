# SPDX-License-Identifier: Apache-2.0
# However picket ends, nothing is left: no process, no temporary file, no mount.
. "$(dirname "$0")/../lib/limits.sh"
before_tmp=$(ls /tmp | grep picket | grep -cvE 'picket-(bootstrap|programs)|limits-')
before_mounts=$(wc -l < /proc/mounts)
for victim in caller sentry; do
	rm -f out
	"$PICKET_COPY" do -- sh -c 'for i in 1 2 3 4 5; do (while :; do :; done) & done; sleep 1000 & echo ready; wait' > out 2> /dev/null &
	pid=$!
	until grep -q ready out; do sleep 0.02; done
	is "$victim: running" "$([ "$(leftovers)" -gt 1 ] && echo yes)" yes
	target=$pid
	[ $victim = sentry ] && target=$(cat "/proc/$pid/task/$pid/children" | tr -d ' ')
	kill -KILL "$target"
	wait $pid 2> /dev/null
	await_none
	is "$victim killed: nothing runs" "$(leftovers)" 0
done
is "no temporary file" "$(ls /tmp | grep picket | grep -cvE 'picket-(bootstrap|programs)|limits-')" "$before_tmp"
is "no mount" "$(wc -l < /proc/mounts)" "$before_mounts"
finish
