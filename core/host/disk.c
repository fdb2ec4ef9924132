/* SPDX-License-Identifier: Apache-2.0
 *
 * Who makes calls on the host's filesystems: see disk.h. Layer: core/host.
 */
#include "core/host/disk.h"

#include <linux/magic.h>
#include <stdlib.h>
#include <sys/statfs.h>

#include "core/clock.h"

#define PAUSE (50 * NSEC_PER_MSEC)  /* after it, a helper's wake-up is not noticed */
#define SLOW (500 * NSEC_PER_USEC)  /* ten wake-ups */
#define QUICK_AGAIN 8
/* Inodes come from the disk by the hundred, so a few quick ones say little of the next. */
#define FINDS_QUICK_AGAIN 512

static unsigned quick_again(enum disk_kind kind)
{
	return kind == DISK_FIND ? FINDS_QUICK_AGAIN : QUICK_AGAIN;
}

#ifndef FUSE_SUPER_MAGIC
#define FUSE_SUPER_MAGIC 0x65735546
#endif
#ifndef CIFS_SUPER_MAGIC
#define CIFS_SUPER_MAGIC 0xFF534D42
#endif
#ifndef SMB2_SUPER_MAGIC
#define SMB2_SUPER_MAGIC 0xFE534D42
#endif
#ifndef CEPH_SUPER_MAGIC
#define CEPH_SUPER_MAGIC 0x00c36400
#endif
#ifndef BCACHEFS_SUPER_MAGIC
#define BCACHEFS_SUPER_MAGIC 0xca451a4e
#endif
#define ZFS_SUPER_MAGIC 0x2fc12fc1
#define VBOXSF_MAGIC 0x786f4256

static struct host_disk *disks;
static struct host_disk any; /* for want of memory: of all that have none of their own */

static bool one_of(uint64_t type, const uint64_t *list, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (list[i] == type)
			return true;
	return false;
}

static void find_out(struct host_disk *d, int fd)
{
	static const uint64_t memory[] = { TMPFS_MAGIC, RAMFS_MAGIC, HUGETLBFS_MAGIC };
	static const uint64_t remote[] = {
		NFS_SUPER_MAGIC, CIFS_SUPER_MAGIC, SMB2_SUPER_MAGIC, SMB_SUPER_MAGIC, CEPH_SUPER_MAGIC,
		FUSE_SUPER_MAGIC, V9FS_MAGIC, AFS_SUPER_MAGIC, CODA_SUPER_MAGIC, VBOXSF_MAGIC,
	};
	static const uint64_t stored[] = {
		EXT4_SUPER_MAGIC, XFS_SUPER_MAGIC, BTRFS_SUPER_MAGIC, F2FS_SUPER_MAGIC, TMPFS_MAGIC,
		OVERLAYFS_SUPER_MAGIC, SQUASHFS_MAGIC, EROFS_SUPER_MAGIC_V1, BCACHEFS_SUPER_MAGIC,
		ZFS_SUPER_MAGIC,
	};
	struct statfs s;

	if (fstatfs(fd, &s))
		return;
	d->memory = one_of((uint64_t)s.f_type & UINT32_MAX, memory, ARRAY_LEN(memory));
	d->stored = one_of((uint64_t)s.f_type & UINT32_MAX, stored, ARRAY_LEN(stored));
	d->remote = one_of((uint64_t)s.f_type & UINT32_MAX, remote, ARRAY_LEN(remote));
}

struct host_disk *host_disk_of(int fd, uint64_t dev)
{
	struct host_disk *d;

	for (d = disks; d; d = d->next)
		if (d->dev == dev)
			return d;
	d = calloc(1, sizeof(*d));
	if (!d)
		return &any;
	d->dev = dev;
	find_out(d, fd);
	d->next = disks;
	disks = d;
	return d;
}

void host_disks_done(void)
{
	while (disks) {
		struct host_disk *d = disks;
		disks = d->next;
		free(d);
	}
}

static void note(struct host_disk *d, enum disk_kind kind, ktime_t end, ktime_t took)
{
	struct disk_pace *p = &d->pace[kind];

	p->last = end;
	if (took > SLOW)
		p->slow = quick_again(kind);
	else if (p->slow)
		p->slow--;
}

bool host_disk_quick(struct host_disk *d, enum disk_kind kind)
{
	const struct disk_pace *p = &(d ? d : (d = &any))->pace[kind];

	if (!host_io_usable() || d->memory)
		return !host_io_forced();
	return !host_io_forced() && !d->remote && !p->slow && clock_monotonic() - p->last <= PAUSE;
}

void host_disk_noted(struct host_disk *d, enum disk_kind kind, bool waited)
{
	note(d ? d : &any, kind, clock_monotonic(), waited ? KTIME_NEVER : 0);
}

CO_FN long host_disk_call(struct host_disk *d, enum disk_kind kind, struct io_call *c, bool heavy)
{
	struct disk_pace *p = &(d ? d : (d = &any))->pace[kind];
	long ret;

	if (d->memory && !host_io_forced())
		return host_io_direct(c);
	ktime_t start = clock_monotonic();
	bool helper = heavy || d->remote || p->slow || start - p->last > PAUSE;
	if ((helper || host_io_forced()) && host_io_usable()) {
		c->took = 0;
		ret = host_io_run(c);
		/* Much work takes its time and says nothing of the next call. */
		note(d, kind, clock_monotonic(), heavy ? 0 : c->took);
		return ret;
	}
	ret = host_io_direct(c);
	ktime_t end = clock_monotonic();
	note(d, kind, end, end - start);
	return ret;
}
