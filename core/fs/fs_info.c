/* SPDX-License-Identifier: Apache-2.0
 *
 * Root, working directory and umask of a task (struct fs_struct of Linux). Layer: core.
 */
#include <stdlib.h>

#include "core/fs/namei.h"
#include "core/objcount.h"

OBJCOUNT(fs_count, "fs_info");

struct fs_info *fs_info_new(const struct path *root, const struct path *cwd, uint32_t umask)
{
	struct fs_info *fs = calloc(1, sizeof(*fs));

	if (!fs)
		return NULL;
	fs->refs = 1;
	fs->root = path_ref(root);
	fs->cwd = path_ref(cwd);
	fs->umask = umask;
	obj_born(&fs_count);
	return fs;
}

struct fs_info *fs_info_dup(const struct fs_info *fs)
{
	return fs_info_new(&fs->root, &fs->cwd, fs->umask);
}

struct fs_info *fs_info_ref(struct fs_info *fs)
{
	fs->refs++;
	return fs;
}

struct fs_info *fs_info_unref(struct fs_info *fs)
{
	if (!fs || --fs->refs)
		return NULL;
	path_put(&fs->root);
	path_put(&fs->cwd);
	free(fs);
	obj_died(&fs_count);
	return NULL;
}
