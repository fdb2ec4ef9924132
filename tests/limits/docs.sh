# SPDX-License-Identifier: Apache-2.0
# The docs name what there is: calls in docs/compatibility.md, options in the man page, files in docs.
. "$(dirname "$0")/../lib/limits.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
p syscalls | awk '$3 == "none" || $3 == "partial" || $3 == "denied" || ($3 == "nosys" && NF > 3) { n = $2; l = $3; $1 = $2 = $3 = ""; sub(/^ +/, ""); print "| " n " | " l " | " $0 " |" }' > table
is "docs/compatibility.md has the table" "$(grep -cFxf table "$top/docs/compatibility.md")" "$(wc -l < table)"
for o in $(p --help | grep -oE -- '--[a-z-]+' | sort -u); do
	grep -q -- "Fl -${o#--}\b" "$top/docs/picket.1" || is "man page names $o" no yes
done
for f in $(grep -ohE '`(core|tasks|syscalls|control|netstack|tests|docs)/[a-zA-Z0-9_./-]+`' "$top"/docs/*.md "$top"/*.md | tr -d '`' | sort -u); do
	[ -e "$top/$f" ] || [ -e "$top/$f.c" ] || is "docs name $f, which exists" no yes
done
is "the man page is well formed" "$(mandoc -T lint -W error "$top/docs/picket.1" 2>&1 | head -n 3)" ""
finish
