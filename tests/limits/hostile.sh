# SPDX-License-Identifier: Apache-2.0
# Attacks on the platform from inside: see tests/fuzz/stub.c. The sandbox goes on, and no process that
# was made behind the sentry's back is left over.
# time limit: 300 s
. "$(dirname "$0")/../lib/limits.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
ulimit -c 0
export ASAN_OPTIONS=detect_leaks=0
gcc -std=gnu11 -D_GNU_SOURCE -O1 -I "$top" -o stub "$top/tests/fuzz/stub.c" -lpthread || exit 1
LIMIT=280
p do --log log -- ./stub -s 1 -n 2 -l 100 > out 2> err
is "the sandbox goes on" "$?" 0
is "every attacker can be ended" "$(grep -c '^not ok' out)" 0
is "no complaints" "$(grep -aE 'picket: (leak|bug)|Sanitizer|runtime error' log err)" ""
finish
