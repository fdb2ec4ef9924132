# SPDX-License-Identifier: Apache-2.0
# AddressSanitizer and ThreadSanitizer programs: clean runs and reports.
set -u
# time limit: 120 s
cat > a.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
static int shared;
static void *work(void *a) { (void)a; for (int i = 0; i < 100; i++) __atomic_add_fetch(&shared, 1, __ATOMIC_SEQ_CST); return NULL; }
static void *race(void *a) { (void)a; shared++; return NULL; }
int main(int argc, char **argv)
{
	pthread_t t[4];
	for (int i = 0; i < 4; i++) pthread_create(&t[i], NULL, argc > 1 && argv[1][0] == 'r' ? race : work, NULL);
	for (int i = 0; i < 4; i++) pthread_join(t[i], NULL);
	char *p = malloc(10); memset(p, 1, 10);
	if (argc > 1 && argv[1][0] == 'o') printf("%d\n", p[argc + 9]);
	free(p);
	printf("clean %d\n", argc > 1 ? 0 : shared);
	return 0;
}
C
gcc -g -O1 -fsanitize=address -o asan a.c && ASAN_OPTIONS=detect_leaks=0 ./asan; echo $?
ASAN_OPTIONS=detect_leaks=0 ./asan o 2>&1 | grep -oE 'ERROR: AddressSanitizer: [a-z-]+'
gcc -g -O1 -fsanitize=thread -o tsan a.c && ./tsan; echo $?
./tsan r 2>&1 | grep -m 1 -oE 'WARNING: ThreadSanitizer: [a-z ]+'
gcc -g -O1 -fsanitize=undefined -o ub a.c && ./ub; echo $?
