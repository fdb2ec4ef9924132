/* SPDX-License-Identifier: Apache-2.0
 *
 * POSIX message queues: mq_overview(7). Layer: core.
 *
 * A queue is a file of the namespace's mqueue filesystem, which may be mounted too. An open file
 * of it is a message queue descriptor, whichever way it was opened.
 */
#ifndef CORE_IPC_MQUEUE_H
#define CORE_IPC_MQUEUE_H

#include <linux/mqueue.h>

#include "core/fs/file.h"
#include "core/fs/namei.h"
#include "core/ipc/msgutil.h"
#include "core/ipc/ns.h"

#define MQ_HARD_MSGMAX 65536
#define MQ_HARD_MSGSIZEMAX (16 * 1024 * 1024)

/* How the owner of a queue's notification is told: SIGEV_NONE or SIGEV_SIGNAL. */
struct mq_notification {
	pid_t owner;      /* 0: nobody asked */
	uint64_t exec_id; /* of the program that asked: another one isn't told */
	int how, signo;
	uint64_t value;   /* union sigval */
};

/* Sends the signal, set by the layer that knows signals; and RLIMIT_MSGQUEUE of who calls. */
extern void (*mq_signal)(const struct mq_notification *n);
extern uint64_t (*mq_rlimit)(void);

void mq_ns_init(struct ipc_ns *ns);
void mq_ns_done(struct ipc_ns *ns);

/* The namespace's filesystem as a new reference: mount -t mqueue. -ENOMEM. */
int mqueuefs_get(struct ipc_ns *ns, struct super **ret);

/* mq_open(3) and mq_unlink(3) with Linux's errors; w gives credentials and umask; attr may be NULL. */
CO_FN int mq_open_name(struct ipc_ns *ns, const struct walk *w, const char *name, unsigned flags,
                       uint32_t mode, const struct mq_attr *attr, struct file **ret);
CO_FN int mq_unlink_name(struct ipc_ns *ns, const struct walk *w, const char *name);

bool mq_is_queue(const struct file *f);
/* f is a queue. Takes m over when it returns 0. -EBADF, -EMSGSIZE, -EAGAIN, -ETIMEDOUT, -ERESTARTSYS. */
CO_FN int mq_send(struct file *f, struct ipc_msg *m, ktime_t deadline);
/* The message becomes the caller's. size: of its buffer. */
CO_FN int mq_receive(struct file *f, size_t size, ktime_t deadline, struct ipc_msg **ret);
/* -EBADF and -EMSGSIZE of a send, before the message is looked at. */
int mq_check_send(const struct file *f, size_t len);
/* n NULL: the caller (self) doesn't want to be told any more. -EBUSY. */
int mq_notify(struct file *f, pid_t self, const struct mq_notification *n);
void mq_getattr(const struct file *f, struct mq_attr *ret);
void mq_setattr(struct file *f, const struct mq_attr *attr);

/* ---- between mqueue.c and mqueue_fs.c ---- */

struct mqueue;
/* A queue with these attributes (NULL: the defaults), charged to cred's user. -EINVAL, -EOVERFLOW,
 * -EMFILE (RLIMIT_MSGQUEUE), -ENOSPC (queues_max), -ENOMEM. */
int mqueue_new(struct ipc_ns *ns, const struct cred *cred, const struct mq_attr *attr,
               struct mqueue **ret);
void mqueue_free(struct mqueue *q, struct ipc_ns *ns); /* ns NULL: it is gone */
extern const struct file_ops mqueue_fops;

#endif
