/* SPDX-License-Identifier: Apache-2.0
 *
 * Coroutines: stacks, the run queue, switching. Layer: core.
 * Wait queues and mutexes are in core/wait.c.
 */
#include "core/co.h"

#include <stdlib.h>
#include <sys/mman.h>

#include "core/arch/arch.h"
#include "core/assert.h"
#include "core/co_sched.h"
#include "core/objcount.h"

#if defined(__SANITIZE_ADDRESS__)
#define CO_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define CO_ASAN 1
#endif
#endif
#ifdef CO_ASAN
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define STACK_BYTES ((size_t)1 << 20) /* red zones and fake frames need the room */
#else
#define STACK_BYTES ((size_t)64 << 10)
#endif

#define POOL_MAX 64          /* spare stacks kept */
#define YIELD_BYTES (64 << 10) /* work after which a coroutine gives way */
#define YIELD_ENTRIES 64

OBJCOUNT(co_count, "co");

TAILQ_HEAD(co_queue, co);

static struct co_queue run_queue = TAILQ_HEAD_INITIALIZER(run_queue);
static struct co *running;
static void *loop_sp;
static uint64_t next_id = 1;
static long live;
static size_t quantum_bytes;
static unsigned quantum_entries;

static void *pool[POOL_MAX];
static unsigned pool_n;

#ifdef CO_ASAN
static void *loop_fake;
static const void *loop_bottom;
static size_t loop_size;
#endif

/* A stack is STACK_BYTES above one guard page. */
static void *stack_get(void)
{
	if (pool_n)
		return pool[--pool_n];
	char *p = mmap(NULL, STACK_BYTES + PAGE_SIZE, PROT_READ | PROT_WRITE,
	               MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	if (mprotect(p, PAGE_SIZE, PROT_NONE)) {
		munmap(p, STACK_BYTES + PAGE_SIZE);
		return NULL;
	}
	return p + PAGE_SIZE;
}

static void stack_free(void *stack)
{
	munmap((char *)stack - PAGE_SIZE, STACK_BYTES + PAGE_SIZE);
}

static void stack_put(void *stack)
{
#ifdef CO_ASAN
	__asan_unpoison_memory_region(stack, STACK_BYTES);
#endif
	if (pool_n < POOL_MAX)
		pool[pool_n++] = stack;
	else
		stack_free(stack);
}

void co_pool_drain(void)
{
	while (pool_n)
		stack_free(pool[--pool_n]);
}

static void switch_back(bool final)
{
	struct co *self = running;

#ifdef CO_ASAN
	__sanitizer_start_switch_fiber(final ? NULL : &self->fake_stack, loop_bottom, loop_size);
#else
	(void)final;
#endif
	arch_co_switch(&self->sp, loop_sp);
#ifdef CO_ASAN
	__sanitizer_finish_switch_fiber(self->fake_stack, &loop_bottom, &loop_size);
#endif
}

static void co_main(void)
{
#ifdef CO_ASAN
	__sanitizer_finish_switch_fiber(NULL, &loop_bottom, &loop_size);
#endif
	struct co *self = running;
	self->fn(self->arg);
	self->dead = true;
	switch_back(true);
	__builtin_unreachable();
}

struct co *co_new(const char *name, void (*fn)(void *arg), void *arg)
{
	struct co *co = calloc(1, sizeof(*co));

	if (!co)
		return NULL;
	co->stack = stack_get();
	if (!co->stack) {
		free(co);
		return NULL;
	}
	co->name = name;
	co->fn = fn;
	co->arg = arg;
	co->id = next_id++;
	co->sp = arch_co_prepare((char *)co->stack + STACK_BYTES, co_main);
	obj_born(&co_count);
	live++;
	co_ready(co);
	return co;
}

static void co_free(struct co *co)
{
	stack_put(co->stack);
	free(co);
	obj_died(&co_count);
	live--;
}

long co_live(void)
{
	return live;
}

struct co *co_self(void)
{
	return running;
}

void co_ready(struct co *co)
{
	if (co->queued || co->dead)
		return;
	co->queued = true;
	TAILQ_INSERT_TAIL(&run_queue, co, run_entry);
}

void co_switch_to(struct co *co)
{
	ASSERT(!running, "only the loop switches to a coroutine");
	running = co;
	quantum_bytes = 0;
	quantum_entries = 0;
#ifdef CO_ASAN
	__sanitizer_start_switch_fiber(&loop_fake, co->stack, STACK_BYTES);
#endif
	arch_co_switch(&loop_sp, co->sp);
#ifdef CO_ASAN
	__sanitizer_finish_switch_fiber(loop_fake, NULL, NULL);
#endif
	running = NULL;
	if (!co->dead)
		return;
	if (co->queued) /* readied by itself, or by a wake-up that came too late */
		TAILQ_REMOVE(&run_queue, co, run_entry);
	co_free(co);
}

bool co_run_queued(void)
{
	/* Only those that are queued now: whoever they wake runs in the next turn. */
	struct co_queue now = TAILQ_HEAD_INITIALIZER(now);
	struct co *co;

	TAILQ_CONCAT(&now, &run_queue, run_entry);
	bool any = !TAILQ_EMPTY(&now);
	while ((co = TAILQ_FIRST(&now))) {
		TAILQ_REMOVE(&now, co, run_entry);
		co->queued = false;
		co_switch_to(co);
	}
	return any;
}

bool co_any_queued(void)
{
	return !TAILQ_EMPTY(&run_queue);
}

CO_FN void co_park(void)
{
	ASSERT(running, "only a coroutine can park");
	switch_back(false);
}

CO_FN void co_yield(void)
{
	co_ready(running);
	co_park();
}

CO_FN void co_did_bytes(size_t n)
{
	quantum_bytes += n;
	if (quantum_bytes >= YIELD_BYTES)
		co_yield();
}

CO_FN void co_did_entries(unsigned n)
{
	quantum_entries += n;
	if (quantum_entries >= YIELD_ENTRIES)
		co_yield();
}
