# SPDX-License-Identifier: Apache-2.0
# gcc: compiling, linking and running; static, static-pie, shared libraries.
set -u
cat > m.c <<'C'
#include <math.h>
#include <stdio.h>
int lib(int);
int main(int argc, char **argv) { printf("%d %.3f %s\n", lib(20), sqrt(2.0 * argc), argv[0]); return 7; }
C
echo 'int lib(int x) { return x < 2 ? x : lib(x - 1) + lib(x - 2); }' > lib.c
gcc -O2 -Wall -o dyn m.c lib.c -lm && ./dyn; echo $?
gcc -static -o stat m.c lib.c -lm && ./stat; echo $?
gcc -static-pie -fPIE -o spie m.c lib.c -lm && ./spie; echo $?
gcc -fPIC -shared -o liblib.so lib.c && gcc -o shared m.c -L. -llib -lm -Wl,-rpath,. && ./shared; echo $?
gcc -no-pie -o nopie m.c lib.c -lm && ./nopie; echo $?
gcc -g -pipe -flto -o lto m.c lib.c -lm && ./lto; echo $?
echo 'int main(void) { return undefined(); }' > bad.c; gcc bad.c 2>&1 | grep -c undefined
LD_LIBRARY_PATH=/nowhere ./shared; ldd shared | grep -c liblib; size dyn | wc -l; strip dyn && ./dyn; nm liblib.so | grep ' T '
