/* SPDX-License-Identifier: Apache-2.0
 *
 * Overlay: changes of directories. Layer: core.
 */
#include <stdio.h>

#include "core/fs/overlay/overlay.h"

/* ---- whiteouts ---- */

static CO_FN bool lower_has(struct inode *dir, const char *name)
{
	struct inode *lower;

	if (ovl_lower_lookup(dir, name, &lower))
		return false;
	inode_unref(lower);
	return true;
}

static CO_FN int put_whiteout(struct inode *dir, const char *name)
{
	struct inode *udir = ovl_node(dir)->upper, *w;
	int err = udir->ops->mknod(udir, name, S_IFCHR, 0, ovl_of(dir)->cred, &w);

	if (!err)
		inode_unref(w);
	return err;
}

/* Removes a whiteout that stands where a new name is to be; *had tells. */
static CO_FN int drop_whiteout(struct inode *dir, const char *name, bool *had)
{
	struct inode *udir = ovl_node(dir)->upper, *w;
	int err = udir->ops->lookup(udir, name, &w);

	*had = false;
	if (err)
		return err == -ENOENT ? 0 : err;
	*had = ovl_is_whiteout(w);
	err = *had ? udir->ops->unlink(udir, name, w) : -EEXIST;
	inode_unref(w);
	return err;
}

/* ---- new names ---- */

/* Takes the new upper inode's reference over. */
static CO_FN int made(struct inode *dir, const char *name, struct inode *upper, struct inode **ret)
{
	int err = ovl_get(dir->sb, NULL, upper, dir, name, ret);

	return err ? err : ovl_refresh(dir);
}

static CO_FN int prepare(struct inode *dir, const char *name, bool *had)
{
	int err = ovl_copy_up(dir);

	return err ? err : drop_whiteout(dir, name, had);
}

static CO_FN int finish(struct inode *dir, const char *name, int err, bool had, struct inode *upper,
                        struct inode **ret)
{
	if (!err)
		return made(dir, name, upper, ret);
	if (had)
		put_whiteout(dir, name);
	return err;
}

CO_FN int ovl_mknod(struct inode *dir, const char *name, uint32_t mode, dev_t rdev,
                    const struct cred *cred, struct inode **ret)
{
	struct inode *upper = NULL, *udir;
	bool had = false;

	if (S_ISCHR(mode) && rdev == 0)
		return -EPERM; /* would be a whiteout */
	int err = prepare(dir, name, &had);
	if (err)
		return err;
	udir = ovl_node(dir)->upper;
	err = udir->ops->mknod(udir, name, mode, rdev, cred, &upper);
	return finish(dir, name, err, had, upper, ret);
}

CO_FN int ovl_mkdir(struct inode *dir, const char *name, uint32_t mode, const struct cred *cred,
                    struct inode **ret)
{
	struct inode *upper = NULL, *udir;
	bool had = false;
	int err = prepare(dir, name, &had);

	if (err)
		return err;
	udir = ovl_node(dir)->upper;
	/* Known by its upper inode alone, so nothing of a lower directory shows through. */
	err = udir->ops->mkdir(udir, name, mode, cred, &upper);
	return finish(dir, name, err, had, upper, ret);
}

CO_FN int ovl_symlink(struct inode *dir, const char *name, const char *target,
                      const struct cred *cred, struct inode **ret)
{
	struct inode *upper = NULL, *udir;
	bool had = false;
	int err = prepare(dir, name, &had);

	if (err)
		return err;
	udir = ovl_node(dir)->upper;
	err = udir->ops->symlink(udir, name, target, cred, &upper);
	return finish(dir, name, err, had, upper, ret);
}

CO_FN int ovl_tmpfile(struct inode *dir, uint32_t mode, const struct cred *cred, struct inode **ret)
{
	struct inode *upper = NULL;
	int err = ovl_copy_up(dir);
	struct inode *udir = ovl_node(dir)->upper;

	if (err)
		return err;
	if (!udir->ops->tmpfile)
		return -EOPNOTSUPP;
	err = udir->ops->tmpfile(udir, mode, cred, &upper);
	if (err)
		return err;
	err = ovl_get(dir->sb, NULL, upper, dir, "", ret);
	/* Without a name nothing finds it by its upper inode; linkat(2) pins it again. */
	if (!err)
		ovl_unpin(*ret);
	return err;
}

CO_FN int ovl_link(struct inode *dir, const char *name, struct inode *target)
{
	bool had = false;
	int err = ovl_copy_up(target);

	if (!err)
		err = prepare(dir, name, &had);
	if (err)
		return err;
	struct inode *udir = ovl_node(dir)->upper;
	err = udir->ops->link(udir, name, ovl_node(target)->upper);
	if (err) {
		if (had)
			put_whiteout(dir, name);
		return err;
	}
	if (!ovl_node(target)->pinned)
		ovl_set_upper(target, ovl_node(target)->upper);
	err = ovl_refresh(target);
	return err ? err : ovl_refresh(dir);
}

/* ---- removed names ---- */

/* An upper inode that lost its last name is found no more; whoever has it open keeps it. */
static CO_FN int lost_name(struct inode *victim)
{
	int err = ovl_refresh(victim);
	const struct ovl_node *n = ovl_node(victim);

	if (n->upper && (n->upper->nlink == 0 || S_ISDIR(victim->mode)))
		ovl_unpin(victim);
	return err;
}

static CO_FN int remove_name(struct inode *dir, const char *name, struct inode *victim)
{
	bool is_dir = S_ISDIR(victim->mode);
	int err = ovl_copy_up(dir);

	if (err)
		return err;
	struct inode *udir = ovl_node(dir)->upper, *upper = NULL;
	bool hide = lower_has(dir, name);
	err = udir->ops->lookup(udir, name, &upper);
	if (err && err != -ENOENT)
		return err;
	if (upper) {
		if (is_dir)
			err = ovl_clear_whiteouts(upper);
		else
			err = 0;
		if (!err)
			err = is_dir ? udir->ops->rmdir(udir, name, upper)
			             : udir->ops->unlink(udir, name, upper);
		inode_unref(upper);
		if (err)
			return err;
	} else {
		ovl_node(victim)->lower_gone++;
	}
	if (hide)
		err = put_whiteout(dir, name);
	else
		err = 0;
	if (is_dir)
		ovl_node(victim)->lower_gone = UINT32_MAX; /* a removed directory has no links */
	if (!err)
		err = lost_name(victim);
	if (is_dir)
		victim->nlink = 0;
	return err ? err : ovl_refresh(dir);
}

CO_FN int ovl_unlink(struct inode *dir, const char *name, struct inode *victim)
{
	return remove_name(dir, name, victim);
}

CO_FN int ovl_rmdir(struct inode *dir, const char *name, struct inode *victim)
{
	struct ovl_entries *e;
	int err = ovl_list(victim, &e);

	if (err)
		return err;
	bool empty = ovl_list_count(e) == 0;
	ovl_list_free(e);
	return empty ? remove_name(dir, name, victim) : -ENOTEMPTY;
}

/* ---- rename ---- */

/* What stands in the upper directory at the target: a whiteout, or the target itself copied up. */
static CO_FN int clear_target(struct inode *ndir, const char *nname, struct inode *target)
{
	struct ovl_entries *e;
	bool had;

	if (!target)
		return drop_whiteout(ndir, nname, &had);
	if (S_ISDIR(target->mode)) {
		int err = ovl_list(target, &e);
		if (err)
			return err;
		bool empty = ovl_list_count(e) == 0;
		ovl_list_free(e);
		if (!empty)
			return -ENOTEMPTY;
	}
	int err = ovl_copy_up(target);
	if (!err && S_ISDIR(target->mode))
		err = ovl_clear_whiteouts(ovl_node(target)->upper);
	return err;
}

CO_FN int ovl_rename(struct inode *odir, const char *oname, struct inode *victim, struct inode *ndir,
                     const char *nname, struct inode *target, unsigned flags)
{
	bool exchange = flags & RENAME_EXCHANGE, white = flags & RENAME_WHITEOUT;
	int err = ovl_copy_up(victim);

	if (!err)
		err = ovl_copy_up(ndir);
	if (!err && exchange)
		err = ovl_copy_up(target);
	if (!err && !exchange)
		err = clear_target(ndir, nname, target);
	if (err)
		return err;
	/* A merged directory keeps its lower part: its node is found by the upper inode. */
	struct inode *uodir = ovl_node(odir)->upper, *undir = ovl_node(ndir)->upper;
	bool hide = !exchange && (white || lower_has(odir, oname));
	err = uodir->ops->rename(uodir, oname, ovl_node(victim)->upper, undir, nname,
	                         target ? ovl_node(target)->upper : NULL, exchange ? RENAME_EXCHANGE : 0);
	if (err)
		return err;
	if (hide)
		err = put_whiteout(odir, oname);
	ovl_moved(victim, ndir, nname);
	if (exchange)
		ovl_moved(target, odir, oname);
	else if (target)
		lost_name(target);
	if (target && !exchange && S_ISDIR(target->mode))
		target->nlink = 0;
	ovl_refresh(victim);
	ovl_refresh(odir);
	ovl_refresh(ndir);
	return err;
}
