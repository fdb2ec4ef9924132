# SPDX-License-Identifier: Apache-2.0
# ipcmk, ipcs and ipcrm of util-linux. Ids, keys and times are anybody's, so they are left out; only
# what this script made is looked at or removed.
command -v ipcmk > /dev/null && command -v ipcs > /dev/null || exit 77
id() { grep -o '[0-9]*$'; }
hide() { sed -E 's/0x[0-9a-f]{8}/KEY/; s/\b(shmid|semid|msqid)=[0-9]+/\1=ID/; s/\b[cl]pid=[0-9]+/PID/g; /time/d'; }
m=$(ipcmk -M 10000 | id)
s=$(ipcmk -S 5 -p 0604 | id)
q=$(ipcmk -Q -p 0640 | id)
trap 'ipcrm -m "$m" -s "$s" -q "$q" 2> /dev/null' EXIT
echo "$?: made"
ipcs -m -i "$m" | hide
ipcs -s -i "$s" | hide
ipcs -q -i "$q" | hide
one() { # KIND ID: its lines of the lists
	ipcs "-$1" | sed -nE "s/^0x[0-9a-f]{8} $2 +/KEY ID /p"
	ipcs -c "-$1" | sed -nE "s/^$2 +/ID /p"
}
one m "$m"
one s "$s"
one q "$q"
ipcs -l
ipcs -m | sed -n 1,3p
ipcs -p -m | sed -n 1,3p
ipcs -t -s | sed -n 1,3p
awk -v id="$m" '$2 == id { print $3, $4, $7, $8, $9, $10, $11, $12, $13, $15, $16 }' /proc/sysvipc/shm
awk -v id="$s" '$2 == id { print $3, $4, $5, $6, $7, $8, $9 }' /proc/sysvipc/sem
awk -v id="$q" '$2 == id { print $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13 }' /proc/sysvipc/msg
head -qn 1 /proc/sysvipc/*
ipcrm -m "$m" -s "$s" -q "$q"
echo "$?: removed"
for i in "-m $m" "-s $s" "-q $q"; do
	ipcrm $i > /dev/null 2>&1 # shellcheck disable=SC2086
	echo "$?: not there"
done
cat /proc/sys/kernel/{shmmax,shmall,shmmni,sem,msgmax,msgmnb,msgmni,shm_rmid_forced}
cat /proc/sys/fs/mqueue/{queues_max,msg_max,msgsize_max,msg_default,msgsize_default}
