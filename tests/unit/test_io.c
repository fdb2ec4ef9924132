/* SPDX-License-Identifier: Apache-2.0
 *
 * The I/O helper: answers as the host does, several at once, and is done without when it dies.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/co.h"
#include "core/host/io.h"
#include "core/loop.h"
#include "core/objcount.h"

#define FILE_BYTES 300000
#define READERS 40

static char content[FILE_BYTES];
static int fd, dir;
static int finished;

static void leak_check(const struct objcount *c, void *arg UNUSED)
{
	assert_int_equal(c->live, 0);
}

static void with_helper(void (*fn)(void *))
{
	char name[] = "/tmp/test_io.XXXXXX";

	for (int i = 0; i < FILE_BYTES; i++)
		content[i] = (char)(i * 7 + i / 251);
	fd = mkstemp(name);
	assert_true(fd >= 0 && write(fd, content, FILE_BYTES) == FILE_BYTES);
	unlink(name);
	dir = open("/", O_PATH | O_DIRECTORY);
	assert_int_equal(loop_init(), 0);
	assert_int_equal(host_io_init(), 0);
	assert_non_null(co_new("test", fn, NULL));
	loop_run();
	host_io_done();
	loop_done();
	close(fd);
	close(dir);
	objcount_each(leak_check, NULL);
}

static void check_answers(void)
{
	char *buf = malloc(HOST_IO_MAX * 2);

	assert_int_equal(host_io_pread(fd, buf, 1000, 5), 1000);
	assert_memory_equal(buf, content + 5, 1000);
	ssize_t got = host_io_pread(fd, buf, HOST_IO_MAX * 2, 0);
	assert_true(got >= (ssize_t)HOST_IO_MAX);
	assert_memory_equal(buf, content, (size_t)got);
	assert_int_equal(host_io_pread(fd, buf, 1000, FILE_BYTES - 10), 10);
	assert_int_equal(host_io_pread(fd, buf, 1000, FILE_BYTES + 10), 0);
	assert_int_equal(host_io_pread(-1, buf, 1000, 0), -EBADF);
	assert_int_equal(host_io_openat(dir, "no such name", O_PATH), -ENOENT);
	int etc = host_io_openat(dir, "etc", O_PATH | O_CLOEXEC);
	assert_true(etc >= 0);
	assert_int_equal(host_io_openat(etc, "passwd", O_PATH | O_DIRECTORY), -ENOTDIR);
	close(etc);
	assert_int_equal(host_io_fsync(fd, true), 0);
	assert_int_equal(host_io_fsync(fd, false), 0);
	assert_int_equal(host_io_fsync(-1, false), -EBADF);
	free(buf);
}

static void answers_main(void *arg UNUSED)
{
	check_answers();
	loop_stop(0);
}

static void test_answers_are_the_hosts(void **state UNUSED)
{
	with_helper(answers_main);
}

static void reader(void *arg)
{
	size_t at = (size_t)(uintptr_t)arg * 5000;
	char buf[4096];

	for (int i = 0; i < 20; i++) {
		assert_int_equal(host_io_pread(fd, buf, sizeof(buf), (int64_t)at), sizeof(buf));
		assert_memory_equal(buf, content + at, sizeof(buf));
	}
	if (++finished == READERS)
		loop_stop(0);
}

static void many_main(void *arg UNUSED)
{
	finished = 0;
	for (uintptr_t i = 0; i < READERS; i++)
		assert_non_null(co_new("reader", reader, (void *)i));
}

static void test_more_readers_than_places(void **state UNUSED)
{
	with_helper(many_main);
}

/* The helper is our only child here. */
static void death_main(void *arg UNUSED)
{
	char path[64], pid[32] = "";

	check_answers();
	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	int c = open(path, O_RDONLY);
	assert_true(read(c, pid, sizeof(pid) - 1) > 0);
	close(c);
	assert_int_equal(kill(atoi(pid), SIGKILL), 0);
	/* From the moment that its end is seen, calls are made directly; before, they fail with EIO. */
	char b;
	while (host_io_pread(fd, &b, 1, 0) == -EIO)
		co_yield();
	check_answers();
	loop_stop(0);
}

static void test_lives_without_the_helper(void **state UNUSED)
{
	with_helper(death_main);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_are_the_hosts),
		cmocka_unit_test(test_more_readers_than_places),
		cmocka_unit_test(test_lives_without_the_helper),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
