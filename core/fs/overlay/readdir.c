/* SPDX-License-Identifier: Apache-2.0
 *
 * Overlay: merged directories. Layer: core.
 *
 * The merged list is made when a directory is read from its start; positions are places in it, so
 * that they stay good while names come and go, as POSIX wants for a stream already open. It is kept
 * for the next reader as long as neither side has changed.
 */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/fs/overlay/overlay.h"

#define KEPT_MAX ((size_t)4 << 20) /* bytes in all */
#define KEPT_ONE ((size_t)1 << 20)

struct entry {
	uint64_t ino;
	uint16_t len;
	uint8_t type;
	bool whiteout;
	char name[]; /* terminated */
};

struct ovl_entries {
	int refs;
	char *buf; /* entries, one after the other */
	size_t used, cap;
	uint32_t *at; /* where each begins */
	uint32_t n, at_cap;
	/* while collecting */
	struct dir_sink sink;
	bool upper;
	uint32_t *names, mask; /* hash of the upper ones: index + 1 */
	int err;
	/* while kept */
	struct inode *dir; /* borrowed: the overlay's */
	struct timespec mtime, ctime; /* of the lower directory */
	TAILQ_ENTRY(ovl_entries) entry;
};

static TAILQ_HEAD(, ovl_entries) kept = TAILQ_HEAD_INITIALIZER(kept); /* least recently read first */
static size_t kept_bytes;

static struct entry *entry_at(const struct ovl_entries *e, uint32_t i)
{
	return (struct entry *)(e->buf + e->at[i]);
}

/* ---- names of the upper side ---- */

static uint32_t hash_of(const char *name, size_t len)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * 16777619U;
	return h ^ h >> 15;
}

static bool is_upper(const struct ovl_entries *e, const char *name, size_t len)
{
	if (!e->names)
		return false;
	for (uint32_t h = hash_of(name, len) & e->mask; e->names[h]; h = (h + 1) & e->mask) {
		const struct entry *it = entry_at(e, e->names[h] - 1);
		if (it->len == len && !memcmp(it->name, name, len))
			return true;
	}
	return false;
}

static int hash_upper(struct ovl_entries *e)
{
	uint32_t size = 16;

	while (size < e->n * 2)
		size *= 2;
	e->names = calloc(size, sizeof(*e->names));
	if (!e->names)
		return -ENOMEM;
	e->mask = size - 1;
	for (uint32_t i = 0; i < e->n; i++) {
		const struct entry *it = entry_at(e, i);
		uint32_t h = hash_of(it->name, it->len) & e->mask;
		while (e->names[h])
			h = (h + 1) & e->mask;
		e->names[h] = i + 1;
	}
	return 0;
}

/* ---- collecting ---- */

static bool room_for(struct ovl_entries *e, size_t size)
{
	if (e->used + size > e->cap) {
		size_t cap = MAX(e->cap * 2, (size_t)2048);
		char *buf = cap < UINT32_MAX ? realloc(e->buf, cap) : NULL;
		if (!buf)
			return false;
		e->buf = buf;
		e->cap = cap;
	}
	if (e->n == e->at_cap) {
		uint32_t cap = e->at_cap ? e->at_cap * 2 : 64;
		uint32_t *at = realloc(e->at, cap * sizeof(*at));
		if (!at)
			return false;
		e->at = at;
		e->at_cap = cap;
	}
	return true;
}

static bool collect(struct dir_sink *s, const char *name, size_t len, uint64_t ino, unsigned type,
                    int64_t next_off UNUSED)
{
	struct ovl_entries *e = container_of(s, struct ovl_entries, sink);
	size_t size = (sizeof(struct entry) + len + 1 + 7) & ~(size_t)7;

	if ((len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.'))
		return true;
	if (len > NAME_MAX || (!e->upper && is_upper(e, name, len)))
		return true;
	if (!room_for(e, size)) {
		e->err = -ENOMEM;
		return false;
	}
	struct entry *it = (struct entry *)(e->buf + e->used);
	memcpy(it->name, name, len);
	it->name[len] = '\0';
	it->len = (uint16_t)len;
	it->ino = e->upper ? ino + OVL_UPPER_INO : ino;
	it->type = (uint8_t)(type > 15 ? type >> 12 : type); /* S_IF* or DT_* */
	it->whiteout = false;
	e->at[e->n++] = (uint32_t)e->used;
	e->used += size;
	return true;
}

static CO_FN int collect_side(struct ovl *fs, struct inode *real, struct ovl_entries *e)
{
	struct file *f;
	int err = ovl_open_real(fs, real, O_RDONLY | O_DIRECTORY, &f);

	if (err)
		return err;
	err = f->ops->iterate(f, &e->sink);
	file_unref(f);
	return err ? err : e->err;
}

/* Upper entries have to be looked at: whiteouts hide, copied-up files keep their lower number. */
static void resolve_upper(struct ovl *fs, struct inode *udir, struct ovl_entries *e)
{
	struct inode *ino;

	for (uint32_t i = 0; i < e->n; i++) {
		struct entry *it = entry_at(e, i);
		if (udir->ops->lookup(udir, it->name, &ino)) {
			it->whiteout = true; /* gone meanwhile */
			continue;
		}
		it->whiteout = ovl_is_whiteout(fs, ino);
		struct ovl_node *n = ovl_find(ino);
		if (n)
			it->ino = n->inode->ino;
		inode_unref(ino);
	}
}

static struct ovl_entries *list_new(void)
{
	struct ovl_entries *e = calloc(1, sizeof(*e));

	if (e) {
		e->refs = 1;
		e->sink.emit = collect;
	}
	return e;
}

static CO_FN int merge(struct inode *dir, struct ovl_entries *e)
{
	struct ovl_node *n = ovl_node(dir);
	uint32_t k = 0;
	int err = 0;

	if (n->upper) {
		e->upper = true;
		err = collect_side(ovl_of(dir), n->upper, e);
		e->upper = false;
		if (!err)
			resolve_upper(ovl_of(dir), n->upper, e);
		if (!err && n->lower && e->n)
			err = hash_upper(e);
	}
	if (!err && n->lower)
		err = collect_side(ovl_of(dir), n->lower, e);
	free(e->names);
	e->names = NULL;
	for (uint32_t i = 0; i < e->n; i++) /* hidden names only had to hide the lower ones */
		if (!entry_at(e, i)->whiteout)
			e->at[k++] = e->at[i];
	e->n = k;
	return err;
}

/* ---- keeping ---- */

static bool same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

void ovl_list_forget(struct inode *dir)
{
	struct ovl_entries *e = ovl_node(dir)->list;

	if (!e)
		return;
	ovl_node(dir)->list = NULL;
	e->dir = NULL;
	TAILQ_REMOVE(&kept, e, entry);
	kept_bytes -= e->cap;
	ovl_list_free(e);
}

/* st: the lower directory's attributes before it was read, or NULL without one. */
static void keep(struct inode *dir, struct ovl_entries *e, const struct kstat *st)
{
	/* What was changed just now may be changed again in the same tick of the host's clock. */
	if (e->cap > KEPT_ONE || (st && (!st->kept || st->mtime.tv_sec >= vfs_now().tv_sec - 1)))
		return;
	ovl_list_forget(dir);
	if (st) {
		e->mtime = st->mtime;
		e->ctime = st->ctime;
	}
	e->refs++;
	e->dir = dir;
	ovl_node(dir)->list = e;
	TAILQ_INSERT_TAIL(&kept, e, entry);
	kept_bytes += e->cap;
	while (kept_bytes > KEPT_MAX)
		ovl_list_forget(TAILQ_FIRST(&kept)->dir);
}

/* The kept list, if it still holds, with a reference. */
static struct ovl_entries *find_kept(struct inode *dir, const struct kstat *st)
{
	struct ovl_entries *e = ovl_node(dir)->list;

	if (!e || (st && !(same_time(&e->mtime, &st->mtime) && same_time(&e->ctime, &st->ctime))))
		return NULL;
	TAILQ_REMOVE(&kept, e, entry);
	TAILQ_INSERT_TAIL(&kept, e, entry);
	e->refs++;
	return e;
}

CO_FN int ovl_list(struct inode *dir, struct ovl_entries **ret)
{
	struct inode *lower = ovl_node(dir)->lower;
	struct kstat st;
	int err = lower ? inode_getattr(lower, &st) : 0;

	if (err)
		return err;
	*ret = find_kept(dir, lower ? &st : NULL);
	if (*ret)
		return 0;
	struct ovl_entries *e = list_new();
	if (!e)
		return -ENOMEM;
	err = merge(dir, e);
	if (err) {
		ovl_list_free(e);
		return err;
	}
	keep(dir, e, lower ? &st : NULL);
	*ret = e;
	return 0;
}

void ovl_list_free(struct ovl_entries *e)
{
	if (!e || --e->refs)
		return;
	free(e->buf);
	free(e->at);
	free(e);
}

bool ovl_list_empty(const struct ovl_entries *e)
{
	return e->n == 0;
}

CO_FN int ovl_list_upper(struct inode *udir, struct ovl_entries **ret)
{
	struct ovl_entries *e = list_new();
	struct path p = { .dentry = e ? dentry_anon(inode_ref(udir), "real") : NULL };
	struct file *f = p.dentry ? file_new(udir->fops, p, O_RDONLY | O_DIRECTORY, NULL) : NULL;

	if (!f) {
		ovl_list_free(e);
		return -ENOMEM;
	}
	int err = f->ops->iterate(f, &e->sink);
	file_unref(f);
	if (!err)
		err = e->err;
	if (err)
		ovl_list_free(e);
	else
		*ret = e;
	return err;
}

void ovl_unlink_all(struct inode *udir, const struct ovl_entries *e)
{
	struct inode *ino;

	for (uint32_t i = 0; i < e->n; i++) {
		const char *name = entry_at(e, i)->name;
		if (udir->ops->lookup(udir, name, &ino))
			continue;
		udir->ops->unlink(udir, name, ino);
		inode_unref(ino);
	}
}

/* ---- open directories ---- */

static CO_FN int iterate(struct file *f, struct dir_sink *s)
{
	struct ovl_entries *e = f->priv;
	uint64_t parent = f->path.dentry->parent->inode->ino;

	if (f->pos == 0 || !e) {
		ovl_list_free(e);
		f->priv = NULL;
		int err = ovl_list(f->inode, &e);
		if (err)
			return err;
		f->priv = e;
	}
	if (f->pos == 0) {
		if (!s->emit(s, ".", 1, f->inode->ino, DT_DIR, 1))
			return 0;
		f->pos = 1;
	}
	if (f->pos == 1) {
		if (!s->emit(s, "..", 2, parent, DT_DIR, 2))
			return 0;
		f->pos = 2;
	}
	while (f->pos - 2 < (int64_t)e->n) {
		const struct entry *it = entry_at(e, (uint32_t)(f->pos - 2));
		if (!s->emit(s, it->name, it->len, it->ino, it->type, f->pos + 1))
			return 0;
		f->pos++;
		co_did_entries(1);
	}
	return 0;
}

static void release_dir(struct file *f)
{
	ovl_list_free(f->priv);
}

const struct file_ops ovl_dir_fops = {
	.llseek = dir_llseek,
	.iterate = iterate,
	.fsync = memory_fsync, /* the upper tree lives in memory */
	.release = release_dir,
};
