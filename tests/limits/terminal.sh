# SPDX-License-Identifier: Apache-2.0
# The caller's terminal: size, raw mode, ^C and ^Z, job control inside and outside.
# time limit: 90 s
. "$(dirname "$0")/../lib/limits.sh"
# Says so once it is the foreground job: before that, ^C is the shell's own.
cat > job.sh <<'E'
echo be""gun
exec "$@"
E
cat > resize.sh <<'E'
trap 'echo size""changed; exit' WINCH
stty rows 40
while :; do sleep 0.05; done
E
cat > t.exp <<E
set timeout 15
proc want {what pattern} {
	expect {
		-re \$pattern { puts "\nok - \$what" }
		timeout { puts "\nnot ok - \$what"; exit 1 }
		eof { puts "\nnot ok - \$what (end)"; exit 1 }
	}
}
spawn env PS1=out% TERM=dumb bash --norc --noediting -i
want "a shell" {out%}
send "stty rows 33 cols 101\r"
want "prompt" {out%}
send "PS1=i''n% $PICKET_COPY do -- bash --norc --noediting -i\r"
want "a shell in the sandbox" {in%}
send "tty; stty size\r"
want "name and size" {/dev/pts/0\s+33 101}
send "sh resize.sh\r"
want "SIGWINCH" {sizechanged}
want "prompt" {in%}
send "sh job.sh sleep 100\r"
want "a job begins" {begun}
send "\003"
want "^C ends the foreground job" {in%}
send "echo rc=\\\$?\r"
want "by SIGINT" {rc=130}
send "sh job.sh cat\r"
want "another begins" {begun}
send "echoed\r"
want "cat answers" {echoed\s+echoed}
send "\032"
want "^Z stops it" {Stopped}
want "prompt" {in%}
send "fg\r"
want "fg" {job.sh cat}
send "more\r"
want "it reads again" {more\s+more}
send "\004"
want "^D ends it" {in%}
send "(sleep 0.2; echo from\"\"background) & wait\r"
want "background output" {frombackground}
send "stty raw -echo; echo be''gun; head -c 3 | od -An -c; stty sane\r"
want "raw mode begins" {begun}
send "\003\032x"
want "raw mode passes control characters" {003 +032 +x}
want "prompt" {in%}
send "exit 5\r"
want "back outside" {out%}
send "echo rc=\\\$?\r"
want "exit status" {rc=5}
send "$PICKET_COPY do -- sh job.sh cat\r"
want "picket begins" {begun}
send "\032"
want "picket stops with its command" {Stopped}
want "prompt" {out%}
send "fg\r"
want "fg of picket" {picket-under-test}
send "again\r"
want "and goes on" {again\s+again}
send "\003"
want "^C outside" {out%}
send "echo rc=\\\$?\r"
want "ends picket by 128+2" {rc=130}
send "$PICKET_COPY do -- sh -c 'stty -echo -icanon'; stty -a | grep -c ' -echo '; echo e''nd\r"
want "settings are given back" {0\s+end}
send "exit\r"
expect eof
E
expect t.exp > out 2>&1
is "session" $? 0
grep -a '^not ok' out
is "steps" "$(grep -ac "^ok" out)" 30
finish
