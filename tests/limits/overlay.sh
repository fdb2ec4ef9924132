# SPDX-License-Identifier: Apache-2.0
# The overlay and host trees against the real thing: the same random operations natively on a copy of a
# prepared tree, in `picket do` over the tree, with --rw on a copy, and in a volume. Same results, same
# tree afterwards; under the overlay the host's tree stays as it was.
# time limit: 120 s
. "$(dirname "$0")/../lib/limits.sh"
gcc -std=gnu11 -D_GNU_SOURCE -O1 -I "$(dirname "$0")/../guest" -o fs "$(dirname "$0")/../guest/fs_random.c" || exit 1
chmod 755 . # for user 1000
fs=$PWD/fs ops=${OVERLAY_OPS:-3000} seeds=${OVERLAY_SEEDS:-"11 12 13 14 15"}
prepare() { # DIR: all kinds of files, hard links across directories, old times
	mkdir "$1" && (
		cd "$1" || exit
		for d in a b c a/a a/b b/a b/c c/c a/a/a b/a/e c/c/d; do mkdir $d; done
		for f in d a/c a/a/b b/b b/a/a c/a c/c/e; do echo "text of $f" > $f; done
		head -c 15000 /dev/zero | tr '\0' 'z' > e
		truncate -s 9000 a/e && printf x | dd of=a/e bs=1 seek=5000 conv=notrunc 2> /dev/null
		ln d b/d && ln d c/b && ln a/c a/d && ln e b/e
		ln -s a a/a/c && ln -s b/b b/c/a && ln -s nothing c/d && ln c/d c/c/a
		mkfifo b/a/b
		chmod 700 a/b && chmod 4755 b/b && chmod 2775 c/c && chmod 640 e
		python3 -c "import os; os.setxattr(\"e\", \"user.x\", b\"of e\"); os.setxattr(\"a\", \"user.y\", b\"of a\")" 2> /dev/null
		find . -depth -exec touch -h -d @5000 {} +
	)
}
snapshot() { # DIR: all that a host can see of it, by its own tools
	(cd "$1" && find . ! -type d -printf '%p %M %n %s %U %G %T@ %l\n' -o -printf '%p %M %n %U %G %T@\n' | sort
		find . -type f -print0 | sort -z | xargs -0 md5sum
		"$fs" list)
}
same() { # WHAT FILE FILE
	if cmp -s "$2" "$3"; then echo "ok - $1"; else
		echo "not ok - $1"; diff "$2" "$3" | head -n 8 | sed 's/^/#   /'; fails=1; fi
}
leaks() { grep -c 'leak:' "$1"; }

prepare lower
snapshot lower > before
for seed in $seeds; do
	rm -rf copy shared vol
	cp -a lower copy && cp -a lower shared && cp -a lower vol
	(cd copy && "$fs" $seed $ops) > native.txt 2>&1
	(cd copy && "$fs" list) > native.list
	# The overlay: what is left is listed in the same sandbox, since it ends with it.
	(cd lower && p do --log ../log -- sh -c '"$0" '$seed' '$ops' > /tmp/results; "$0" list > /tmp/list; cat /tmp/results' "$fs") > overlay.txt
	same "seed $seed: overlay" native.txt overlay.txt
	snapshot lower > after
	same "seed $seed: the lower tree is as it was" before after
	(cd shared && p do --log ../log --rw -- "$fs" $seed $ops) > rw.txt
	same "seed $seed: --rw" native.txt rw.txt
	(cd shared && "$fs" list) > rw.list
	same "seed $seed: --rw as the host sees it" native.list rw.list
	# Few descriptors: cached paths are opened again all the time.
	(ulimit -n 90; p do --log log -v "$PWD/vol:/mnt" -w /mnt -- "$fs" $seed $ops) > vol.txt
	same "seed $seed: volume, few descriptors" native.txt vol.txt
	(cd vol && "$fs" list) > vol.list
	same "seed $seed: volume as the host sees it" native.list vol.list
	# As somebody else, who owns a part of the tree.
	[ "$(id -u)" = 0 ] || continue
	for d in copy shared; do
		rm -rf $d
		cp -a lower $d
		chown 1000:1000 $d && chown -Rh 1000:1000 $d/a $d/b && chown -h 1000:100 $d/d && chmod 1777 $d/c
	done
	rm -rf mine
	cp -a copy mine
	snapshot mine > before.mine
	(cd copy && setpriv --reuid 1000 --regid 1000 --clear-groups "$fs" $seed $ops) > native.txt 2>&1
	(cd copy && "$fs" list) > native.list
	(cd mine && p do --log ../log -u 1000:1000 -- "$fs" $seed $ops) > overlay.txt
	same "seed $seed: overlay, user 1000" native.txt overlay.txt
	snapshot mine > after.mine
	same "seed $seed: user 1000's lower tree is as it was" before.mine after.mine
	(cd shared && p do --log ../log --rw -u 1000:1000 -- "$fs" $seed $ops) > rw.txt
	same "seed $seed: --rw, user 1000" native.txt rw.txt
	(cd shared && "$fs" list) > rw.list
	same "seed $seed: --rw, user 1000, as the host sees it" native.list rw.list
done
is "no leaks" "$(leaks log)" 0
finish
