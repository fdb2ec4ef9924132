# SPDX-License-Identifier: Apache-2.0
# The limits of IPC in /proc/sys hold, can be changed by root alone, and what a command leaves behind
# goes with its sandbox.
. "$(dirname "$0")/../lib/limits.sh"
[ "$(id -u)" = 0 ] || exit 77
command -v ipcmk > /dev/null || exit 77
cat > script <<'END'
k=/proc/sys/kernel q=/proc/sys/fs/mqueue
try() { "$@" > /dev/null 2>&1 && echo -n "yes " || echo -n "no "; }
set_to() { { echo "$2" > "$1"; } 2> /dev/null && echo -n "yes " || echo -n "no "; }
echo 2 > $k/shmmni; try ipcmk -M 1; try ipcmk -M 1; try ipcmk -M 1; echo 4096 > $k/shmmni; echo shmmni
echo 5000 > $k/shmmax; try ipcmk -M 5001; try ipcmk -M 5000; echo shmmax
echo 5 > $k/shmall; try ipcmk -M 4097; try ipcmk -M 4096; try ipcmk -M 1; echo shmall
echo "3 7 500 2" > $k/sem; cat $k/sem | tr '\t' ' ' | tr '\n' ' '
try ipcmk -S 4; try ipcmk -S 3; try ipcmk -S 3; try ipcmk -S 1; echo sem
echo 8 > $k/sem; cut -f 1-2 $k/sem | tr '\t\n' '  '; echo the first of sem
echo 1 > $k/msgmni; try ipcmk -Q; try ipcmk -Q; echo msgmni
set_to $k/shmmni 32769; set_to $k/shmmni -1; set_to $k/shmmni x; set_to $k/shm_rmid_forced 2; set_to $k/msgmax ""
set_to $k/sem "1 1 1 32769"; set_to $q/msg_max 0; set_to $q/msgsize_max 127; set_to $q/msgsize_max 16777217; set_to $q/queues_max 0; echo values
ipcs -m | grep -c '^0x'; echo 1 > $k/shm_rmid_forced; ipcs -m | grep -c '^0x'
ipcmk -M 10 > /dev/null; ipcs -m | grep -c '^0x'; echo forced
ls -l $k/shmmax $q/msg_max | cut -d ' ' -f 1,3,4
setpriv --reuid 65534 --clear-groups sh -c "echo 1 > $k/shmmni" 2> /dev/null || echo not for others
END
p do --log log -- bash script > out 2>&1
is "limits" "$(tr '\n' ';' < out)" "yes yes no shmmni;no yes shmmax;no yes no shmall;3 7 500 2 no yes yes no sem;8 7 the first of sem;yes no msgmni;no no no no no no no no no yes values;4;0;0;forced;-rw-r--r-- root root;-rw-r--r-- root root;not for others;"
p do --log log -- bash -c 'ipcmk -M 10000; ipcmk -S 3; ipcmk -Q; mkdir /tmp/q && mount -t mqueue q /tmp/q && > /tmp/q/left && ls /tmp/q' > out 2>&1
is "left behind" "$(grep -c . out) $?" "4 0"
is "a new sandbox is empty" "$(p do --log log -- ipcs | grep -c '^0x')" 0
is "no complaints" "$(grep -aE 'picket: (leak|bug)|Sanitizer|runtime error' log)" ""
finish
