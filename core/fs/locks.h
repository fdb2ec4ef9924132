/* SPDX-License-Identifier: Apache-2.0
 *
 * Advisory locks: POSIX record locks and open-file-description locks of fcntl(2), and flock(2).
 * Layer: core. A record lock's owner is a descriptor table (by its number) or an open file.
 */
#ifndef CORE_FS_LOCKS_H
#define CORE_FS_LOCKS_H

#include "core/fs/file.h"

#define LOCKS_MAX 65536 /* of one file: -ENOLCK beyond */

struct record_lock {
	int type;           /* F_RDLCK, F_WRLCK, F_UNLCK */
	int64_t start, end; /* bytes, inclusive; INT64_MAX: to the end */
	uint64_t owner;     /* fdtable_id() for POSIX locks, file->gen for OFD locks */
	bool ofd;
	int pid;            /* what F_GETLK tells: tgid, or -1 for OFD locks */
};

/* F_SETLK, F_SETLKW. -EAGAIN, -EDEADLK, -ENOLCK, -ERESTARTSYS. */
CO_FN int locks_set(struct inode *ino, const struct record_lock *req, bool wait);
/* F_GETLK: *l becomes the first lock in the way, or its type F_UNLCK. */
void locks_test(struct inode *ino, struct record_lock *l);
/* close(2): every POSIX lock of that table on the file goes. */
void locks_drop_posix(struct inode *ino, uint64_t owner);
/* flock(2): op LOCK_SH, LOCK_EX, LOCK_UN, with LOCK_NB. -EWOULDBLOCK, -ERESTARTSYS. */
CO_FN int locks_flock(struct file *f, int op);
/* The last reference to f is gone: its OFD locks and flock go. */
void locks_drop_file(struct file *f);
/* For inode.c: the inode goes, and with it whatever locks are left. */
void locks_free(struct inode *ino);
/* For /proc/locks: calls fn for each lock of ino in order; kind is "POSIX", "OFDLCK" or "FLOCK". */
void locks_each(struct inode *ino,
                void (*fn)(const char *kind, const struct record_lock *l, void *arg), void *arg);

#endif
