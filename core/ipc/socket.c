/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of address families, control messages, files in flight, waiting. Layer: core.
 */
#include "core/ipc/socket.h"

#include <linux/sockios.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/clock.h"
#include "core/ipc/unix/unix.h"
#include "core/log.h"
#include "core/objcount.h"

OBJCOUNT(files_count, "files in flight");

void (*socket_caller)(struct sock_caller *ret);
CO_FN int64_t (*socket_dev_ioctl)(struct file *f, unsigned cmd, uint64_t arg);

static const struct family *families[SOCK_FAMILIES] = { [AF_UNIX] = &unix_family };

void socket_register(const struct family *fam)
{
	ASSERT(fam->number >= 0 && fam->number < SOCK_FAMILIES, "a family has Linux's number");
	families[fam->number] = fam;
}

const struct family *socket_family(int number)
{
	return number >= 0 && number < SOCK_FAMILIES ? families[number] : NULL;
}

void sockets_collect(void)
{
	unix_gc();
}

/* Requests about devices: 0x8910 and up, and the wireless extensions. */
static bool is_dev_ioctl(unsigned cmd)
{
	return (cmd >= SIOCGIFNAME && cmd <= SIOCGIFVLAN) || cmd == SIOCADDRT || cmd == SIOCDELRT ||
	       (cmd >= SIOCETHTOOL && cmd <= SIOCSHWTSTAMP) || (cmd >= 0x8b00 && cmd <= 0x8bff);
}

CO_FN int64_t socket_ioctl(struct file *f, unsigned cmd, uint64_t arg)
{
	if (is_dev_ioctl(cmd) && socket_dev_ioctl)
		return socket_dev_ioctl(f, cmd, arg);
	log_once("socket ioctl", "ioctl %#x on a socket is not supported", cmd);
	return -ENOTTY;
}

void sock_put_cmsg(struct sock_msg *m, int level, int type, const void *data, size_t n)
{
	size_t room = m->control_cap - m->control_len, len = CMSG_LEN(n);
	struct cmsghdr h = { .cmsg_level = level, .cmsg_type = type };
	char *at = m->control + m->control_len;

	if (!m->control || room < sizeof(h)) {
		m->out_flags |= MSG_CTRUNC;
		return;
	}
	if (room < len) {
		m->out_flags |= MSG_CTRUNC;
		len = room;
	}
	h.cmsg_len = len;
	size_t space = MIN(CMSG_SPACE(n), room);
	memset(at, 0, space);
	memcpy(at, &h, sizeof(h));
	memcpy(at + sizeof(h), data, len - sizeof(h));
	m->control_len += space;
}

/* ---- files in flight ---- */

struct sock_files *sock_files_new(unsigned n)
{
	struct sock_files *s = malloc(sizeof(*s) + n * sizeof(s->file[0]));

	if (!s)
		return NULL;
	s->next = NULL;
	s->n = 0;
	obj_born(&files_count);
	return s;
}

struct sock_files *sock_files_dup(const struct sock_files *s)
{
	struct sock_files *d = sock_files_new(s->n);

	if (!d)
		return NULL;
	for (; d->n < s->n; d->n++)
		d->file[d->n] = file_ref(s->file[d->n]);
	return d;
}

struct sock_files *sock_files_free(struct sock_files *s)
{
	/* A socket in a message of a socket in a message ...: a loop, as a guest chooses the depth. */
	static struct sock_files *dying;
	static bool busy;

	if (!s)
		return NULL;
	s->next = dying;
	dying = s;
	if (busy)
		return NULL;
	busy = true;
	while ((s = dying)) {
		dying = s->next;
		for (unsigned i = 0; i < s->n; i++)
			file_unref(s->file[i]);
		free(s);
		obj_died(&files_count);
	}
	busy = false;
	return NULL;
}

/* ---- waiting ---- */

ktime_t sock_deadline(ktime_t rel, bool nonblock)
{
	if (nonblock)
		return 0;
	return rel == KTIME_NEVER ? KTIME_NEVER : ktime_add(clock_monotonic(), rel);
}

CO_FN int sock_wait(struct waitq *q, ktime_t deadline)
{
	if (!deadline)
		return -EAGAIN;
	int err = wait_on(q, deadline);
	if (err == -ETIMEDOUT)
		return -EAGAIN;
	/* As sock_intr_errno(): with a time-out set, a call isn't restarted. */
	return err == -ERESTARTSYS && deadline != KTIME_NEVER ? -EINTR : err;
}
