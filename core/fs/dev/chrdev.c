/* SPDX-License-Identifier: Apache-2.0
 *
 * Character devices by number: what opening a device node leads to. Layer: core.
 */
#include <sys/sysmacros.h>

#include "core/fs/file.h"
#include "core/fs/filesystems.h"

#define CHRDEVS_MAX 64 /* devices are registered by the sentry alone, once each */

static struct chrdev {
	dev_t dev;
	const struct file_ops *fops;
	CO_FN int (*open)(struct inode *ino, struct file *f);
} devs[CHRDEVS_MAX];
static unsigned nr_devs;

int chrdev_register(unsigned major, unsigned minor, const struct file_ops *fops,
                    CO_FN int (*open)(struct inode *ino, struct file *f))
{
	dev_t dev = makedev(major, minor);

	for (unsigned i = 0; i < nr_devs; i++)
		if (devs[i].dev == dev)
			return -EEXIST;
	if (nr_devs == CHRDEVS_MAX)
		return -ENOSPC;
	devs[nr_devs++] = (struct chrdev){ .dev = dev, .fops = fops, .open = open };
	return 0;
}

CO_FN int chrdev_open(struct inode *ino, struct file *f)
{
	for (unsigned i = 0; i < nr_devs; i++) {
		if (devs[i].dev != ino->rdev)
			continue;
		if (devs[i].fops)
			f->ops = devs[i].fops;
		return devs[i].open ? devs[i].open(ino, f) : 0;
	}
	return -ENXIO;
}
