# SPDX-License-Identifier: Apache-2.0
# dash: pipelines, here-documents, sub-shells, traps, exit codes.
set -u
dash -c 'echo one | tr a-z A-Z; cat <<E
here $((1 + 2))
E'
dash -c '(exit 3); echo $?; false || echo or; ! true; echo $?'
dash -c 'trap "echo trapped" EXIT; kill -l TERM; exit 4'; echo $?
dash -c 'trap "echo usr1" USR1; kill -USR1 $$; sleep 0.01; echo after'
dash -c 'kill -TERM $$'; echo $?
dash -c 'for i in 1 2 3; do echo $i; done | while read -r x; do echo "got $x"; done'
dash -c 'f() { local a=1; echo "f $1 $a"; }; f x; set -- a b c; shift; echo "$# $*"'
dash -c 'sleep 0.05 & wait $!; echo "waited $?"; read -r line < /dev/null; echo $?'
dash -c 'x=$(printf "a\nb\n" | wc -l); echo "lines $x"; echo y > f; cat < f; rm f; ls'
dash -c 'ulimit -n; umask; cd /; pwd; cd - > /dev/null; echo "$OLDPWD"'
