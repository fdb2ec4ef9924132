# SPDX-License-Identifier: Apache-2.0
# inotify on files that the host made: below the overlay, where the first change copies them, with --rw
# and in a volume. The same events as natively; watches stay with the files while few descriptors make
# the sentry close and find them again.
# time limit: 120 s
. "$(dirname "$0")/../lib/limits.sh"
[ "$(id -u)" = 0 ] || exit 77
guest=$(dirname "$0")/../guest
for t in events rename; do
	gcc -std=gnu11 -D_GNU_SOURCE -O1 -I "$guest" -o inotify_$t "$guest/inotify_$t.c" -lpthread || exit 1
done
prepare() { # DIR
	rm -rf "$1" && mkdir -p "$1/low/dir" && printf lower > "$1/low/file" && : > "$1/low/touched"
}
bin=$PWD
prepare native && (cd native && "$bin/inotify_rename") > native.txt
is "natively" $? 0
prepare over && (cd over && p do --log ../log -- "$bin/inotify_rename") > over.txt
is "overlay" "$(diff native.txt over.txt | head -n 5)" ""
is "the lower tree is as it was" "$(cat over/low/file)" lower
prepare rw && (cd rw && p do --log ../log --rw -- "$bin/inotify_rename") > rw.txt
is "--rw" "$(diff native.txt rw.txt | head -n 5)" ""
prepare vol && (ulimit -n 90; p do --log log -v "$PWD/vol:/mnt" -w /mnt -- "$bin/inotify_rename") > vol.txt
is "volume, few descriptors" "$(diff native.txt vol.txt | head -n 5)" ""
prepare native && (cd native && "$bin/inotify_events") > native.txt
is "natively" $? 0
prepare vol && (ulimit -n 90; p do --log log -v "$PWD/vol:/mnt" -w /mnt -- "$bin/inotify_events") > vol.txt
is "all events in a volume" "$(diff native.txt vol.txt | head -n 5)" ""
# What the host does isn't seen; what the sandbox does there is.
mkdir -p seen && : > seen/file
cat > seen.py <<'P'
import ctypes, os, select, sys
libc = ctypes.CDLL(None, use_errno=True)
fd = libc.inotify_init1(os.O_NONBLOCK)
libc.inotify_add_watch(fd, b"/mnt", 0xfff & ~0x21)
open("/mnt/ready", "w").close()
print("ready", flush=True)
sys.stdin.readline()
os.unlink("/mnt/ready")
while select.select([fd], [], [], 0)[0]:
    data = os.read(fd, 65536)
    while data:
        n = int.from_bytes(data[12:16], "little")
        print("%x" % int.from_bytes(data[4:8], "little"), data[16:16 + n].rstrip(b"\0").decode())
        data = data[16 + n:]
P
mkfifo go
p do --log log -v "$PWD/seen:/mnt" -- python3 "$PWD/seen.py" < go > seen.txt &
exec 3> go
for i in $(seq 100); do [ -s seen.txt ] && break; sleep 0.1; done
echo new > seen/by-the-host && rm seen/file
echo >&3
exec 3>&-
wait $!
is "the host's own changes aren't seen" "$(tr '\n' ' ' < seen.txt)" "ready 100 ready 8 ready 200 ready "
is "no leaks" "$(grep -cE 'leak:|bug:' log)" 0
finish
