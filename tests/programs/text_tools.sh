# SPDX-License-Identifier: Apache-2.0
# find, xargs, grep, sed, awk.
set -u
mkdir -p t/{a,b}/{1,2}; for f in t/a/1/x t/b/2/y t/b/1/z.c; do echo "line of $f" > "$f"; done
find t | sort; find t -name '*.c' -exec cat {} +; find t -empty | sort
find t -type f -print0 | sort -z | xargs -0 -n 1 -P 2 basename | sort; find t -type d -empty -delete; find t | sort
grep -rn line t | sort; grep -c o t/b/2/y; echo "$(seq 50 | grep -E '^(1|4)[0-9]$' | wc -l)"; grep -q nothing t/b/2/y; echo $?
sed -i 's/line/LINE/' t/b/2/y && cat t/b/2/y; seq 10 | sed -n '3,5p;/7/{s/7/seven/;p}'
awk 'BEGIN { for (i = 0; i < 5; i++) s += i; print s, length("abc"), substr("hello", 2, 3) }'
seq 1000 | awk '{ n[$1 % 7] += $1 } END { for (i = 0; i < 7; i++) print i, n[i] }'
awk 'BEGIN { while (("seq 3" | getline x) > 0) print "got", x; system("echo sub"); print "to pipe" | "cat" }'
