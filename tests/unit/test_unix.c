/* SPDX-License-Identifier: Apache-2.0
 *
 * AF_UNIX sockets and splicing below the system calls: names, back-pressure, message boundaries,
 * descriptors in flight and their collection. After each test no socket, buffer or file is left.
 */
#include "tests/unit/fs_fixture.h"

#include <sys/un.h>

#include "core/ipc/pipe.h"
#include "core/ipc/splice.h"
#include "core/ipc/unix/unix.h"

static struct sock_caller caller(void)
{
	return (struct sock_caller){ .pid = 7, .cred = root_cred, .fs = fs, .nofile = 1024 };
}

static struct file *make(int type, unsigned flags)
{
	struct sock_caller who = caller();
	struct file *f = NULL;

	assert_int_equal(unix_family.create(type, 0, flags, &who, &f), 0);
	return f;
}

static void pair(int type, struct file *f[2])
{
	struct sock_caller who = caller();

	assert_int_equal(unix_family.pair(type, 0, O_NONBLOCK, &who, f), 0);
}

static ssize_t send_files(struct file *f, const char *text, size_t n, struct file **files,
                          unsigned nfiles)
{
	struct sock_caller who = caller();
	struct sock_msg m = { .flags = MSG_DONTWAIT };

	uio_kernel(&m.u, (char *)(uintptr_t)text, n);
	if (nfiles)
		m.files = sock_files_new(nfiles);
	for (unsigned i = 0; i < nfiles; i++)
		m.files->file[m.files->n++] = file_ref(files[i]);
	ssize_t ret = socket_of(f)->sendmsg(f, &m, &who);
	sock_files_free(m.files);
	return ret;
}

static ssize_t put(struct file *f, const char *text)
{
	return send_files(f, text, strlen(text), NULL, 0);
}

/* Receives; the number of files goes to *nfiles and they are dropped. */
static ssize_t get(struct file *f, char *buf, size_t n, int flags, unsigned *nfiles)
{
	struct sock_msg m = { .flags = flags | MSG_DONTWAIT };

	uio_kernel(&m.u, buf, n);
	ssize_t ret = socket_of(f)->recvmsg(f, &m);
	if (nfiles)
		*nfiles = m.files ? m.files->n : 0;
	sock_files_free(m.files);
	return ret;
}

static struct sock_addr named(const char *name, bool abstract)
{
	struct sock_addr a = { .len = (unsigned)(UNIX_NAME_OFF + strlen(name) + 1) };

	a.family = AF_UNIX;
	strcpy(a.raw + UNIX_NAME_OFF + abstract, name);
	return a;
}

static int bind_to(struct file *f, const struct sock_addr *a)
{
	struct sock_caller who = caller();

	return socket_of(f)->bind(f, a, &who);
}

static int connect_to(struct file *f, const struct sock_addr *a)
{
	struct sock_caller who = caller();

	return socket_of(f)->connect(f, a, &who);
}

static int listen_on(struct file *f, int backlog)
{
	struct sock_caller who = caller();

	return socket_of(f)->listen(f, backlog, &who);
}

/* ---- names ---- */

TEST(path_names)
{
	struct file *a = make(SOCK_STREAM, 0), *b = make(SOCK_STREAM, 0), *d = make(SOCK_DGRAM, 0);
	struct sock_addr n = named("sock", false), got = { 0 };

	assert_int_equal(connect_to(b, &n), -ENOENT);
	assert_int_equal(bind_to(a, &n), 0);
	assert_int_equal(bind_to(b, &n), -EADDRINUSE);
	assert_int_equal(connect_to(b, &n), -ECONNREFUSED);
	assert_int_equal(connect_to(d, &n), -EPROTOTYPE);
	assert_int_equal(unix_getname(a, false, &got), 0);
	assert_int_equal(got.len, UNIX_NAME_OFF + 5);
	assert_int_equal(try_open(root_cred, "sock", O_RDWR), -ENXIO);
	/* The name outlives the socket, which nobody finds through it any more. */
	file_unref(a);
	assert_int_equal(connect_to(b, &n), -ECONNREFUSED);
	file_unref(b);
	file_unref(d);
}

TEST(abstract_names)
{
	struct file *a = make(SOCK_STREAM, 0), *b = make(SOCK_STREAM, 0), *d = make(SOCK_DGRAM, 0);
	struct sock_addr n = named("name", true), autobind = { .len = 2 }, got = { 0 };

	assert_int_equal(bind_to(a, &n), 0);
	assert_int_equal(bind_to(a, &n), -EINVAL);
	assert_int_equal(bind_to(b, &n), -EADDRINUSE);
	assert_int_equal(bind_to(d, &n), 0); /* types have names of their own */
	file_unref(a);
	assert_int_equal(bind_to(b, &n), 0);
	file_unref(d);
	d = make(SOCK_DGRAM, 0);
	autobind.family = AF_UNIX;
	assert_int_equal(bind_to(d, &autobind), 0);
	assert_int_equal(unix_getname(d, false, &got), 0);
	assert_int_equal(got.len, UNIX_NAME_OFF + 6);
	file_unref(b);
	file_unref(d);
}

TEST(bad_addresses)
{
	struct file *a = make(SOCK_STREAM, 0);
	struct sock_addr n = named("x", false);

	n.len = 111;
	assert_int_equal(bind_to(a, &n), -EINVAL);
	n.len = 0;
	assert_int_equal(bind_to(a, &n), -EINVAL);
	n = named("x", false);
	n.family = AF_INET;
	assert_int_equal(bind_to(a, &n), -EINVAL);
	assert_int_equal(connect_to(a, &n), -EINVAL);
	file_unref(a);
}

/* ---- data ---- */

TEST(send_buffer_is_bounded)
{
	struct file *f[2];
	unsigned n = 0;
	char c;

	pair(SOCK_STREAM, f);
	while (put(f[0], "x") == 1)
		n++;
	assert_int_equal(n, 278); /* what Linux takes of single bytes with the default buffer */
	assert_false(file_poll(f[0], NULL) & POLLOUT);
	/* Writable again when three quarters are free. */
	for (unsigned i = 0; i < n * 3 / 4 - 1; i++)
		assert_int_equal(get(f[1], &c, 1, 0, NULL), 1);
	assert_false(file_poll(f[0], NULL) & POLLOUT);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(get(f[1], &c, 1, 0, NULL), 1);
	assert_true(file_poll(f[0], NULL) & POLLOUT);
	file_unref(f[0]);
	file_unref(f[1]);
}

TEST(dgram_queue_is_bounded)
{
	struct file *a = make(SOCK_DGRAM, O_NONBLOCK), *b = make(SOCK_DGRAM, O_NONBLOCK);
	struct sock_addr n = named("q", true);
	char buf[4];
	int sent = 0;

	assert_int_equal(bind_to(a, &n), 0);
	assert_int_equal(connect_to(b, &n), 0);
	while (put(b, "abc") == 3)
		sent++;
	assert_int_equal(sent, UNIX_DGRAM_QLEN + 1);
	assert_false(file_poll(b, NULL) & POLLOUT);
	assert_int_equal(get(a, buf, 2, MSG_TRUNC, NULL), 3);
	assert_true(file_poll(b, NULL) & POLLOUT);
	file_unref(a);
	assert_int_equal(put(b, "x"), -ECONNREFUSED);
	assert_int_equal(put(b, "x"), -ENOTCONN);
	file_unref(b);
}

TEST(unread_data_resets)
{
	struct file *f[2];
	char buf[8];

	pair(SOCK_STREAM, f);
	put(f[0], "in");
	put(f[1], "out");
	file_unref(f[1]);
	assert_true(file_poll(f[0], NULL) & POLLERR);
	assert_int_equal(get(f[0], buf, 8, 0, NULL), 3);
	assert_int_equal(get(f[0], buf, 8, 0, NULL), -ECONNRESET);
	assert_int_equal(get(f[0], buf, 8, 0, NULL), 0);
	assert_int_equal(put(f[0], "x"), -EPIPE);
	file_unref(f[0]);
}

TEST(rights_bound_a_read)
{
	struct file *f[2], *extra;
	unsigned n;
	char buf[16];

	pair(SOCK_STREAM, f);
	extra = make(SOCK_STREAM, 0);
	put(f[0], "ab");
	send_files(f[0], "cd", 2, &extra, 1);
	put(f[0], "ef");
	assert_int_equal(get(f[1], buf, 3, MSG_PEEK, &n), 3);
	assert_int_equal(n, 1);
	assert_int_equal(get(f[1], buf, 16, 0, &n), 4);
	assert_memory_equal(buf, "abcd", 4);
	assert_int_equal(n, 1);
	assert_int_equal(get(f[1], buf, 16, 0, &n), 2);
	assert_int_equal(n, 0);
	file_unref(extra);
	file_unref(f[0]);
	file_unref(f[1]);
}

TEST(control_is_cut)
{
	char control[CMSG_SPACE(8)];
	struct sock_msg m = { .control = control, .control_cap = CMSG_LEN(4) };
	struct cmsghdr h;

	sock_put_cmsg(&m, SOL_SOCKET, 5, "12345678", 8);
	assert_int_equal(m.out_flags, MSG_CTRUNC);
	memcpy(&h, control, sizeof(h));
	assert_int_equal(h.cmsg_len, CMSG_LEN(4));
	assert_int_equal(m.control_len, m.control_cap);
	sock_put_cmsg(&m, SOL_SOCKET, 5, "1", 1);
	assert_int_equal(m.control_len, m.control_cap);
}

/* ---- connections ---- */

TEST(backlog)
{
	struct file *l = make(SOCK_STREAM, O_NONBLOCK), *c[4], *a;
	struct sock_addr n = named("listen", true);
	struct sock_caller who = caller();
	char buf[4];

	assert_int_equal(listen_on(l, 1), -EINVAL);
	assert_int_equal(bind_to(l, &n), 0);
	assert_int_equal(listen_on(l, 1), 0);
	for (int i = 0; i < 4; i++) {
		c[i] = make(SOCK_STREAM, O_NONBLOCK);
		assert_int_equal(connect_to(c[i], &n), i < 2 ? 0 : -EAGAIN);
	}
	put(c[0], "hi");
	assert_int_equal(socket_of(l)->accept(l, 0, &who, &a), 0);
	assert_int_equal(get(a, buf, 4, 0, NULL), 2);
	assert_int_equal(connect_to(c[0], &n), -EISCONN);
	assert_int_equal(connect_to(c[2], &n), 0);
	/* Those that were never accepted are reset. */
	file_unref(l);
	assert_int_equal(get(c[1], buf, 4, 0, NULL), -ECONNRESET);
	assert_int_equal(connect_to(c[3], &n), -ECONNREFUSED);
	for (int i = 0; i < 4; i++)
		file_unref(c[i]);
	file_unref(a);
}

/* ---- descriptors in flight ---- */

TEST(cycles_are_collected)
{
	for (int type = SOCK_STREAM; type <= SOCK_DGRAM; type++) {
		struct file *a[2], *b[2];
		pair(type, a);
		pair(type, b);
		send_files(a[0], "x", 1, b, 2);
		send_files(b[0], "x", 1, a, 2);
		send_files(a[1], "x", 1, &a[1], 1);
		file_unref(a[0]);
		file_unref(a[1]);
		file_unref(b[0]);
		file_unref(b[1]);
	}
	unix_gc();
}

TEST(reachable_is_kept)
{
	struct file *a[2], *b[2], *c[2];
	unsigned n;
	char buf[4];

	pair(SOCK_STREAM, a);
	pair(SOCK_STREAM, b);
	pair(SOCK_STREAM, c);
	/* c[1] is in b[1], which is in a[1], which is open; c[1] is in itself besides. */
	send_files(c[0], "c", 1, &c[1], 1);
	send_files(b[0], "b", 1, &c[1], 1);
	send_files(a[0], "a", 1, &b[1], 1);
	file_unref(c[1]);
	file_unref(b[1]);
	unix_gc();
	struct sock_msg m = { .flags = MSG_DONTWAIT };
	uio_kernel(&m.u, buf, 4);
	assert_int_equal(socket_of(a[1])->recvmsg(a[1], &m), 1);
	assert_int_equal(m.files->n, 1);
	assert_int_equal(get(m.files->file[0], buf, 4, 0, &n), 1);
	assert_int_equal(n, 1);
	sock_files_free(m.files);
	for (int i = 0; i < 2; i++)
		file_unref(a[i]);
	file_unref(b[0]);
	file_unref(c[0]);
	unix_gc();
}

TEST(long_chain)
{
	struct file *prev = NULL, *f[2];

	for (int i = 0; i < 20000; i++) {
		pair(SOCK_DGRAM, f);
		if (prev) {
			assert_int_equal(send_files(f[0], "x", 1, &prev, 1), 1);
			file_unref(prev);
		}
		file_unref(f[0]);
		prev = f[1];
	}
	file_unref(prev);
}

TEST(listener_in_its_own_queue)
{
	struct file *l = make(SOCK_STREAM, 0), *c = make(SOCK_STREAM, 0);
	struct sock_addr n = named("own", true);

	assert_int_equal(bind_to(l, &n), 0);
	assert_int_equal(listen_on(l, 4), 0);
	assert_int_equal(connect_to(c, &n), 0);
	assert_int_equal(send_files(c, "x", 1, &l, 1), 1);
	file_unref(l);
	file_unref(c);
	unix_gc();
	l = make(SOCK_STREAM, 0);
	assert_int_equal(bind_to(l, &n), 0); /* the old one gave its name back */
	file_unref(l);
}

TEST(in_flight_is_bounded)
{
	struct sock_caller who = caller();
	struct file *f[2];

	pair(SOCK_STREAM, f);
	struct sock_files *s = sock_files_new(SCM_MAX_FD);
	for (int i = 0; i < SCM_MAX_FD; i++)
		s->file[s->n++] = file_ref(f[0]);
	who.cred = user_cred;
	who.nofile = SCM_MAX_FD;
	assert_int_equal(unix_inflight_check(s, &who), 0);
	who.nofile--;
	assert_int_equal(unix_inflight_check(s, &who), -ETOOMANYREFS);
	sock_files_free(s);
	file_unref(f[0]);
	file_unref(f[1]);
}

/* ---- splice ---- */

TEST(splice_loses_nothing)
{
	struct file *rd, *wr, *s[2];
	static char big[65536], back[65536];
	struct uio u;
	size_t got = 0;

	for (unsigned i = 0; i < sizeof(big); i++)
		big[i] = (char)(i * 7 + i / 253);
	assert_int_equal(pipe_new(O_NONBLOCK, &rd, &wr), 0);
	pair(SOCK_STREAM, s);
	usock_of(s[0])->opts.sndbuf = 4608; /* takes little at a time */
	uio_kernel(&u, big, sizeof(big));
	assert_int_equal(vfs_write(wr, &u, NULL, UINT64_MAX), sizeof(big));
	while (got < sizeof(big)) {
		ssize_t n = splice_files(rd, NULL, s[0], NULL, sizeof(big), 0, UINT64_MAX);
		assert_true(n > 0 || n == -EAGAIN);
		ssize_t k = get(s[1], back + got, sizeof(back) - got, 0, NULL);
		assert_true(k > 0);
		got += (size_t)k;
	}
	assert_memory_equal(big, back, sizeof(big));
	assert_int_equal(pipe_of(rd)->used, 0);
	file_unref(rd);
	file_unref(wr);
	file_unref(s[0]);
	file_unref(s[1]);
}

TEST(splice_of_packets)
{
	struct file *rd, *wr, *rd2, *wr2;
	struct uio u;
	char buf[64];

	assert_int_equal(pipe_new(O_NONBLOCK | O_DIRECT, &rd, &wr), 0);
	assert_int_equal(pipe_new(O_NONBLOCK, &rd2, &wr2), 0);
	for (int i = 0; i < 3; i++) {
		uio_kernel(&u, "packet", 6);
		assert_int_equal(vfs_write(wr, &u, NULL, UINT64_MAX), 6);
	}
	assert_int_equal(splice_files(rd, NULL, wr2, NULL, 8, 0, UINT64_MAX), 8);
	uio_kernel(&u, buf, sizeof(buf));
	assert_int_equal(vfs_read(rd, &u, NULL), 4);
	uio_kernel(&u, buf, sizeof(buf));
	assert_int_equal(vfs_read(rd, &u, NULL), 6);
	uio_kernel(&u, buf, sizeof(buf));
	assert_int_equal(vfs_read(rd, &u, NULL), -EAGAIN);
	file_unref(rd);
	file_unref(wr);
	file_unref(rd2);
	file_unref(wr2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(path_names),
		cmocka_unit_test(abstract_names),
		cmocka_unit_test(bad_addresses),
		cmocka_unit_test(send_buffer_is_bounded),
		cmocka_unit_test(dgram_queue_is_bounded),
		cmocka_unit_test(unread_data_resets),
		cmocka_unit_test(rights_bound_a_read),
		cmocka_unit_test(control_is_cut),
		cmocka_unit_test(backlog),
		cmocka_unit_test(cycles_are_collected),
		cmocka_unit_test(reachable_is_kept),
		cmocka_unit_test(long_chain),
		cmocka_unit_test(listener_in_its_own_queue),
		cmocka_unit_test(in_flight_is_bounded),
		cmocka_unit_test(splice_loses_nothing),
		cmocka_unit_test(splice_of_packets),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
