# SPDX-License-Identifier: Apache-2.0
# tar, gzip, xz, and their pipes.
set -u
mkdir -p src/deep; seq 1 20000 > src/numbers; head -c 300000 /dev/zero | tr '\0' 'x' > src/deep/x; ln -s numbers src/l
tar cf a.tar src && tar tf a.tar | sort; tar czf a.tgz src && tar cJf a.txz src
mkdir o1 o2; tar xf a.tgz -C o1 && tar xf a.txz -C o2 && diff -r src o1/src && diff -r o1 o2 && echo equal
gzip -k src/numbers && gunzip -c src/numbers.gz | cmp - src/numbers && echo gzip
xz -k -T2 src/numbers && xz -dc src/numbers.xz | md5sum; xz -t src/numbers.xz && echo ok
tar cf - src | gzip -9 | gunzip | tar xf - -C o1 && ls o1/src | sort; echo broken > b.gz; gunzip b.gz; echo $?
