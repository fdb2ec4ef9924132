/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/sysvipc, and the limits of IPC in /proc/sys/kernel and /proc/sys/fs/mqueue. Layer: tasks.
 * All are those of the reader's own IPC namespace.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/ipc/mqueue.h"
#include "core/ipc/sysv/msg.h"
#include "core/ipc/sysv/sem.h"
#include "core/ipc/sysv/shm.h"
#include "tasks/proc/proc.h"

static struct ipc_ns *reader_ns(void)
{
	const struct task *t = current_task();

	return t ? t->tg->ipc : NULL;
}

typedef unsigned long long ull;

/* ---- /proc/sysvipc: a line for each object, in order of index; o->cursor - 1 is the next ---- */

static bool show_header(struct seq *s, struct pseudo_open *o, const char *text)
{
	if (!o->cursor) {
		seq_puts(s, text);
		o->cursor = 1;
	}
	return reader_ns() != NULL;
}

static CO_FN int show_shm(struct seq *s, struct pseudo_open *o)
{
	struct shmid64_ds d;
	uint64_t rss;
	int at, id;

	if (!show_header(s, o, "       key      shmid perms                  size  cpid  lpid nattch   "
	                       "uid   gid  cuid  cgid      atime      dtime      ctime               "
	                       "    rss                  swap\n"))
		return 0;
	at = (int)o->cursor - 1;
	while (shm_show(reader_ns(), &at, &d, &id, &rss)) {
		seq_printf(s, "%10d %10d  %4o %21lu %5u %5u  %5lu %5u %5u %5u %5u %10llu %10llu %10llu "
		              "%21lu %21lu\n",
		           d.shm_perm.key, id, d.shm_perm.mode, d.shm_segsz, d.shm_cpid, d.shm_lpid,
		           d.shm_nattch, d.shm_perm.uid, d.shm_perm.gid, d.shm_perm.cuid,
		           d.shm_perm.cgid, (ull)d.shm_atime, (ull)d.shm_dtime, (ull)d.shm_ctime,
		           (unsigned long)rss, 0ul);
		o->cursor = (uint64_t)at + 1;
		if (seq_full(s))
			return 1;
		co_did_entries(1);
	}
	return 0;
}

static int show_sem(struct seq *s, struct pseudo_open *o)
{
	struct semid64_ds d;
	int at, id;

	if (!show_header(s, o, "       key      semid perms      nsems   uid   gid  cuid  cgid      "
	                       "otime      ctime\n"))
		return 0;
	at = (int)o->cursor - 1;
	while (sem_show(reader_ns(), &at, &d, &id)) {
		seq_printf(s, "%10d %10d  %4o %10lu %5u %5u %5u %5u %10llu %10llu\n", d.sem_perm.key, id,
		           d.sem_perm.mode, (unsigned long)d.sem_nsems, d.sem_perm.uid, d.sem_perm.gid,
		           d.sem_perm.cuid, d.sem_perm.cgid, (ull)d.sem_otime, (ull)d.sem_ctime);
		o->cursor = (uint64_t)at + 1;
		if (seq_full(s))
			return 1;
	}
	return 0;
}

static int show_msg(struct seq *s, struct pseudo_open *o)
{
	struct msqid64_ds d;
	int at, id;

	if (!show_header(s, o, "       key      msqid perms      cbytes       qnum lspid lrpid   uid   "
	                       "gid  cuid  cgid      stime      rtime      ctime\n"))
		return 0;
	at = (int)o->cursor - 1;
	while (msg_show(reader_ns(), &at, &d, &id)) {
		seq_printf(s, "%10d %10d  %4o  %10lu %10lu %5u %5u %5u %5u %5u %5u %10llu %10llu %10llu\n",
		           d.msg_perm.key, id, d.msg_perm.mode, d.msg_cbytes, d.msg_qnum, d.msg_lspid,
		           d.msg_lrpid, d.msg_perm.uid, d.msg_perm.gid, d.msg_perm.cuid,
		           d.msg_perm.cgid, (ull)d.msg_stime, (ull)d.msg_rtime, (ull)d.msg_ctime);
		o->cursor = (uint64_t)at + 1;
		if (seq_full(s))
			return 1;
	}
	return 0;
}

static const struct pseudo_entry sysvipc_entries[] = {
	PROC_REG("msg", 0444, .show = show_msg),
	PROC_REG("sem", 0444, .show = show_sem),
	PROC_REG("shm", 0444, .show = show_shm),
	PROC_END,
};
static struct pseudo_dir sysvipc_dir = { .tables = { sysvipc_entries } };

static const struct pseudo_entry root_entries[] = {
	PROC_DIR("sysvipc", 0555, &sysvipc_dir),
	PROC_END,
};

/* ---- limits ---- */

/* A number of the namespace: where it is, of which type, and what may be written. */
struct limit {
	size_t offset;
	bool wide;       /* uint64_t, else int */
	uint64_t min, max;
	unsigned count;  /* of numbers side by side */
	void (*changed)(struct ipc_ns *ns);
};

static uint64_t get(const struct limit *l, unsigned i)
{
	const char *p = (const char *)reader_ns() + l->offset;

	return l->wide ? ((const uint64_t *)(const void *)p)[i]
	               : (uint64_t)((const int *)(const void *)p)[i];
}

static int show_limit(struct seq *s, struct pseudo_open *o)
{
	const struct limit *l = o->entry->data;

	for (unsigned i = 0; reader_ns() && i < MAX(l->count, 1u); i++) {
		seq_puts(s, i ? "\t" : "");
		if (l->wide)
			seq_printf(s, "%llu", (ull)get(l, i));
		else
			seq_printf(s, "%d", (int)get(l, i));
	}
	seq_putc(s, '\n');
	return 0;
}

/* The next number of *text: false when it isn't one or out of range. */
static bool parse(const char **text, const struct limit *l, uint64_t *ret)
{
	const char *p = *text + strspn(*text, " \t\n\v\f\r");
	char *end;

	if (*p == '-') /* proc_doulongvec_minmax() refuses it, and no other limit can be negative */
		return false;
	errno = 0;
	*ret = strtoull(p, &end, 0);
	if (end == p || errno || !strchr(" \t\n\v\f\r", *end))
		return false;
	*text = end;
	return *ret >= l->min && *ret <= l->max;
}

static ssize_t store_limit(struct pseudo_open *o, const char *buf, size_t n)
{
	const struct limit *l = o->entry->data;
	struct ipc_ns *ns = reader_ns();
	const char *at = buf;
	uint64_t v[SC_COUNT];
	unsigned have = 0;

	if (!ns)
		return -EINVAL;
	while (have < MAX(l->count, 1u) && at[strspn(at, " \t\n\v\f\r")]) {
		if (!parse(&at, l, &v[have]))
			return -EINVAL;
		have++;
	}
	if (!have)
		return -EINVAL;
	/* The fourth of kernel.sem has a bound of its own. */
	if (have == SC_COUNT && v[SC_SEMMNI] > IPCMNI)
		return -ERANGE;
	for (unsigned i = 0; i < have; i++) {
		char *p = (char *)ns + l->offset;

		if (l->wide)
			((uint64_t *)(void *)p)[i] = v[i];
		else
			((int *)(void *)p)[i] = (int)v[i];
	}
	if (l->changed)
		l->changed(ns);
	return (ssize_t)n;
}

static void rmid_forced_changed(struct ipc_ns *ns)
{
	if (ns->shm_rmid_forced)
		shm_destroy_orphans(ns);
}

static int show_fixed(struct seq *s, struct pseudo_open *o)
{
	seq_printf(s, "%ld\n", o->entry->arg);
	return 0;
}

#define LIMIT(label, field, lo, hi, ...)                                                           \
	PROC_REG(label, 0644, .strict = true, .show = show_limit, .store = store_limit,            \
	         .data = &(const struct limit){ .offset = offsetof(struct ipc_ns, field), .min = (lo), \
	                                        .max = (hi), __VA_ARGS__ })

static const struct pseudo_entry kernel_entries[] = {
	LIMIT("shmmax", shm_ctlmax, 0, UINT64_MAX, .wide = true),
	LIMIT("shmall", shm_ctlall, 0, UINT64_MAX, .wide = true),
	LIMIT("shmmni", shm_ctlmni, 0, IPCMNI),
	LIMIT("shm_rmid_forced", shm_rmid_forced, 0, 1, .changed = rmid_forced_changed),
	LIMIT("msgmax", msg_ctlmax, 0, INT32_MAX),
	LIMIT("msgmnb", msg_ctlmnb, 0, INT32_MAX),
	LIMIT("msgmni", msg_ctlmni, 0, IPCMNI),
	LIMIT("sem", sem_ctls, 0, INT32_MAX, .count = SC_COUNT),
	/* For checkpoints: read only here. */
	PROC_REG("shm_next_id", 0444, .strict = true, .show = show_fixed, .arg = -1),
	PROC_REG("sem_next_id", 0444, .strict = true, .show = show_fixed, .arg = -1),
	PROC_REG("msg_next_id", 0444, .strict = true, .show = show_fixed, .arg = -1),
	PROC_END,
};

static const struct pseudo_entry mqueue_entries[] = {
	LIMIT("queues_max", mq_queues_max, 0, INT32_MAX),
	LIMIT("msg_max", mq_msg_max, 1, MQ_HARD_MSGMAX),
	LIMIT("msgsize_max", mq_msgsize_max, 128, MQ_HARD_MSGSIZEMAX),
	LIMIT("msg_default", mq_msg_default, 1, MQ_HARD_MSGMAX),
	LIMIT("msgsize_default", mq_msgsize_default, 128, MQ_HARD_MSGSIZEMAX),
	PROC_END,
};
static struct pseudo_dir mqueue_dir = { .tables = { mqueue_entries } };

static const struct pseudo_entry fs_entries[] = {
	PROC_DIR("mqueue", 0555, &mqueue_dir),
	PROC_END,
};

int proc_ipc_init(void)
{
	int err = pseudo_dir_add(&proc_root, root_entries);

	if (!err)
		err = pseudo_dir_add(&proc_sys_kernel, kernel_entries);
	return err ? err : pseudo_dir_add(&proc_sys_fs, fs_entries);
}
