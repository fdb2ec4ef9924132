/* SPDX-License-Identifier: Apache-2.0
 *
 * Extended attributes: name spaces and who may use them. xattr(7). Layer: core.
 */
#include <linux/limits.h>
#include <linux/xattr.h>

#include "core/fs/internal.h"
#include "core/fs/notify.h"

static bool in_space(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

/* xattr_permission() and what the security hooks of an ordinary kernel add. */
static CO_FN int xattr_permission(const struct path *p, const char *name, const struct cred *cred,
                                  bool write)
{
	struct inode *ino = p->dentry->inode;

	if (!*name || strnlen(name, XATTR_NAME_MAX + 1) > XATTR_NAME_MAX)
		return -ERANGE;
	if (write && !mount_writable(p->mnt))
		return -EROFS;
	if (in_space(name, XATTR_SYSTEM_PREFIX))
		return -EOPNOTSUPP; /* POSIX ACLs, as without CONFIG_FS_POSIX_ACL */
	if (in_space(name, XATTR_SECURITY_PREFIX)) {
		if (!write)
			return 0;
		if (!strcmp(name, XATTR_NAME_CAPS))
			return cred_capable(cred, CAP_SETFCAP) ? 0 : -EPERM;
		return cred_capable(cred, CAP_SYS_ADMIN) ? 0 : -EPERM;
	}
	if (in_space(name, XATTR_TRUSTED_PREFIX))
		return cred_capable(cred, CAP_SYS_ADMIN) ? 0 : write ? -EPERM : -ENODATA;
	if (!in_space(name, XATTR_USER_PREFIX)) {
		int err = inode_permission(ino, cred, write ? MAY_WRITE : MAY_READ);

		return err ? err : -EOPNOTSUPP;
	}
	if (!S_ISREG(ino->mode) && !S_ISDIR(ino->mode))
		return write ? -EPERM : -ENODATA;
	if (write && S_ISDIR(ino->mode) && ino->mode & S_ISVTX && !inode_owner_or_capable(ino, cred))
		return -EPERM;
	return inode_permission(ino, cred, write ? MAY_WRITE : MAY_READ);
}

static bool bare_prefix(const char *name)
{
	return name[strlen(name) - 1] == '.' && strchr(name, '.') == name + strlen(name) - 1;
}

CO_FN ssize_t vfs_getxattr(const struct path *p, const char *name, void *buf, size_t size,
                           const struct cred *cred)
{
	struct inode *ino = p->dentry->inode;
	ssize_t err = xattr_permission(p, name, cred, false);

	if (err)
		return err;
	if (bare_prefix(name))
		return -EINVAL;
	return ino->ops->getxattr ? ino->ops->getxattr(ino, name, buf, size) : -EOPNOTSUPP;
}

CO_FN int vfs_setxattr(const struct path *p, const char *name, const void *val, size_t size,
                       int flags, const struct cred *cred)
{
	struct inode *ino = p->dentry->inode;
	int err;

	if (flags & ~(XATTR_CREATE | XATTR_REPLACE))
		return -EINVAL;
	if (size > XATTR_SIZE_MAX)
		return -E2BIG;
	err = xattr_permission(p, name, cred, true);
	if (err)
		return err;
	if (bare_prefix(name))
		return -EINVAL;
	if (!ino->ops->setxattr)
		return -EOPNOTSUPP;
	comutex_lock(&ino->lock);
	err = ino->ops->setxattr(ino, name, val, size, flags);
	comutex_unlock(&ino->lock);
	if (!err)
		notify_dentry(p->dentry, IN_ATTRIB);
	return err;
}

CO_FN ssize_t vfs_listxattr(const struct path *p, char *buf, size_t size, const struct cred *cred)
{
	struct inode *ino = p->dentry->inode;
	ssize_t n, kept = 0;

	if (!ino->ops->listxattr)
		return 0;
	n = ino->ops->listxattr(ino, buf, size);
	if (n <= 0 || !size || cred_capable(cred, CAP_SYS_ADMIN))
		return n;
	/* trusted.* is hidden from those who can't read it. */
	for (ssize_t at = 0; at < n;) {
		size_t len = strnlen(buf + at, (size_t)(n - at)) + 1;

		if (!in_space(buf + at, XATTR_TRUSTED_PREFIX)) {
			memmove(buf + kept, buf + at, len);
			kept += (ssize_t)len;
		}
		at += (ssize_t)len;
	}
	return kept;
}

CO_FN int vfs_removexattr(const struct path *p, const char *name, const struct cred *cred)
{
	struct inode *ino = p->dentry->inode;
	int err = xattr_permission(p, name, cred, true);

	if (err)
		return err;
	if (bare_prefix(name))
		return -EINVAL;
	if (!ino->ops->removexattr)
		return -EOPNOTSUPP;
	comutex_lock(&ino->lock);
	err = ino->ops->removexattr(ino, name);
	comutex_unlock(&ino->lock);
	if (!err)
		notify_dentry(p->dentry, IN_ATTRIB);
	return err;
}
