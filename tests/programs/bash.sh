# SPDX-License-Identifier: Apache-2.0
# bash: pipelines, here-documents, job control, traps, process substitution.
set -u
set -o pipefail
echo one | tr a-z A-Z | rev
cat <<E | wc -l
a $((2 ** 10))
b ${BASH_VERSION%%.*}
E
false | true; echo "pipefail $? ${PIPESTATUS[*]}"
diff <(printf 'a\nb\n') <(printf 'a\nc\n'); echo "diff $?"
set -m
sleep 5 & 
jobs %1 | sed 's/ *$//'
kill -STOP %1; sleep 0.05; jobs -l | grep -c Stopped
kill -CONT %1; kill %1; wait %1; echo "killed $?"
(trap 'echo int; exit 7' INT; kill -INT $BASHPID; sleep 1); echo "trap $?"
trap 'echo usr1' USR1; kill -USR1 $$; trap 'echo exit' EXIT
for i in {1..5}; do (exit "$i") & p[i]=$!; done
for i in {1..5}; do wait "${p[i]}"; echo "child $i: $?"; done
coproc C { read -r x; echo "coproc $x"; }
echo hi >&"${C[1]}"; read -r y <&"${C[0]}"; echo "$y"; wait
declare -A m=([x]=1 [y]=2); echo "${!m[*]}" | tr ' ' '\n' | sort | tr '\n' ' '; echo
mapfile -t lines < <(seq 3); echo "${#lines[@]} ${lines[2]}"
exec 3> out; echo three >&3; exec 3>&-; cat out
timeout 0.1 sleep 5; echo "timeout $?"
printf '%s\n' "$(< out)" > /dev/full; echo "full $?"
read -t 0.05 -r z < <(sleep 1); echo "read $(( $? > 128 ))"
ulimit -c; type -t cd; echo $((0x1f)) "$SECONDS" | cut -d' ' -f1
