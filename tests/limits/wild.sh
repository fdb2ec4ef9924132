# SPDX-License-Identifier: Apache-2.0
# Wild pointers, sizes and descriptors to every system call: the answer is the host's, or, where the
# table says that a call isn't there or isn't allowed, ENOSYS or EPERM for whatever is passed.
# time limit: 180 s
. "$(dirname "$0")/../lib/limits.sh"
top=$(cd "$(dirname "$0")/../.." && pwd)
ulimit -c 0
gcc -std=gnu11 -D_GNU_SOURCE -O1 -Wall -Wextra -Werror -I "$top/tests/guest" -o wild "$top/tests/fuzz/wild.c" || exit 1
# Natively in namespaces of its own, if it may, and on the file system that both sides have.
own=
[ "$(id -u)" = 0 ] && own="unshare -n -i -u -m"
dir=$(mktemp -d /dev/shm/wild.XXXXXX)
here=$PWD
(cd "$dir" && timeout 100 $own "$here/wild" < /dev/null > "$here/native" 2> native.err)
is "natively it ends" "$(tail -n 1 native)" "done"
rm -rf "$dir"
(cd /dev/shm && p do --log "$here/log" -- "$here/wild" --sandboxed < /dev/null > "$here/inside" 2> "$here/err")
is "inside it ends" "$(tail -n 1 inside)" "done"
is "no complaints" "$(grep -aE 'picket: (leak|bug)|Sanitizer|runtime error' log err)" ""
p syscalls > table

# Whose answer rightly differs, and what it is instead.
cat > differs << 'END'
unshare    EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL EINVAL ok     # namespaces are refused
fgetxattr  EFAULT EFAULT EFAULT EFAULT EFAULT EFAULT EBADF EFAULT  # hosts since 6.13 take AT_FDCWD
END
# The machine's, so not made natively: nothing is changed.
cat > machine << 'END'
settimeofday   EFAULT EFAULT EFAULT EFAULT EFAULT EINVAL EFAULT ok
clock_settime  EFAULT EFAULT EINVAL EINVAL EINVAL EINVAL EINVAL EFAULT
adjtimex       EFAULT EFAULT EFAULT EFAULT EFAULT EPERM EFAULT EFAULT
clock_adjtime  EFAULT EFAULT EFAULT EFAULT EFAULT EFAULT EOPNOTSUPP EFAULT
END
# Nobody may, and is told so.
[ "$(id -u)" = 0 ] || sed -i '/^settimeofday/s/ok$/EPERM/; /^unshare/s/EINVAL \(EINVAL ok\)/EPERM \1/' machine differs
# NR LEVEL NAME; a number that the table hasn't is unknown to Linux.
awk -v want=differs '
function all(word,   i) {
	for (i = 2; i <= NF; i++)
		if ($i != word && $i != "-") return 0
	return 1
}
function pure(s) { gsub(/ +/, " ", s); sub(/ *(#.*)?$/, "", s); return s }
FILENAME == "table" { name[$1] = $2; level[$1] = $3; next }
FILENAME == "differs" || FILENAME == "machine" { n = $1; $1 = ""; special[n] = pure($0); next }
FILENAME == "native" { nr = $1; $1 = ""; host[nr] = $0; next }
$1 == "done" { next }
{
	nr = $1; l = level[nr]; n = name[nr]; tried++
	if (n == "uretprobe" || n == "uprobe") { # the host decides, where the call is not rewritten
		nosys = all("ENOSYS")
		$1 = ""
		if ($0 != host[nr] && !nosys) print n, "answers" $0 ", natively" host[nr]
		next
	}
	if (l == "none" || l == "nosys" || l == "") {
		if (!all("ENOSYS")) print n, nr, "is not there but answers:" $0
		next
	}
	if (l == "denied") {
		if (!all("EPERM")) print n, nr, "is denied but answers:" $0
		next
	}
	$1 = ""
	if (n in special) {
		if ($0 != special[n]) print n, "answers" $0 ", not" special[n]
	} else if (nr in host) {
		compared++
		if ($0 != host[nr]) print n, "answers" $0 ", natively" host[nr]
	} else if (n != "sync" && n != "sethostname" && n != "setdomainname") {
		print n, "was not compared"
	}
}
END { print tried, compared > "counts" }' table differs machine native inside > wrong
cat counts
is "every call answers as the host's, or as the table says" "$(cat wrong)" ""
is "nearly all were compared" "$(awk '{ print ($1 > 1000 && $2 > 240) ? "yes" : "no: " $0 }' counts)" yes
finish
