/* SPDX-License-Identifier: Apache-2.0
 *
 * The seccomp filter of the stubs: every syscall from outside the stub's text traps, and from inside
 * only what the stub is made of passes. Built with libseccomp, then prefixed by hand with the check
 * of the instruction pointer, which libseccomp can't express. Layer: core.
 */
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/futex.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/platform/trap/trap.h"

#define ANY_ARGS UINT32_MAX

/* What the stub is made of. A rule holds when argument `arg` equals `value`. */
static const struct {
	int nr;
	uint32_t action;
	unsigned arg;
	uint64_t value;
} rules[] = {
	{ SCMP_SYS(mmap), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(munmap), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(mprotect), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(mremap), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(madvise), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(mincore), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(membarrier), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(rt_sigreturn), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(sigaltstack), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(arch_prctl), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(close), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(exit), SCMP_ACT_ALLOW, ANY_ARGS, 0 },
	{ SCMP_SYS(futex), SCMP_ACT_ALLOW, 1, FUTEX_WAIT },
	{ SCMP_SYS(write), SCMP_ACT_ALLOW, 0, STUB_BELL_FD },
	{ SCMP_SYS(write), SCMP_ACT_ALLOW, 0, STUB_SOCK_FD },
	{ SCMP_SYS(recvmsg), SCMP_ACT_ALLOW, 0, STUB_SOCK_FD },
	{ SCMP_SYS(dup3), SCMP_ACT_ALLOW, 1, STUB_SOCK_FD },
	{ SCMP_SYS(clone), SCMP_ACT_ALLOW, 0, STUB_THREAD_FLAGS },
	/* A new process only when the sentry asked for it: events.c answers. */
	{ SCMP_SYS(clone), SCMP_ACT_NOTIFY, 0, STUB_FORK_FLAGS },
};

static int add_rules(scmp_filter_ctx f)
{
	for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
		struct scmp_arg_cmp cmp = {
			.arg = rules[i].arg, .op = SCMP_CMP_EQ, .datum_a = rules[i].value
		};
		int err = seccomp_rule_add_array(f, rules[i].action, rules[i].nr,
		                                 rules[i].arg == ANY_ARGS ? 0 : 1, &cmp);
		if (err)
			return err;
	}
	return 0;
}

/* libseccomp's program, as an array; *n instructions. */
static struct sock_filter *export_bpf(scmp_filter_ctx f, size_t *n)
{
	struct sock_filter *code = NULL;
	struct stat st;
	int fd = memfd_create("filter", MFD_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (seccomp_export_bpf(f, fd) || fstat(fd, &st) || st.st_size <= 0)
		goto out;
	code = malloc((size_t)st.st_size);
	if (code && pread(fd, code, (size_t)st.st_size, 0) != st.st_size) {
		free(code);
		code = NULL;
	}
	*n = (size_t)st.st_size / sizeof(*code);
out:
	close(fd);
	return code;
}

int trap_filter_build(struct sock_fprog *ret)
{
	/* Inside the stub's text whatever isn't allowed is an attack: end the process. */
	scmp_filter_ctx f = seccomp_init(SCMP_ACT_KILL_PROCESS);
	size_t n = 0;

	if (!f)
		return -ENOMEM;
	seccomp_attr_set(f, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_TRAP);
	struct sock_filter *inner = add_rules(f) ? NULL : export_bpf(f, &n);
	seccomp_release(f);
	if (!inner)
		return -EINVAL;

	const uint32_t lo = (uint32_t)STUB_TEXT, hi = (uint32_t)((uint64_t)STUB_TEXT >> 32);
	const unsigned ip = offsetof(struct seccomp_data, instruction_pointer);
	const struct sock_filter prefix[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip + 4),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, hi, 0, 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, ip),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, lo + STUB_TEXT_MAX, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, lo, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	};
	struct sock_filter *code = malloc((ARRAY_LEN(prefix) + n) * sizeof(*code));
	if (!code) {
		free(inner);
		return -ENOMEM;
	}
	memcpy(code, prefix, sizeof(prefix));
	memcpy(code + ARRAY_LEN(prefix), inner, n * sizeof(*code));
	free(inner);
	ret->len = (unsigned short)(ARRAY_LEN(prefix) + n);
	ret->filter = code;
	return 0;
}
