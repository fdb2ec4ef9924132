/* SPDX-License-Identifier: Apache-2.0
 *
 * What each guest user (real uid) has in use: processes and queued signals, for RLIMIT_NPROC and
 * RLIMIT_SIGPENDING. Layer: tasks.
 */
#ifndef TASKS_USER_H
#define TASKS_USER_H

#include "core/base.h"

/* Add n (may be negative). -ENOMEM only when a user is seen for the first time. */
int user_add_tasks(uid_t uid, int n);
int user_add_signals(uid_t uid, int n);
unsigned user_tasks(uid_t uid);
unsigned user_signals(uid_t uid);

#endif
