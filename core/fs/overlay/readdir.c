/* SPDX-License-Identifier: Apache-2.0
 *
 * Overlay: merged directories. Layer: core.
 *
 * The merged list is made when a directory is read from its start; positions are places in it, so
 * that they stay good while names come and go, as POSIX wants for a stream already open.
 */
#include <dirent.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/fs/overlay/overlay.h"

struct entry {
	uint64_t ino;
	uint8_t type;
	bool whiteout;
	UT_hash_handle hh;
	char name[];
};

struct ovl_entries {
	struct entry *by_name; /* uthash keeps them in order of insertion */
	struct entry **list;
	size_t n, cap;
	/* while collecting */
	struct dir_sink sink;
	bool upper;
	int err;
};

static bool collect(struct dir_sink *s, const char *name, size_t len, uint64_t ino, unsigned type,
                    int64_t next_off UNUSED)
{
	struct ovl_entries *e = container_of(s, struct ovl_entries, sink);
	struct entry *it;

	if ((len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.'))
		return true;
	HASH_FIND(hh, e->by_name, name, len, it);
	if (it)
		return true; /* the upper one was there first */
	if (e->n == e->cap) {
		size_t cap = e->cap ? e->cap * 2 : 64;
		struct entry **l = realloc(e->list, cap * sizeof(*l));
		if (!l) {
			e->err = -ENOMEM;
			return false;
		}
		e->list = l;
		e->cap = cap;
	}
	it = malloc(sizeof(*it) + len + 1);
	if (!it) {
		e->err = -ENOMEM;
		return false;
	}
	memcpy(it->name, name, len);
	it->name[len] = '\0';
	it->ino = e->upper ? ino + OVL_UPPER_INO : ino;
	it->type = (uint8_t)(type > 15 ? type >> 12 : type); /* S_IF* or DT_* */
	it->whiteout = false;
	it->hh.tbl = NULL;
	HASH_ADD_KEYPTR(hh, e->by_name, it->name, len, it);
	if (!it->hh.tbl) {
		free(it);
		e->err = -ENOMEM;
		return false;
	}
	e->list[e->n++] = it;
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

	for (size_t i = 0; i < e->n; i++) {
		struct entry *it = e->list[i];
		if (udir->ops->lookup(udir, it->name, &ino)) {
			it->whiteout = true; /* gone meanwhile */
			continue;
		}
		it->whiteout = ovl_is_whiteout(fs, ino);
		struct ovl_node *n = ovl_find(fs, NULL, ino);
		if (n)
			it->ino = n->inode->ino;
		inode_unref(ino);
	}
}

CO_FN int ovl_list(struct inode *dir, struct ovl_entries **ret)
{
	struct ovl_node *n = ovl_node(dir);
	struct ovl_entries *e = calloc(1, sizeof(*e));
	int err = 0;

	if (!e)
		return -ENOMEM;
	e->sink.emit = collect;
	if (n->upper) {
		e->upper = true;
		err = collect_side(ovl_of(dir), n->upper, e);
		e->upper = false;
		if (!err)
			resolve_upper(ovl_of(dir), n->upper, e);
	}
	if (!err && n->lower)
		err = collect_side(ovl_of(dir), n->lower, e);
	if (err) {
		ovl_list_free(e);
		return err;
	}
	size_t k = 0;
	for (size_t i = 0; i < e->n; i++) { /* hidden names only had to hide the lower ones */
		struct entry *it = e->list[i];
		if (!it->whiteout) {
			e->list[k++] = it;
			continue;
		}
		HASH_DEL(e->by_name, it);
		free(it);
	}
	e->n = k;
	*ret = e;
	return 0;
}

void ovl_list_free(struct ovl_entries *e)
{
	if (!e)
		return;
	HASH_CLEAR(hh, e->by_name);
	for (size_t i = 0; i < e->n; i++)
		free(e->list[i]);
	free(e->list);
	free(e);
}

bool ovl_list_empty(const struct ovl_entries *e)
{
	return e->n == 0;
}

CO_FN int ovl_list_upper(struct inode *udir, struct ovl_entries **ret)
{
	struct ovl_entries *e = calloc(1, sizeof(*e));
	struct path p = { .dentry = e ? dentry_anon(inode_ref(udir), "real") : NULL };
	struct file *f = p.dentry ? file_new(udir->fops, p, O_RDONLY | O_DIRECTORY, NULL) : NULL;

	if (!f) {
		free(e);
		return -ENOMEM;
	}
	e->sink.emit = collect;
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

	for (size_t i = 0; i < e->n; i++) {
		if (udir->ops->lookup(udir, e->list[i]->name, &ino))
			continue;
		udir->ops->unlink(udir, e->list[i]->name, ino);
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
		const struct entry *it = e->list[f->pos - 2];
		if (!s->emit(s, it->name, strlen(it->name), it->ino, it->type, f->pos + 1))
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
