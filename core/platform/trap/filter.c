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

static int allow_calls(scmp_filter_ctx f)
{
	static const int plain[] = {
		SCMP_SYS(munmap), SCMP_SYS(mprotect), SCMP_SYS(mremap), SCMP_SYS(madvise),
		SCMP_SYS(mmap), SCMP_SYS(rt_sigreturn), SCMP_SYS(exit), SCMP_SYS(sigaltstack),
		SCMP_SYS(arch_prctl), SCMP_SYS(close), SCMP_SYS(membarrier),
	};
	int err = 0;

	for (size_t i = 0; i < ARRAY_LEN(plain) && !err; i++)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, plain[i], 0);
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(futex), 1,
		                       SCMP_A1(SCMP_CMP_EQ, FUTEX_WAIT));
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
		                       SCMP_A0(SCMP_CMP_EQ, STUB_BELL_FD));
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(write), 1,
		                       SCMP_A0(SCMP_CMP_EQ, STUB_SOCK_FD));
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(recvmsg), 1,
		                       SCMP_A0(SCMP_CMP_EQ, STUB_SOCK_FD));
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(dup3), 1,
		                       SCMP_A1(SCMP_CMP_EQ, STUB_SOCK_FD));
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_ALLOW, SCMP_SYS(clone), 1,
		                       SCMP_A0(SCMP_CMP_EQ, STUB_THREAD_FLAGS));
	/* A new process only when the sentry asked for it: events.c answers. */
	if (!err)
		err = seccomp_rule_add(f, SCMP_ACT_NOTIFY, SCMP_SYS(clone), 1,
		                       SCMP_A0(SCMP_CMP_EQ, STUB_FORK_FLAGS));
	return err;
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
	struct sock_filter *inner = allow_calls(f) ? NULL : export_bpf(f, &n);
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
