/* SPDX-License-Identifier: Apache-2.0
 *
 * The text of paths: getcwd, /proc/PID/{cwd,exe,fd}, and the lines of /proc/mounts. Layer: core.
 * Written backwards from the end of a buffer, as d_path() does.
 */
#include <stdarg.h>
#include <stdio.h>
#include <sys/sysmacros.h>

#include "core/fs/internal.h"
#include "core/fs/mount.h"

struct back {
	char *start, *at;
	bool full;
};

static void prepend(struct back *b, const char *s, size_t n)
{
	if ((size_t)(b->at - b->start) < n) {
		b->full = true;
		return;
	}
	b->at -= n;
	memcpy(b->at, s, n);
}

ssize_t vfs_path_name(const struct path *p, const struct path *root, char *buf, size_t size)
{
	struct back b = { buf, buf + size, false };
	const struct mount *m = p->mnt;
	const struct dentry *d = p->dentry;
	bool reachable = true, any = false;
	size_t len;

	if (!size)
		return -ENAMETOOLONG;
	prepend(&b, "", 1);
	if (d->parent == d && (!m || d != m->root)) { /* nameless, e.g. "pipe:[7]" */
		prepend(&b, d->name, strlen(d->name));
		goto out;
	}
	/* A cached name of a shared tree may be dropped without being deleted; then its inode lives. */
	if (!d->hashed && d->parent != d && d->inode &&
	    (d->sb->exclusive || !d->inode->nlink || d->inode->dead_dir))
		prepend(&b, " (deleted)", 10);
	while (!root || m != root->mnt || d != root->dentry) {
		if (!m || d == m->root) {
			if (!m || !m->parent) {
				reachable = !root;
				break;
			}
			d = m->point;
			m = m->parent;
			continue;
		}
		if (d->parent == d) {
			reachable = false;
			break;
		}
		prepend(&b, d->name, strlen(d->name));
		prepend(&b, "/", 1);
		any = true;
		d = d->parent;
	}
	if (!any)
		prepend(&b, "/", 1);
	if (!reachable)
		prepend(&b, "(unreachable)", 13);
out:
	if (b.full)
		return -ENAMETOOLONG;
	len = (size_t)(buf + size - b.at);
	memmove(buf, b.at, len);
	return (ssize_t)len - 1;
}

/* ---- lines of /proc/PID/mounts and its relatives ---- */

struct line {
	char *buf;
	size_t size, len;
};

static void add(struct line *l, const char *s)
{
	size_t n = strlen(s);

	if (l->len + n < l->size)
		memcpy(l->buf + l->len, s, n);
	l->len += n;
}

static void PRINTF_FMT(2, 3) addf(struct line *l, const char *fmt, ...)
{
	char tmp[128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(tmp, sizeof(tmp), fmt, ap);
	va_end(ap);
	add(l, tmp);
}

/* Blanks and backslashes as octal, as mangle() does. */
static void add_mangled(struct line *l, const char *s)
{
	for (; *s; s++) {
		char tmp[5] = { *s };

		if (*s == ' ' || *s == '\t' || *s == '\n' || *s == '\\')
			snprintf(tmp, sizeof(tmp), "\\%03o", (unsigned char)*s);
		add(l, tmp);
	}
}

static ssize_t finish(struct line *l)
{
	if (l->len >= l->size)
		return -ENAMETOOLONG;
	l->buf[l->len] = '\0';
	return (ssize_t)l->len;
}

static void add_mount_flags(struct line *l, const struct mount *m)
{
	static const struct { unsigned flag; const char *text; } names[] = {
		{ MS_NOSUID, ",nosuid" },         { MS_NODEV, ",nodev" },
		{ MS_NOEXEC, ",noexec" },         { MS_NOATIME, ",noatime" },
		{ MS_NODIRATIME, ",nodiratime" },
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (m->flags & names[i].flag)
			add(l, names[i].text);
	if (!(m->flags & (MS_NOATIME | MS_STRICTATIME)))
		add(l, ",relatime");
}

static void add_super_options(struct line *l, struct super *sb)
{
	char opts[512] = "";

	if (sb->ops->show_options)
		sb->ops->show_options(sb, opts, sizeof(opts));
	add(l, opts);
}

/* The mount point as seen from root, into name: false when it isn't below. */
static bool point_name(struct mount *m, const struct path *root, char *name, size_t size)
{
	struct path top = { m, m->root };

	return path_is_under(&top, root) && vfs_path_name(&top, root, name, size) > 0;
}

ssize_t mount_line(struct mount *m, const struct path *root, char *buf, size_t size)
{
	struct line l = { buf, size, 0 };
	char name[PATH_MAX];

	if (!point_name(m, root, name, sizeof(name)))
		return 0;
	add_mangled(&l, m->source);
	add(&l, " ");
	add_mangled(&l, name);
	addf(&l, " %s %s", m->sb->ops->name, mount_writable(m) ? "rw" : "ro");
	add_mount_flags(&l, m);
	add_super_options(&l, m->sb);
	add(&l, " 0 0\n");
	return finish(&l);
}

ssize_t mount_info_line(struct mount *m, const struct path *root, char *buf, size_t size)
{
	struct line l = { buf, size, 0 };
	char name[PATH_MAX];
	struct path top = { NULL, m->root }, base = { NULL, m->sb->root };

	if (!point_name(m, root, name, sizeof(name)))
		return 0;
	addf(&l, "%llu %llu %u:%u ", (unsigned long long)m->id,
	     (unsigned long long)(m->parent ? m->parent->id : 1), major(m->sb->dev),
	     minor(m->sb->dev));
	if (m->root == m->sb->root) {
		add(&l, "/ ");
	} else {
		char tail[PATH_MAX];

		if (vfs_path_name(&top, &base, tail, sizeof(tail)) < 0)
			return -ENAMETOOLONG;
		add_mangled(&l, tail);
		add(&l, " ");
	}
	add_mangled(&l, name);
	addf(&l, " %s", m->flags & MS_RDONLY ? "ro" : "rw");
	add_mount_flags(&l, m);
	addf(&l, " - %s ", m->sb->ops->name);
	add_mangled(&l, m->source);
	addf(&l, " %s", m->sb->read_only ? "ro" : "rw");
	add_super_options(&l, m->sb);
	add(&l, "\n");
	return finish(&l);
}

ssize_t mount_stats_line(struct mount *m, const struct path *root, char *buf, size_t size)
{
	struct line l = { buf, size, 0 };
	char name[PATH_MAX];

	if (!point_name(m, root, name, sizeof(name)))
		return 0;
	add(&l, "device ");
	add_mangled(&l, m->source);
	add(&l, " mounted on ");
	add_mangled(&l, name);
	addf(&l, " with fstype %s\n", m->sb->ops->name);
	return finish(&l);
}
