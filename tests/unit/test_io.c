/* SPDX-License-Identifier: Apache-2.0
 *
 * The I/O helper: answers as the host does, several at once, none held up by one that hangs; what is
 * killed need not wait; and it is done without when it dies. Calls that hang are opens of FIFOs.
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
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "core/co.h"
#include "core/host/io.h"
#include "core/loop.h"
#include "core/objcount.h"

#define FILE_BYTES 300000
#define READERS 40

static ssize_t helper_pread(int from, void *buf, size_t n, int64_t off)
{
	struct io_call c = {
		.nr = SYS_pread64, .args = { from, 0, (long)n, off }, .fds = 1, .out = buf, .out_arg = 1, .len = n,
		.killable = true,
	};

	return host_io_usable() ? host_io_run(&c) : host_io_direct(&c);
}

static int helper_openat(int at, const char *name, int flags)
{
	struct io_call c = {
		.nr = SYS_openat, .args = { at, 0, flags }, .fds = 1, .str = { [1] = name }, .gives_fd = true,
	};

	return (int)(host_io_usable() ? host_io_run(&c) : host_io_direct(&c));
}

static int helper_fsync(int of, bool data_only)
{
	struct io_call c = { .nr = data_only ? SYS_fdatasync : SYS_fsync, .args = { of }, .fds = 1 };

	return (int)(host_io_usable() ? host_io_run(&c) : host_io_direct(&c));
}

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

	assert_int_equal(helper_pread(fd, buf, 1000, 5), 1000);
	assert_memory_equal(buf, content + 5, 1000);
	assert_int_equal(helper_pread(fd, buf, HOST_IO_MAX, 0), HOST_IO_MAX);
	assert_memory_equal(buf, content, HOST_IO_MAX);
	assert_int_equal(helper_pread(fd, buf, 1000, FILE_BYTES - 10), 10);
	assert_int_equal(helper_pread(fd, buf, 1000, FILE_BYTES + 10), 0);
	assert_int_equal(helper_pread(-1, buf, 1000, 0), -EBADF);
	assert_int_equal(helper_openat(dir, "no such name", O_PATH), -ENOENT);
	int etc = helper_openat(dir, "etc", O_PATH | O_CLOEXEC);
	assert_true(etc >= 0);
	assert_int_equal(helper_openat(etc, "passwd", O_PATH | O_DIRECTORY), -ENOTDIR);
	close(etc);
	assert_int_equal(helper_fsync(fd, true), 0);
	assert_int_equal(helper_fsync(fd, false), 0);
	assert_int_equal(helper_fsync(-1, false), -EBADF);
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
		assert_int_equal(helper_pread(fd, buf, sizeof(buf), (int64_t)at), sizeof(buf));
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

/* It is our only child here. */
static void kill_helper(void)
{
	char path[64], pid[32] = "";

	snprintf(path, sizeof(path), "/proc/self/task/%d/children", (int)getpid());
	int c = open(path, O_RDONLY);
	assert_true(read(c, pid, sizeof(pid) - 1) > 0);
	close(c);
	assert_int_equal(kill(atoi(pid), SIGKILL), 0);
}

static void death_main(void *arg UNUSED)
{
	check_answers();
	kill_helper();
	/* From the moment that its end is seen, calls are made directly; before, they fail with EIO. */
	char b;
	while (helper_pread(fd, &b, 1, 0) == -EIO)
		co_yield();
	check_answers();
	loop_stop(0);
}

static void test_lives_without_the_helper(void **state UNUSED)
{
	with_helper(death_main);
}

/* ---- calls that hang ---- */

#define HANGING 3 /* fewer than the helper works on at once */

static char fifo[64];
static struct co *hanging[HANGING];
static long opened[HANGING];
static int ended;

static long open_fifo(void)
{
	struct io_call c = {
		.nr = SYS_openat, .args = { AT_FDCWD, 0, O_RDONLY | O_CLOEXEC }, .str = { [1] = fifo },
		.gives_fd = true, .killable = true,
	};

	return host_io_run(&c);
}

static void hangs(void *arg)
{
	opened[(uintptr_t)arg] = open_fifo();
	ended++;
}

static void start_hanging(void)
{
	snprintf(fifo, sizeof(fifo), "/tmp/test_io.fifo.%d", (int)getpid());
	assert_int_equal(mkfifo(fifo, 0600), 0);
	ended = 0;
	for (uintptr_t i = 0; i < HANGING; i++) {
		hanging[i] = co_new("hangs", hangs, (void *)i);
		assert_non_null(hanging[i]);
	}
	co_yield();
}

/* All who opened it for reading come to their end. */
static int let_go(void)
{
	int w = open(fifo, O_RDWR | O_NONBLOCK | O_CLOEXEC);

	assert_true(w >= 0);
	unlink(fifo);
	return w;
}

static int count_fds(void)
{
	int n = 0;

	for (int i = 0; i < 256; i++)
		n += fcntl(i, F_GETFD) >= 0;
	return n;
}

static void hang_main(void *arg UNUSED)
{
	start_hanging();
	for (int i = 0; i < 20; i++)
		check_answers();
	assert_int_equal(ended, 0);
	int w = let_go();
	while (ended < HANGING)
		check_answers();
	for (int i = 0; i < HANGING; i++) {
		assert_true(opened[i] >= 0);
		close((int)opened[i]);
	}
	close(w);
	loop_stop(0);
}

static void test_the_others_go_on(void **state UNUSED)
{
	with_helper(hang_main);
}

static void killed_main(void *arg UNUSED)
{
	check_answers(); /* the helper has all that it opens for itself */
	int before = count_fds();
	start_hanging();
	check_answers();
	for (int i = 0; i < HANGING; i++)
		co_interrupt(hanging[i], false);
	check_answers();
	assert_int_equal(ended, 0); /* a signal that isn't fatal */
	for (int i = 0; i < HANGING; i++)
		co_interrupt(hanging[i], true);
	while (ended < HANGING)
		co_yield();
	for (int i = 0; i < HANGING; i++)
		assert_int_equal(opened[i], -EINTR);
	check_answers();
	/* Later they are done after all, and what they give is thrown away. */
	int w = let_go(), quiet = 0;
	for (int i = 0; i < 20000 && quiet < 200; i++) {
		check_answers();
		quiet = count_fds() == before + 1 ? quiet + 1 : 0;
		usleep(100);
	}
	close(w);
	assert_int_equal(quiet, 200);
	assert_int_equal(count_fds(), before);
	loop_stop(0);
}

static void test_who_is_killed_goes(void **state UNUSED)
{
	with_helper(killed_main);
}

static void lost_main(void *arg UNUSED)
{
	check_answers(); /* the helper has all that it opens for itself */
	int before = count_fds();
	start_hanging();
	check_answers();
	kill_helper();
	while (ended < HANGING)
		co_yield();
	for (int i = 0; i < HANGING; i++)
		assert_int_equal(opened[i], -EIO);
	assert_false(host_io_usable());
	unlink(fifo);
	check_answers();
	assert_int_equal(count_fds(), before);
	loop_stop(0);
}

static void test_requests_of_a_dead_helper(void **state UNUSED)
{
	with_helper(lost_main);
}

/* The caller's descriptor may be closed while the helper works on its copy. */
static void closer(void *arg)
{
	close(*(int *)arg);
}

static void copies_main(void *arg UNUSED)
{
	char buf[1000];

	check_answers();
	int own = dup(fd);
	assert_non_null(co_new("closer", closer, &own));
	assert_int_equal(helper_pread(own, buf, sizeof(buf), 0), sizeof(buf));
	assert_memory_equal(buf, content, sizeof(buf));
	co_yield(); /* the helper may have been quicker than the closer, which is next */
	assert_int_equal(fcntl(own, F_GETFD), -1);
	/* A close that nobody waits for. */
	own = dup(fd);
	host_io_close(own);
	for (int i = 0; i < 5000 && fcntl(own, F_GETFD) >= 0; i++)
		usleep(100);
	assert_int_equal(fcntl(own, F_GETFD), -1);
	loop_stop(0);
}

static void test_descriptors(void **state UNUSED)
{
	with_helper(copies_main);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_answers_are_the_hosts),
		cmocka_unit_test(test_more_readers_than_places),
		cmocka_unit_test(test_lives_without_the_helper),
		cmocka_unit_test(test_the_others_go_on),
		cmocka_unit_test(test_who_is_killed_goes),
		cmocka_unit_test(test_requests_of_a_dead_helper),
		cmocka_unit_test(test_descriptors),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
