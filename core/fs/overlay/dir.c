/* SPDX-License-Identifier: Apache-2.0
 *
 * Overlay: changes of directories. Layer: core.
 *
 * Each change first reads what it has to wait for, then changes the upper tree in one step: what
 * may fail for want of memory comes before the first thing that anybody can see.
 */
#include <stdio.h>

#include "core/fs/overlay/overlay.h"

/* Names that no look-up finds, for what is on its way. */
#define TEMP "/new"
#define ASIDE "/old"

/* Does the lower directory have the name, hidden or not? 1, 0 or negative. */
static CO_FN int lower_has(struct inode *dir, const char *name)
{
	struct inode *lower;
	int err = ovl_lower_lookup(dir, name, &lower);

	if (err)
		return err == -ENOENT ? 0 : err;
	inode_unref(lower);
	return 1;
}

/* The same for a name of ino's. */
static CO_FN int hides_lower(struct inode *dir, const char *name, struct inode *ino)
{
	return ovl_node(ino)->own_name ? 0 : lower_has(dir, name);
}

/* The upper inode of that name, or NULL. Borrowed: the directory holds it. */
static struct inode *upper_entry(struct inode *dir, const char *name)
{
	struct inode *ino;

	if (ovl_upper_lookup(dir, name, &ino))
		return NULL;
	inode_unref(ino);
	return ino;
}

static int drop_entry(struct inode *udir, const char *name, struct inode *ino)
{
	return S_ISDIR(ino->mode) ? udir->ops->rmdir(udir, name, ino)
	                          : udir->ops->unlink(udir, name, ino);
}

static CO_FN void dir_changed(struct inode *dir)
{
	ovl_list_forget(dir);
	ovl_refresh(dir);
}

/* ---- new names ---- */

struct new_file {
	uint32_t mode;
	dev_t rdev;
	const char *target; /* symlink */
};

static int make_upper(struct inode *udir, const char *name, const struct new_file *what,
                      const struct cred *cred, struct inode **ret)
{
	if (S_ISDIR(what->mode))
		return udir->ops->mkdir(udir, name, what->mode, cred, ret);
	if (S_ISLNK(what->mode))
		return udir->ops->symlink(udir, name, what->target, cred, ret);
	return udir->ops->mknod(udir, name, what->mode, what->rdev, cred, ret);
}

/* A whiteout at the name is replaced in one step, so that what it hides never shows. */
static CO_FN int create(struct inode *dir, const char *name, const struct new_file *what,
                        const struct cred *cred, struct inode **ret)
{
	struct inode *upper, *ino = NULL;
	int err = ovl_copy_up(dir);

	if (err)
		return err;
	struct inode *udir = ovl_node(dir)->upper, *old = upper_entry(dir, name);
	if (old && !ovl_is_whiteout(ovl_of(dir), old))
		return -EEXIST;
	const char *at = old ? TEMP : name;
	err = make_upper(udir, at, what, cred, &upper);
	if (err)
		return err;
	/* Known by its upper inode alone, so nothing of a lower directory shows through. */
	err = ovl_get(dir->sb, NULL, inode_ref(upper), dir, name, &ino);
	if (!err)
		ovl_node(ino)->own_name = !old; /* somebody has looked */
	if (!err && old)
		err = udir->ops->rename(udir, TEMP, upper, udir, name, old, 0);
	if (err) {
		drop_entry(udir, at, upper);
		if (ino) {
			ovl_node(ino)->dead = S_ISDIR(what->mode);
			ovl_repin(ino);
			inode_unref(ino);
		}
	}
	inode_unref(upper);
	dir_changed(dir);
	if (!err)
		*ret = ino;
	return err;
}

CO_FN int ovl_mknod(struct inode *dir, const char *name, uint32_t mode, dev_t rdev,
                    const struct cred *cred, struct inode **ret)
{
	struct new_file what = { .mode = mode, .rdev = rdev };

	return create(dir, name, &what, cred, ret);
}

CO_FN int ovl_mkdir(struct inode *dir, const char *name, uint32_t mode, const struct cred *cred,
                    struct inode **ret)
{
	struct new_file what = { .mode = S_IFDIR | (mode & 07777) };

	return create(dir, name, &what, cred, ret);
}

CO_FN int ovl_symlink(struct inode *dir, const char *name, const char *target,
                      const struct cred *cred, struct inode **ret)
{
	struct new_file what = { .mode = S_IFLNK | 0777, .target = target };

	return create(dir, name, &what, cred, ret);
}

CO_FN int ovl_tmpfile(struct inode *dir, uint32_t mode, const struct cred *cred, struct inode **ret)
{
	struct inode *upper = NULL;
	int err = ovl_copy_up(dir);
	struct inode *udir = ovl_node(dir)->upper;

	if (!err)
		err = udir->ops->tmpfile(udir, mode, cred, &upper);
	return err ? err : ovl_get(dir->sb, NULL, upper, dir, "", ret);
}

CO_FN int ovl_link(struct inode *dir, const char *name, struct inode *target)
{
	int err = ovl_copy_up(target);

	if (!err)
		err = ovl_copy_up(dir);
	if (err)
		return err;
	ovl_node(target)->own_name = false;
	struct inode *udir = ovl_node(dir)->upper, *upper = ovl_node(target)->upper;
	struct inode *old = upper_entry(dir, name);
	if (old && !ovl_is_whiteout(ovl_of(dir), old))
		return -EEXIST;
	err = udir->ops->link(udir, old ? TEMP : name, upper);
	if (!err && old) {
		err = udir->ops->rename(udir, TEMP, upper, udir, name, old, 0);
		if (err)
			udir->ops->unlink(udir, TEMP, upper);
	}
	ovl_repin(target);
	ovl_refresh(target);
	dir_changed(dir);
	return err;
}

/* ---- removed names ---- */

/* A lower name is hidden now, or covered by an upper one. */
static void lower_name_gone(struct inode *dir, struct inode *ino)
{
	if (!S_ISDIR(ino->mode))
		ovl_node(ino)->lower_gone++;
	else if (ovl_node(dir)->lower_dirs)
		ovl_node(dir)->lower_dirs--;
}

static CO_FN void name_removed(struct inode *ino)
{
	if (S_ISDIR(ino->mode))
		ovl_node(ino)->dead = true;
	ovl_repin(ino);
	if (ovl_refresh(ino)) /* the host's copy is gone, too */
		ino->nlink = S_ISDIR(ino->mode) ? 0 : ino->nlink - (ino->nlink > 0);
}

/* 0 when a directory may be removed, and the whiteouts in it, which go with it; NULL: none. */
static CO_FN int check_empty(struct inode *victim, struct ovl_entries **whiteouts)
{
	struct ovl_entries *e;

	*whiteouts = NULL;
	if (!S_ISDIR(victim->mode))
		return 0;
	int err = ovl_list(victim, &e);
	if (err)
		return err;
	bool empty = ovl_list_empty(e);
	ovl_list_free(e);
	if (!empty)
		return -ENOTEMPTY;
	struct inode *upper = ovl_node(victim)->upper;
	return upper ? ovl_list_upper(upper, whiteouts) : 0;
}

/* Drops an upper entry after which nothing is left to see. Can't fail: it is empty then. */
static void dispose(struct inode *udir, const char *name, struct inode *upper,
                    struct ovl_entries *whiteouts)
{
	if (whiteouts)
		ovl_unlink_all(upper, whiteouts);
	drop_entry(udir, name, upper);
}

/*
 * Puts a whiteout at the name. What is there is swapped with it, and stays as ASIDE until it is
 * disposed of. Changes nothing when it fails.
 */
static int hide(struct inode *dir, const char *name, struct inode *old)
{
	struct inode *udir = ovl_node(dir)->upper, *white = ovl_of(dir)->whiteout;
	int err = udir->ops->link(udir, old ? ASIDE : name, white);

	if (!err && old)
		err = udir->ops->rename(udir, ASIDE, white, udir, name, old, RENAME_EXCHANGE);
	return err;
}

static void unhide(struct inode *dir, const char *name, struct inode *old)
{
	struct inode *udir = ovl_node(dir)->upper, *white = ovl_of(dir)->whiteout;

	if (old)
		udir->ops->rename(udir, ASIDE, old, udir, name, white, RENAME_EXCHANGE);
	udir->ops->unlink(udir, old ? ASIDE : name, white);
}

static CO_FN int remove_name(struct inode *dir, const char *name, struct inode *victim)
{
	struct ovl_entries *whiteouts;
	int err = ovl_copy_up(dir), below = err ? err : hides_lower(dir, name, victim);

	if (below < 0)
		return below;
	err = check_empty(victim, &whiteouts);
	if (err)
		return err;
	struct inode *udir = ovl_node(dir)->upper, *upper = upper_entry(dir, name);
	if (upper && !below) {
		dispose(udir, name, upper, whiteouts);
	} else {
		err = hide(dir, name, upper);
		if (!err && upper)
			dispose(udir, ASIDE, upper, whiteouts);
		else if (!err)
			lower_name_gone(dir, victim);
	}
	ovl_list_free(whiteouts);
	if (!err)
		name_removed(victim);
	dir_changed(dir);
	return err;
}

CO_FN int ovl_unlink(struct inode *dir, const char *name, struct inode *victim)
{
	return remove_name(dir, name, victim);
}

CO_FN int ovl_rmdir(struct inode *dir, const char *name, struct inode *victim)
{
	return remove_name(dir, name, victim);
}

/* ---- rename ---- */

/* Gives a copied-up file its name in the upper directory, which hides the lower one. */
static int cover(struct inode *dir, const char *name, struct inode *ino)
{
	struct inode *udir = ovl_node(dir)->upper, *upper = ovl_node(ino)->upper;
	struct inode *have = upper_entry(dir, name);

	if (have)
		return have == upper ? 0 : -ESTALE;
	if (S_ISDIR(ino->mode))
		return -EXDEV; /* seen at a second place of the host: it has one upper place only */
	int err = udir->ops->link(udir, name, upper);
	if (!err) {
		lower_name_gone(dir, ino);
		ovl_repin(ino);
	}
	return err;
}

static int exchange(struct inode *odir, const char *oname, struct inode *victim, struct inode *ndir,
                    const char *nname, struct inode *target)
{
	struct inode *uodir = ovl_node(odir)->upper;
	int err = cover(odir, oname, victim);

	if (!err)
		err = cover(ndir, nname, target);
	return err ? err : uodir->ops->rename(uodir, oname, ovl_node(victim)->upper,
	                                      ovl_node(ndir)->upper, nname,
	                                      ovl_node(target)->upper, RENAME_EXCHANGE);
}

/* below: the old name is in the lower directory, too. */
static int replace(struct inode *odir, const char *oname, struct inode *victim, struct inode *ndir,
                   const char *nname, struct inode *target, unsigned flags, bool below,
                   struct ovl_entries *whiteouts)
{
	struct inode *uodir = ovl_node(odir)->upper, *undir = ovl_node(ndir)->upper;
	struct inode *upper = ovl_node(victim)->upper, *white = ovl_of(odir)->whiteout;
	struct inode *old = upper_entry(ndir, nname);
	bool had = old && ovl_is_whiteout(ovl_of(ndir), old), aside;
	int err = cover(odir, oname, victim);

	if (err)
		return err;
	flags &= RENAME_WHITEOUT; /* a device that shows, and hides what is below it */
	if (!had && old && S_ISDIR(old->mode)) {
		aside = true; /* it may hold whiteouts, which must stay unless all succeeds */
	} else if (below && !flags) {
		aside = !had;
	} else {
		err = uodir->ops->rename(uodir, oname, upper, undir, nname, old, flags);
		goto out;
	}
	if (aside)
		err = hide(ndir, nname, old);
	if (err)
		return err;
	if (below && !flags)
		err = uodir->ops->rename(uodir, oname, upper, undir, nname, white, RENAME_EXCHANGE);
	else
		err = uodir->ops->rename(uodir, oname, upper, undir, nname, white, flags);
	if (err && aside)
		unhide(ndir, nname, old);
	if (!err && aside && old)
		dispose(undir, ASIDE, old, whiteouts);
out:
	if (!err && target && !old)
		lower_name_gone(ndir, target);
	return err;
}

CO_FN int ovl_rename(struct inode *odir, const char *oname, struct inode *victim, struct inode *ndir,
                     const char *nname, struct inode *target, unsigned flags)
{
	struct ovl_entries *whiteouts = NULL;
	bool swap = flags & RENAME_EXCHANGE;
	int err = ovl_copy_up(victim), below;

	if (!err)
		err = ovl_copy_up(odir);
	if (!err)
		err = ovl_copy_up(ndir);
	if (!err && swap)
		err = ovl_copy_up(target);
	below = err || swap ? err : hides_lower(odir, oname, victim);
	if (below < 0)
		return below;
	if (target && !swap)
		err = check_empty(target, &whiteouts);
	ovl_node(victim)->own_name = false;
	if (swap)
		ovl_node(target)->own_name = false;
	if (!err)
		err = swap ? exchange(odir, oname, victim, ndir, nname, target)
		           : replace(odir, oname, victim, ndir, nname, target, flags, below, whiteouts);
	ovl_list_free(whiteouts);
	if (!err && target && !swap)
		name_removed(target);
	else if (target)
		ovl_refresh(target);
	ovl_refresh(victim);
	dir_changed(odir);
	dir_changed(ndir);
	return err;
}
