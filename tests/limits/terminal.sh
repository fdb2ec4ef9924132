# SPDX-License-Identifier: Apache-2.0
# The caller's terminal: size, raw mode, ^C and ^Z, job control inside and outside.
# time limit: 90 s
. "$(dirname "$0")/../lib/limits.sh"
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
send "trap 'echo size\"\"changed' WINCH; stty rows 40; sleep 0.1\r"
want "SIGWINCH" {sizechanged}
want "prompt" {in%}
send "sleep 100\r"
sleep 0.3
send "\003"
want "^C ends the foreground job" {in%}
send "echo rc=\\\$?\r"
want "by SIGINT" {rc=130}
send "cat\r"
sleep 0.3
send "echoed\r"
want "cat answers" {echoed\s+echoed}
send "\032"
want "^Z stops it" {Stopped}
send "jobs; fg\r"
want "fg" {cat}
sleep 0.3
send "\004"
want "^D ends it" {in%}
send "(sleep 0.2; echo from\"\"background) & wait\r"
want "background output" {frombackground}
send "stty raw -echo; head -c 3 | od -An -c; stty sane\r"
sleep 0.5
send "\003\032x"
want "raw mode passes control characters" {003 +032 +x}
want "prompt" {in%}
send "exit 5\r"
want "back outside" {out%}
send "echo rc=\\\$?\r"
want "exit status" {rc=5}
send "$PICKET_COPY do -- cat\r"
sleep 0.5
send "\032"
want "picket stops with its command" {Stopped}
send "fg\r"
sleep 0.3
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
is "steps" "$(grep -ac "^ok" out)" 22
finish
