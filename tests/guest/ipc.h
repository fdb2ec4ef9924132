/* SPDX-License-Identifier: Apache-2.0
 *
 * For tests of IPC, which natively run in the host's namespace: what a test makes is registered, and
 * removed by a process of its own, however the test ends. Nothing else is ever removed.
 */
#ifndef TESTS_GUEST_IPC_H
#define TESTS_GUEST_IPC_H

#include "guest.h"

#include <grp.h>
#include <sys/ipc.h>
#include <sys/random.h>

#define MADE_MAX 256

struct made {
	int id[MADE_MAX];
	volatile int n;
};
UNUSED static struct made *made;

/* Registers a new object, when there is one. */
UNUSED static int keep(int id)
{
	if (id >= 0) {
		need(made->n < MADE_MAX);
		made->id[made->n++] = id;
	}
	return id;
}

/* A key that nobody has. */
UNUSED static key_t new_key(void)
{
	unsigned k;

	need(getrandom(&k, sizeof(k), 0) == sizeof(k));
	return (key_t)(k & 0x7fffffff) | 0x40000000;
}

/* Runs the test in a child, then cleans up; remove is called for each registered id. */
UNUSED static int guarded(int (*test)(void), void (*remove)(int id))
{
	int st;
	pid_t p;

	made = mmap(NULL, sizeof(*made), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	need(made != MAP_FAILED);
	p = fork();
	need(p >= 0);
	if (!p)
		_exit(test());
	while (waitpid(p, &st, 0) == -1 && errno == EINTR)
		;
	for (int i = 0; i < made->n; i++)
		remove(made->id[i]);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 1;
}

/* In a child: what must hold, or it exits with 1. */
#define want(cond)                                                                                 \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			printf("# line %d: %s (errno %d)\n", __LINE__, #cond, errno);              \
			fflush(stdout);                                                            \
			_exit(1);                                                                  \
		}                                                                                  \
	} while (0)
#define fails(call, err) ({ errno = 0; (long)(call) == -1 && errno == (err); })

/* The statements in a child without privileges or groups. */
#define as_nobody(...)                                                                             \
	exited(in_child(want(setgroups(0, NULL) == 0 && setresgid(65534, 65534, 65534) == 0 &&     \
			     setresuid(65534, 65534, 65534) == 0);                                 \
			__VA_ARGS__),                                                              \
	       0)

/* The line of a /proc/sysvipc file about the object with this id, without its columns up to there. */
UNUSED static bool sysvipc_line(const char *file, int id, char *buf, size_t size)
{
	FILE *f = fopen(file, "r");
	char line[512];
	bool found = false;
	int key, is;

	need(f);
	while (!found && fgets(line, sizeof(line), f))
		found = sscanf(line, "%d %d", &key, &is) == 2 && is == id;
	fclose(f);
	if (found)
		snprintf(buf, size, "%s", line + 21);
	return found;
}

#endif
