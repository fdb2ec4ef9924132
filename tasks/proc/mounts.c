/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/PID/mounts, mountinfo, mountstats: as the process sees them from its root. Layer: tasks.
 * The cursor is the number of mounts shown.
 */
#include "core/fs/mount.h"
#include "tasks/proc/proc.h"

/* Two names with every byte escaped, options, numbers. */
#define LINE_MAX_MOUNT ((size_t)PATH_MAX * 12 + 2048)

static int show(struct seq *s, struct pseudo_open *o,
                ssize_t (*line)(struct mount *m, const struct path *root, char *buf, size_t size))
{
	struct task *t = proc_task(&o->key);
	struct mount *m;
	uint64_t i = 0;

	if (!t || !t->fs)
		return t ? -EINVAL : -ESRCH;
	if (!t->fs->root.mnt->ns)
		return 0;
	TAILQ_FOREACH(m, &t->fs->root.mnt->ns->mounts, ns_entry) {
		ssize_t n;
		char *at;

		if (i++ < o->cursor)
			continue;
		at = seq_room(s, LINE_MAX_MOUNT);
		n = at ? line(m, &t->fs->root, at, LINE_MAX_MOUNT) : 0;
		if (n > 0)
			s->len += (size_t)n;
		o->cursor = i;
		if (seq_full(s))
			return 1;
	}
	return 0;
}

CO_FN int proc_mounts_show(struct seq *s, struct pseudo_open *o)
{
	return show(s, o, mount_line);
}

CO_FN int proc_mountinfo_show(struct seq *s, struct pseudo_open *o)
{
	return show(s, o, mount_info_line);
}

CO_FN int proc_mountstats_show(struct seq *s, struct pseudo_open *o)
{
	return show(s, o, mount_stats_line);
}
