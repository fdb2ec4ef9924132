/* SPDX-License-Identifier: Apache-2.0
 *
 * Overlay: look-up and attributes. Layer: core.
 */
#include "core/fs/overlay/overlay.h"

/* -ENOENT when the directory has no such side or the side has no such name. */
CO_FN int ovl_upper_lookup(struct inode *dir, const char *name, struct inode **ret)
{
	struct inode *upper = ovl_node(dir)->upper;

	return upper ? upper->ops->lookup(upper, name, ret) : -ENOENT;
}

CO_FN int ovl_lower_lookup(struct inode *dir, const char *name, struct inode **ret)
{
	struct inode *lower = ovl_node(dir)->lower;

	return lower ? lower->ops->lookup(lower, name, ret) : -ENOENT;
}

CO_FN int ovl_lookup(struct inode *dir, const char *name, struct inode **ret)
{
	struct inode *upper = NULL, *lower = NULL;
	int err = ovl_upper_lookup(dir, name, &upper);

	if (err && err != -ENOENT)
		return err;
	if (!err) {
		bool hidden = ovl_is_whiteout(ovl_of(dir), upper);
		if (hidden)
			inode_unref(upper);
		/* What was made or copied up is known by its upper inode, merged or not. */
		return hidden ? -ENOENT : ovl_get(dir->sb, NULL, upper, dir, name, ret);
	}
	err = ovl_lower_lookup(dir, name, &lower);
	return err ? err : ovl_get(dir->sb, lower, NULL, dir, name, ret);
}

CO_FN int ovl_setattr(struct inode *ino, const struct attr_change *ch, const struct cred *cred)
{
	int err = ovl_copy_up_size(ino, ch->valid & ATTR_SIZE ? ch->size : UINT64_MAX);
	struct inode *upper = ovl_node(ino)->upper;

	if (!err)
		err = upper->ops->setattr(upper, ch, cred);
	return err ? err : ovl_refresh(ino);
}

CO_FN ssize_t ovl_readlink(struct inode *ino, char *buf, size_t size)
{
	struct inode *real = ovl_real(ino);

	return real->ops->readlink ? real->ops->readlink(real, buf, size) : -EINVAL;
}

CO_FN ssize_t ovl_getxattr(struct inode *ino, const char *name, void *buf, size_t size)
{
	struct inode *real = ovl_real(ino);

	return real->ops->getxattr ? real->ops->getxattr(real, name, buf, size) : -EOPNOTSUPP;
}

CO_FN int ovl_setxattr(struct inode *ino, const char *name, const void *val, size_t size, int flags)
{
	int err = ovl_copy_up(ino);
	struct inode *upper = ovl_node(ino)->upper;

	if (!err)
		err = upper->ops->setxattr ? upper->ops->setxattr(upper, name, val, size, flags)
		                           : -EOPNOTSUPP;
	return err ? err : ovl_refresh(ino);
}

CO_FN ssize_t ovl_listxattr(struct inode *ino, char *buf, size_t size)
{
	struct inode *real = ovl_real(ino);

	return real->ops->listxattr ? real->ops->listxattr(real, buf, size) : 0;
}

CO_FN int ovl_removexattr(struct inode *ino, const char *name)
{
	/* Nothing is copied up to remove what isn't there. */
	ssize_t n = ovl_getxattr(ino, name, NULL, 0);
	int err = n < 0 ? (int)n : ovl_copy_up(ino);
	struct inode *upper = ovl_node(ino)->upper;

	if (!err)
		err = upper->ops->removexattr ? upper->ops->removexattr(upper, name) : -EOPNOTSUPP;
	return err ? err : ovl_refresh(ino);
}
