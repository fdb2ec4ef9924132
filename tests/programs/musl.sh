# SPDX-License-Identifier: Apache-2.0
# musl: static and dynamic programs with threads.
set -u
cat > m.c <<'C'
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>
static pthread_mutex_t m = PTHREAD_MUTEX_INITIALIZER;
static int n;
static void *work(void *a) { for (int i = 0; i < 1000; i++) { pthread_mutex_lock(&m); n++; pthread_mutex_unlock(&m); } return a; }
int main(void)
{
	pthread_t t[8];
	for (int i = 0; i < 8; i++) pthread_create(&t[i], NULL, work, NULL);
	for (int i = 0; i < 8; i++) pthread_join(t[i], NULL);
	printf("%d\n", n);
	fflush(stdout);
	if (!fork()) { execl("/bin/echo", "echo", "exec", (char *)0); _exit(1); }
	int st; wait(&st);
	char *p = malloc(1 << 20); FILE *f = popen("cat", "w"); fprintf(f, "popen %d\n", st); pclose(f); free(p);
	return 5;
}
C
musl-gcc -O2 -static -o s m.c && ./s; echo $?
musl-gcc -O2 -o d m.c && ./d; echo $?
