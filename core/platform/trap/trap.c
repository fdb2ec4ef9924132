/* SPDX-License-Identifier: Apache-2.0
 *
 * The trap platform: guest code runs in stub processes, whose syscalls the host turns into SIGSYS.
 * Layer: core. See slot.h for the protocol, stub.c for the other side.
 */
#include "core/platform/trap/trap.h"

#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/loop.h"

struct trap_global trap_g = { .text_fd = -1, .params_fd = -1, .bell = -1, .listener = -1 };

static const struct loop_platform_ops loop_ops = {
	.scan = trap_scan,
	.patience = trap_patience,
	.relax = trap_ctx_relax,
	.before_sleep = trap_before_sleep,
	.after_sleep = trap_after_sleep,
};

static int trap_init(void)
{
	int err = trap_zygote_start();

	if (!err)
		err = trap_events_init();
	if (!err)
		loop_set_platform(&loop_ops);
	return err;
}

static void trap_done(void)
{
	loop_set_platform(NULL);
	trap_steer_done();
	trap_beside_done();
	trap_as_pool_done();
	trap_events_done();
	if (trap_g.zygote) {
		trap_ctx_destroy(trap_g.zygote_ctx);
		trap_as_destroy(trap_g.zygote);
		trap_g.zygote = NULL;
	}
	trap_as_bury_all();
	/* Every stub is killed by now; none may outlive us as a zombie of the caller. Where we are the
	 * init of a namespace, what is in it ends with us, whatever a hostile guest may have made. */
	while (getpid() != 1 && waitpid(-1, NULL, __WALL) > 0)
		;
	if (trap_g.params)
		munmap(trap_g.params, PAGE_SIZE);
	int *fds[] = { &trap_g.text_fd, &trap_g.params_fd, &trap_g.bell, &trap_g.listener };
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

const struct platform platform_trap = {
	.name = "trap",
	.limits = { .window_start = STUB_WINDOW, .window_end = STUB_WINDOW_END },
	.init = trap_init,
	.done = trap_done,
	.ready = trap_as_ready,
	.as_new = trap_as_new,
	.as_fork = trap_as_fork,
	.as_destroy = trap_as_destroy,
	.as_renew = trap_as_renew,
	.as_exec = trap_as_exec,
	.as_read = trap_as_read,
	.as_write = trap_as_write,
	.as_access = trap_as_access,
	.as_advise = trap_as_advise,
	.as_cmpxchg32 = trap_as_cmpxchg32,
	.as_barrier = trap_as_barrier,
	.as_resident = trap_as_resident,
	.as_pid = trap_as_pid,
	.ctx_new = trap_ctx_new,
	.ctx_destroy = trap_ctx_destroy,
	.ctx_run = trap_ctx_run,
	.ctx_kick = trap_ctx_kick,
	.ctx_blocked = trap_ctx_blocked,
	.ctx_get_regs = trap_get_regs,
	.ctx_set_regs = trap_set_regs,
	.ctx_set_result = trap_set_result,
	.ctx_fp_size = trap_fp_size,
	.ctx_get_fp = trap_get_fp,
	.ctx_set_fp = trap_set_fp,
	.ctx_get_tls = trap_get_tls,
	.ctx_set_tls = trap_set_tls,
	.ctx_cputime = trap_ctx_cputime,
	.ctx_whole = trap_ctx_whole,
	.ctx_settle = trap_ctx_settle,
	.as_rewrite = trap_as_rewrite,
	.as_thunk_area = trap_as_thunk_area,
	.as_forget = trap_as_forget,
	.as_restore = trap_as_restore,
	.text_new = trap_text_new,
	.text_free = trap_text_unref,
	.text_area = trap_text_area,
	.as_has_text = trap_as_has_text,
	.as_add_text = trap_as_add_text,
	.text_wanted = trap_text_wanted,
	.text_next = trap_text_next,
	.ctx_read = trap_ctx_read,
	.ctx_write = trap_ctx_write,
	.ctx_publish = trap_ctx_publish,
	.ctx_read_word = trap_ctx_read_word,
	.words_woken = trap_words_woken,
	.ctx_set_local = trap_ctx_set_local,
};
