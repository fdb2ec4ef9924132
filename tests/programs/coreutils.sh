# SPDX-License-Identifier: Apache-2.0
# coreutils: files, text, links, times, permissions.
set -u
mkdir -p a/b/c && touch a/x a/b/y && echo data > a/b/c/z
ls -R a; cp -a a d && diff -r a d && echo same
chmod 640 a/x && stat -c '%a %F %h %n' a a/x a/b/c/z && stat -c %s a/x a/b/c/z
ln -s x a/link && readlink a/link && ln a/x a/hard && stat -c %h a/x
mv a/b a/bb && ls a && rm -r a/bb && ls a
seq 1 100000 | sort -rn | head -n 2 && seq 1 1000 | shuf --random-source=/dev/zero | sort -n | md5sum
dd if=/dev/zero of=big bs=1M count=8 status=none && wc -c big && sha256sum big && truncate -s 3 big && od -c big
split -n 3 <(seq 9) part && cat part* | wc -l && tac parta* | tail -1
date -u -d @0 +%F; touch -d '2001-02-03 04:05:06' t && stat -c %y t; basename "$PWD"; expr 6 \* 7
df . > /dev/null && echo df; du -s d > /dev/null && echo du; sync; nproc > /dev/null && echo nproc
printf 'b 2\na 1\n' | sort | join - <(printf 'a x\nb y\n'); paste <(seq 3) <(seq 4 6); comm <(seq 3) <(seq 2 4)
mkfifo f && (echo through > f &) && cat f; tee t1 t2 < big > /dev/null; cmp t1 t2 && echo cmp
env -i A=1 env; printenv HOME > /dev/null; id -u; test -w . && echo writable; nice -n 5 nice
install -m 755 big inst && stat -c %a inst; mktemp -u XXX | wc -c; yes | head -n 3; numfmt --to=iec 2048
ls /nowhere; echo $?; cat a; echo $?; rmdir d; echo $?; unlink t1; ls t1; chown 12345 t2 && stat -c %u t2; echo $?
