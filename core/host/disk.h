/* SPDX-License-Identifier: Apache-2.0
 *
 * Filesystems of the host, by device: whether a call on one may wait for a disk, and so is the I/O
 * helper's. Layer: core/host.
 *
 * The helper costs a wake-up there and back, tens of microseconds, which is many times what a call
 * takes that finds all in the host's memory. No call tells beforehand, but they come in runs: so one
 * is made by the sentry while those before it were quick, and by the helper
 * - after a pause, when what is needed may have left the host's memory, or the disk was put to sleep;
 * - after a slow one, until some have been quick again;
 * - always, where it is known to be much work, and on filesystems that live on other machines or in
 *   other processes.
 * Filesystems in memory have no disk to wait for.
 */
#ifndef CORE_HOST_DISK_H
#define CORE_HOST_DISK_H

#include "core/base.h"
#include "core/host/io.h"

/* Calls that tell of each other. */
enum disk_kind {
	DISK_READ,   /* of files, where the host can't say if it will wait */
	DISK_LOOK,   /* names and attributes */
	DISK_FIND,   /* names met for the first time: the host can say if it would wait, but it costs */
	DISK_LIST,   /* directories */
	DISK_CHANGE, /* names and attributes */
	DISK_WRITE,  /* bytes of files */
	DISK_KINDS
};

struct host_disk {
	struct host_disk *next;
	uint64_t dev;
	bool memory, remote;
	bool stored; /* files and their bytes change only when somebody writes them: not /proc or /sys */
	bool no_nowait; /* RWF_NOWAIT is refused */
	struct disk_pace {
		ktime_t last;   /* end of the last call */
		unsigned slow;  /* how many have to be quick in a row */
	} pace[DISK_KINDS];
};

/* That of dev, on which fd is; shared, and freed by host_disks_done. */
struct host_disk *host_disk_of(int fd, uint64_t dev);
void host_disks_done(void);
/* Would a call be made by the sentry? */
bool host_disk_quick(struct host_disk *d, enum disk_kind kind);
/* Such a call was made elsewhere: it had to wait, or not. */
void host_disk_noted(struct host_disk *d, enum disk_kind kind, bool waited);
/* Makes the call in the right place; d NULL: unknown; `heavy`: it is much work. Result or negative
 * errno. The call's descriptors may be closed meanwhile. */
CO_FN long host_disk_call(struct host_disk *d, enum disk_kind kind, struct io_call *c, bool heavy);

#endif
