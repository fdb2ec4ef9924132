/* SPDX-License-Identifier: Apache-2.0
 *
 * `picket do`: one command over a throw-away overlay. Layer: control.
 */
#ifndef CONTROL_DO_H
#define CONTROL_DO_H

#include <sys/capability.h>
#include <sys/resource.h>

#include "core/base.h"

#define DO_MOUNTS_MAX 64

struct do_mount {
	char *src, *dst; /* owned */
	bool read_only;
	int fd;          /* detached clone of src, or -1 */
};

/* What the command line asks for. Strings are borrowed from argv unless noted. */
struct do_options {
	const char *rootfs;
	bool rw;
	struct do_mount mounts[DO_MOUNTS_MAX];
	unsigned nr_mounts;
	char **env;      /* owned; the guest's whole environment */
	const char *cwd; /* NULL: the caller's */
	bool set_user;
	uid_t uid;
	gid_t gid;
	const char *hostname;
	bool strace, no_aslr, stats;
	const char *log;
	const char *platform;
	char **argv;
};

/* 0, or an exit code after a message. */
int do_options_parse(struct do_options *o, int argc, char **argv);
void do_options_free(struct do_options *o);
const char *do_options_help(void);

int cmd_do(int argc, char **argv);

/* What the guest inherits from whoever called picket (control/caller.c). */
struct caller {
	uid_t ruid, euid, suid;
	gid_t rgid, egid, sgid;
	unsigned ngroups;
	gid_t *groups; /* owned */
	uint64_t cap_inheritable, cap_permitted, cap_effective, cap_bounding, cap_ambient;
	bool no_new_privs;
	struct rlimit64 rlim[RLIM_NLIMITS];
	uint32_t umask;
	char *cwd;     /* owned */
	char hostname[65];
};
int caller_capture(struct caller *c);
void caller_free(struct caller *c);

/*
 * Runs the sentry to its end in this process, which is the init of a pid namespace. Returns the exit
 * code for the caller. root_fd is taken over.
 */
int sandbox_run(const struct do_options *o, const struct caller *c, int root_fd, int signal_fd);

#endif
