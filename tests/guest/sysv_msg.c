/* SPDX-License-Identifier: Apache-2.0
 *
 * System V message queues: msgget, msgsnd, msgrcv, msgctl; types, limits, waiting.
 *
 * time limit: 60 s
 */
#include "ipc.h"

#include <limits.h>
#include <sys/msg.h>

#ifndef MSG_COPY
#define MSG_COPY 040000
#endif
#ifndef MSG_EXCEPT
#define MSG_EXCEPT 020000
#endif
#ifndef MSG_STAT_ANY
#define MSG_STAT_ANY 13
#endif

struct buf {
	long type;
	char text[8192 + 8];
};
static struct buf buf;

static void remove_msg(int id)
{
	msgctl(id, IPC_RMID, NULL);
}

static int queue(int mode)
{
	int id = keep(msgget(IPC_PRIVATE, IPC_CREAT | mode));

	need(id >= 0);
	return id;
}

static int put(int id, long type, const char *text, int flags)
{
	struct buf b = { .type = type };

	strcpy(b.text, text);
	return msgsnd(id, &b, strlen(text), flags);
}

/* Receives that text and type. */
static bool is(int id, long want_type, int flags, long type, const char *text)
{
	ssize_t n;

	memset(&buf, 0, sizeof(buf));
	n = msgrcv(id, &buf, 8192, want_type, flags | IPC_NOWAIT);
	return n == (ssize_t)strlen(text) && buf.type == type && !memcmp(buf.text, text, n);
}

static struct msqid_ds stat_of(int id)
{
	struct msqid_ds d;

	need(msgctl(id, IPC_STAT, &d) == 0);
	return d;
}

#define waiting(...)                                                                               \
	({                                                                                         \
		fflush(stdout);                                                                    \
		pid_t w_ = fork();                                                                 \
		if (!w_) {                                                                         \
			errno = 0;                                                                 \
			(void)!(__VA_ARGS__);                                                      \
			_exit(errno);                                                              \
		}                                                                                  \
		w_;                                                                                \
	})

static int result_of(pid_t p)
{
	int st;

	if (waitpid(p, &st, 0) != p)
		return -1;
	return WIFEXITED(st) ? WEXITSTATUS(st) : -WTERMSIG(st);
}

/* Asleep in a call: the only way to know that it waits. */
static bool asleep(pid_t p)
{
	char name[64], text[256] = "";
	int fd;

	snprintf(name, sizeof(name), "/proc/%d/stat", p);
	fd = open(name, O_RDONLY);
	if (fd >= 0 && read(fd, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(fd);
	return strstr(text, ") S ") != NULL;
}
#define sleeps(p) wait_for(asleep(p))

static void get(void)
{
	key_t key = new_key();
	struct msqid_ds d;
	int id, id2;

	check_errno(msgget(key, 0), ENOENT, "a key that nobody has");
	id = keep(msgget(key, IPC_CREAT | IPC_EXCL | 0640));
	need(id >= 0);
	check_is(msgget(key, 0), id, "the key leads to it");
	check_is(msgget(key, IPC_CREAT), id, "and with IPC_CREAT");
	check_errno(msgget(key, IPC_CREAT | IPC_EXCL), EEXIST, "but not with IPC_EXCL");
	d = stat_of(id);
	check(d.msg_perm.mode == 0640 && d.msg_perm.__key == key && d.msg_qbytes == 16384, "its mode, key and size");
	check(d.msg_stime == 0 && d.msg_rtime == 0 && d.msg_ctime > 0 && d.msg_lspid == 0 && d.msg_lrpid == 0, "untouched");
	check(d.msg_qnum == 0 && d.__msg_cbytes == 0, "empty");
	check_is(msgctl(id, IPC_RMID, NULL), 0, "removed");
	check_errno(msgctl(id, IPC_STAT, &d), EINVAL, "and gone");
	id2 = keep(msgget(key, IPC_CREAT | 0600));
	check(id2 >= 0 && id2 != id, "the same key, another id");
}

static void types(void)
{
	int id = queue(0600);
	struct msqid_ds d;

	for (int i = 0; i < 2; i++)
		need(put(id, 5, "five", 0) == 0 && put(id, 3, "three", 0) == 0 && put(id, 9, "nine", 0) == 0 && put(id, 3, "three again", 0) == 0);
	d = stat_of(id);
	check(d.msg_qnum == 8 && d.__msg_cbytes == 48 && d.msg_lspid == getpid() && d.msg_stime > 0 && d.msg_rtime == 0, "eight messages");
	check(is(id, 0, 0, 5, "five"), "the first of all");
	check(is(id, 9, 0, 9, "nine"), "the first of a type");
	check_errno(msgrcv(id, &buf, 100, 7, IPC_NOWAIT), ENOMSG, "none of a type");
	check(is(id, -4, 0, 3, "three"), "the least type up to a bound");
	check(is(id, -100, 0, 3, "three again"), "in order");
	check(is(id, LONG_MIN, 0, 3, "three"), "with the widest bound");
	check_errno(msgrcv(id, &buf, 100, -2, IPC_NOWAIT), ENOMSG, "none below a bound");
	check(is(id, 5, MSG_EXCEPT, 9, "nine"), "any but one type");
	check(is(id, 3, MSG_EXCEPT, 5, "five"), "another");
	check_errno(msgrcv(id, &buf, 100, 3, MSG_EXCEPT | IPC_NOWAIT), ENOMSG, "nothing else");
	check(is(id, 0, MSG_EXCEPT, 3, "three again"), "MSG_EXCEPT of all");
	d = stat_of(id);
	check(d.msg_qnum == 0 && d.__msg_cbytes == 0 && d.msg_lrpid == getpid() && d.msg_rtime > 0, "empty again");
	check(put(id, 1, "", 0) == 0 && is(id, 0, 0, 1, ""), "an empty message");
	check(put(id, LONG_MAX, "x", 0) == 0 && is(id, LONG_MAX, 0, LONG_MAX, "x"), "the highest type");
	check_errno(put(id, 0, "x", 0), EINVAL, "no type");
	check_errno(put(id, -1, "x", 0), EINVAL, "a negative one");
}

static void sizes(void)
{
	int id = queue(0600);

	need(put(id, 1, "12345678", 0) == 0);
	check_errno(msgrcv(id, &buf, 7, 0, IPC_NOWAIT), E2BIG, "too small a buffer");
	check_is(stat_of(id).msg_qnum, 1, "the message stays");
	memset(&buf, 'x', sizeof(buf));
	check(msgrcv(id, &buf, 5, 0, MSG_NOERROR) == 5 && !memcmp(buf.text, "12345xxx", 8), "MSG_NOERROR cuts it");
	check_is(stat_of(id).msg_qnum, 0, "and takes it");
	need(put(id, 1, "x", 0) == 0);
	check(msgrcv(id, &buf, 0, 0, MSG_NOERROR) == 0 && buf.type == 1, "down to nothing");
	buf.type = 2;
	check_errno(msgsnd(id, &buf, 8193, 0), EINVAL, "longer than msgmax");
	check_errno(msgsnd(id, &buf, SIZE_MAX, 0), EINVAL, "far longer");
	check_is(msgsnd(id, &buf, 8192, 0), 0, "as long as can be");
	check_is(msgsnd(id, &buf, 8192, IPC_NOWAIT), 0, "twice fills it");
	check_errno(msgsnd(id, &buf, 1, IPC_NOWAIT), EAGAIN, "there is no room");
	check_is(msgsnd(id, &buf, 0, IPC_NOWAIT), 0, "but for nothing");
	check_errno(msgrcv(id, &buf, SIZE_MAX, 0, 0), EINVAL, "a negative size");
	check(msgrcv(id, &buf, 8192, 0, 0) == 8192 && msgrcv(id, &buf, 8192, 0, 0) == 8192 && msgrcv(id, &buf, 0, 0, 0) == 0, "all come out");
	for (int i = 0; i < 16384; i++)
		if (msgsnd(id, &buf, 0, IPC_NOWAIT))
			need(false);
	check_errno(msgsnd(id, &buf, 0, IPC_NOWAIT), EAGAIN, "the number of messages is bounded too");
	check_is(stat_of(id).msg_qnum, 16384, "by the bytes");
}

static void copying(void)
{
	int id = queue(0600);

	need(put(id, 4, "zero", 0) == 0 && put(id, 2, "first", 0) == 0);
	check(is(id, 1, MSG_COPY, 2, "first") && is(id, 0, MSG_COPY, 4, "zero"), "MSG_COPY by position");
	check_is(stat_of(id).msg_qnum, 2, "takes nothing");
	check_is(stat_of(id).msg_lrpid, 0, "and isn't noted");
	check_errno(msgrcv(id, &buf, 100, 2, MSG_COPY | IPC_NOWAIT), ENOMSG, "behind the last");
	check_errno(msgrcv(id, &buf, 100, -1, MSG_COPY | IPC_NOWAIT), ENOMSG, "before the first");
	check_errno(msgrcv(id, &buf, 100, 0, MSG_COPY), EINVAL, "without IPC_NOWAIT");
	check_errno(msgrcv(id, &buf, 100, 0, MSG_COPY | IPC_NOWAIT | MSG_EXCEPT), EINVAL, "with MSG_EXCEPT");
	check_errno(msgrcv(id, &buf, 3, 0, MSG_COPY | IPC_NOWAIT), E2BIG, "too small a buffer");
	check_errno(msgrcv(id, &buf, 3, 0, MSG_COPY | IPC_NOWAIT | MSG_NOERROR), EINVAL, "isn't cut");
}

static void nothing(int sig UNUSED)
{
}

static void sleeping(void)
{
	int id = queue(0600);
	struct msqid_ds d;
	pid_t a, b;

	a = waiting(({ struct buf r = { 0 }; msgrcv(id, &r, 100, 0, 0) == 5 && r.type == 8 && !memcmp(r.text, "hello", 5) ? 0 : (errno = 99); }));
	check(sleeps(a), "a receiver waits");
	check(put(id, 8, "hello", 0) == 0 && result_of(a) == 0, "and gets a message");
	d = stat_of(id);
	check(d.msg_qnum == 0 && d.msg_lrpid == a && d.msg_lspid == getpid(), "without its being queued");
	a = waiting(msgrcv(id, &buf, 100, 7, 0) == 1 ? 0 : (errno = 99));
	b = waiting(msgrcv(id, &buf, 100, -5, 0) == 2 ? 0 : (errno = 99));
	check(sleeps(a) && sleeps(b), "two wait for types");
	check(put(id, 6, "other", 0) == 0 && stat_of(id).msg_qnum == 1, "another type is queued");
	check(put(id, 4, "bb", 0) == 0 && result_of(b) == 0, "one type for the one");
	check(put(id, 7, "a", 0) == 0 && result_of(a) == 0, "one for the other");
	check(is(id, 0, 0, 6, "other"), "the queued one is left");
	a = waiting(msgrcv(id, &buf, 100, 6, MSG_EXCEPT));
	check(sleeps(a) && put(id, 6, "x", 0) == 0 && asleep(a), "not that type");
	check(put(id, 5, "x", 0) == 0 && result_of(a) == 0 && is(id, 0, 0, 6, "x"), "but any other");
	a = waiting(msgrcv(id, &buf, 2, 0, 0));
	check(sleeps(a) && put(id, 1, "too long", 0) == 0 && result_of(a) == E2BIG, "too small a buffer ends it");
	check(is(id, 0, 0, 1, "too long"), "and the message is queued");
	a = waiting(msgrcv(id, &buf, 2, 0, MSG_NOERROR) == 2 ? 0 : (errno = 99));
	check(sleeps(a) && put(id, 1, "too long", 0) == 0 && result_of(a) == 0, "or it is cut");

	memset(&buf, 'x', sizeof(buf));
	buf.type = 1;
	need(msgsnd(id, &buf, 8192, 0) == 0 && msgsnd(id, &buf, 8000, 0) == 0);
	a = waiting(msgsnd(id, &buf, 1000, 0));
	check(sleeps(a), "a sender waits for room");
	b = waiting(msgsnd(id, &buf, 100, 0));
	check(result_of(b) == 0 && asleep(a), "a smaller one needn't");
	check(msgrcv(id, &buf, 8192, 0, 0) == 8192 && result_of(a) == 0 && stat_of(id).msg_qnum == 3, "until there is");
	d = stat_of(id);
	d.msg_qbytes = 9200;
	check(msgctl(id, IPC_SET, &d) == 0, "a smaller queue");
	a = waiting(msgsnd(id, &buf, 1000, 0));
	check(sleeps(a), "has less room");
	d.msg_qbytes = 16384;
	check(msgctl(id, IPC_SET, &d) == 0 && result_of(a) == 0, "until it is larger");
	d.msg_qbytes = 10;
	check(msgctl(id, IPC_SET, &d) == 0, "a smaller one");
	check_errno(msgsnd(id, &buf, 0, IPC_NOWAIT), EAGAIN, "hasn't");
	a = waiting(msgsnd(id, &buf, 1, 0));
	check(sleeps(a) && msgctl(id, IPC_RMID, NULL) == 0 && result_of(a) == EIDRM, "a sender at a queue that is removed");
	id = queue(0600);
	a = waiting(msgrcv(id, &buf, 1, 0, 0));
	check(sleeps(a) && msgctl(id, IPC_RMID, NULL) == 0 && result_of(a) == EIDRM, "a receiver");

	id = queue(0622);
	on_signal(SIGALRM, nothing, SA_RESTART);
	a = waiting(ticks(20), msgrcv(id, &buf, 100, 0, 0));
	check_is(result_of(a), EINTR, "a signal ends it, SA_RESTART or not");
	a = waiting(kill(getpid(), SIGSTOP), msgrcv(id, &buf, 100, 0, 0));
	need(waitpid(a, NULL, WUNTRACED) == a && kill(a, SIGCONT) == 0);
	check(sleeps(a), "one waits");
	need(kill(a, SIGSTOP) == 0 && waitpid(a, NULL, WUNTRACED) == a && kill(a, SIGCONT) == 0);
	check(put(id, 1, "x", 0) == 0 && result_of(a) == 0, "and goes on waiting after a stop");
	a = waiting(setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534) || msgrcv(id, &buf, 100, 0, 0));
	check_is(result_of(a), EACCES, "without permission nobody waits");
	d = stat_of(id);
	d.msg_perm.mode = 0666;
	need(msgctl(id, IPC_SET, &d) == 0);
	a = waiting(setgroups(0, NULL) || setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534) || msgrcv(id, &buf, 100, 0, 0));
	check(sleeps(a), "one may");
	d.msg_perm.mode = 0600;
	check(msgctl(id, IPC_SET, &d) == 0 && result_of(a) == EACCES, "until permission is taken");
	buf.type = 1;
	need(msgsnd(id, &buf, 8192, 0) == 0 && msgsnd(id, &buf, 8192, 0) == 0);
	a = waiting(ticks(20), msgsnd(id, &buf, 100, 0));
	check_is(result_of(a), EINTR, "a signal ends a sender's wait");
	a = waiting(msgsnd(id, &buf, 100, 0));
	check(sleeps(a) && kill(a, SIGKILL) == 0 && result_of(a) == -SIGKILL, "killed");
	check_is(stat_of(id).msg_qnum, 2, "it sends nothing");
}

static void permissions(void)
{
	int id = queue(0600), ro = queue(0644), wo = queue(0622);
	struct msqid_ds d;

	need(put(ro, 1, "r", 0) == 0);
	check(as_nobody(want(fails(put(id, 1, "x", 0), EACCES) && fails(msgrcv(id, &buf, 1, 0, IPC_NOWAIT), EACCES) && fails(msgctl(id, IPC_STAT, &d), EACCES))), "others can't");
	check(as_nobody(want(fails(put(ro, 1, "x", 0), EACCES) && is(ro, 0, 0, 1, "r"))), "or only read");
	check(as_nobody(want(put(wo, 1, "w", 0) == 0 && fails(msgrcv(wo, &buf, 1, 0, IPC_NOWAIT), EACCES))), "or only write");
	check(as_nobody(want(fails(msgctl(ro, IPC_RMID, NULL), EPERM))), "not remove");
	d = stat_of(ro);
	d.msg_perm.uid = 65534;
	d.msg_perm.mode = 0600;
	check(as_nobody(want(fails(msgctl(ro, IPC_SET, &d), EPERM))), "not take over");
	check_is(msgctl(ro, IPC_SET, &d), 0, "given away");
	check(as_nobody(want(msgctl(ro, IPC_STAT, &d) == 0 && d.msg_perm.cuid == 0);
			d.msg_qbytes = 16385; want(fails(msgctl(ro, IPC_SET, &d), EPERM));
			d.msg_qbytes = 100; want(msgctl(ro, IPC_SET, &d) == 0);
			d.msg_qbytes = 16384; want(msgctl(ro, IPC_SET, &d) == 0);
			want(msgctl(ro, IPC_RMID, NULL) == 0)), "the owner may make it smaller, not larger, and remove it");
	d = stat_of(id);
	d.msg_perm.gid = -1;
	check_errno(msgctl(id, IPC_SET, &d), EINVAL, "not to a group that can't be");
}

static void listings(void)
{
	int id = queue(0604), max, found = -1;
	struct msginfo i, u;
	struct msqid_ds d;
	char line[512];

	need(put(id, 1, "twelve bytes", 0) == 0);
	check(sysvipc_line("/proc/sysvipc/msg", id, line, sizeof(line)), "is in /proc/sysvipc/msg");
	line[30] = 0;
	check(true, "as:%s", line);
	max = msgctl(0, IPC_INFO, (struct msqid_ds *)&i);
	check(max >= 0 && i.msgpool == 512000 && i.msgmap == 16384 && i.msgssz == 16 && i.msgtql == 16384 && i.msgseg == 65535, "IPC_INFO");
	check(i.msgmax > 0 && i.msgmnb > 0 && i.msgmni > 0, "with its limits");
	check(msgctl(0, MSG_INFO, (struct msqid_ds *)&u) == max && u.msgpool >= 1 && u.msgmap >= 1 && u.msgtql >= 12, "MSG_INFO");
	for (int n = 0; n <= max; n++)
		if (msgctl(n, MSG_STAT, &d) == id)
			found = n;
	check(found >= 0 && msgctl(found, MSG_STAT_ANY, &d) == id && d.msg_qnum == 1 && d.__msg_cbytes == 12, "MSG_STAT finds it by index");
	d.msg_perm.mode = 0600;
	need(msgctl(id, IPC_SET, &d) == 0);
	check(as_nobody(want(fails(msgctl(found, MSG_STAT, &d), EACCES) && msgctl(found, MSG_STAT_ANY, &d) == id)), "MSG_STAT_ANY for all");
}

static void wild(void)
{
	int id = queue(0600);
	char *edge = page_edge();
	struct buf *small = (struct buf *)(edge - 12);

	small->type = 1;
	check_errno(msgsnd(id, null_ptr, 1, 0), EFAULT, "a message from nowhere");
	check_errno(msgsnd(id, kernel_ptr, 8193, 0), EFAULT, "before its size");
	check_errno(msgsnd(-1, odd_ptr, 1, 0), EFAULT, "before the id");
	check_errno(msgsnd(id, small, 5, 0), EFAULT, "text over an edge");
	check_errno(msgsnd(0x7fffffff, small, 5, 0), EFAULT, "before the id is looked up");
	check_errno(msgsnd(0x7fffffff, small, 4, 0), EINVAL, "a wrong id");
	check_errno(msgsnd(-1, small, 4, 0), EINVAL, "a negative one");
	check_is(stat_of(id).msg_qnum, 0, "nothing was sent");
	check_errno(msgrcv(id, null_ptr, 100, 0, IPC_NOWAIT), ENOMSG, "no message for nowhere");
	need(put(id, 1, "hello", 0) == 0 && put(id, 1, "again", 0) == 0 && put(id, 1, "third", 0) == 0);
	check_errno(msgrcv(id, kernel_ptr, 100, 0, 0), EFAULT, "a message for the kernel");
	check_is(stat_of(id).msg_qnum, 2, "is lost");
	check_errno(msgrcv(id, small, 100, 0, 0), EFAULT, "text over an edge");
	check_is(stat_of(id).msg_qnum, 1, "is lost");
	check(msgrcv(id, small, 4, 0, MSG_NOERROR) == 4 && !memcmp(small->text, "thir", 4), "up to the edge is fine");
	need(put(id, 1, "copy", 0) == 0);
	check_errno(msgrcv(id, kernel_ptr, 100, 0, MSG_COPY | IPC_NOWAIT), EFAULT, "a copy for the kernel");
	check_is(stat_of(id).msg_qnum, 1, "isn't taken");
	check_errno(msgrcv(-1, &buf, 1, 0, 0), EINVAL, "from a negative id");
	check_errno(msgrcv(0x7fffffff, &buf, 1, 0, 0), EINVAL, "from a wrong one");
	check_errno(msgrcv(0x7fffffff, odd_ptr, 1, 0, 0), EINVAL, "the buffer is looked at last");
	check_errno(msgctl(id, IPC_STAT, kernel_ptr), EFAULT, "IPC_STAT to the kernel");
	check_errno(msgctl(id, IPC_STAT, (struct msqid_ds *)(edge - 8)), EFAULT, "IPC_STAT over an edge");
	check_errno(msgctl(0x7fffffff, IPC_SET, odd_ptr), EFAULT, "IPC_SET from nowhere");
	check_errno(msgctl(0, IPC_INFO, low_ptr), EFAULT, "IPC_INFO to nowhere");
	check_errno(msgctl(0, MSG_INFO, null_ptr), EFAULT, "MSG_INFO to nowhere");
	check_errno(msgctl(id, 50, NULL), EINVAL, "an unknown operation");
	check_errno(msgctl(id, -1, NULL), EINVAL, "a negative one");
	check_errno(msgctl(-1, IPC_INFO, NULL), EINVAL, "a negative id");
	check_errno(msgctl(0x7fff, MSG_STAT, odd_ptr), EINVAL, "an index that isn't used");
}

static int test(void)
{
	get();
	types();
	sizes();
	copying();
	sleeping();
	permissions();
	listings();
	wild();
	return done();
}

int main(void)
{
	need_root();
	return guarded(test, remove_msg);
}
