/* SPDX-License-Identifier: Apache-2.0
 *
 * A platform for unit tests: address spaces are tables of pages in the test's own memory, and nothing
 * runs. Also how to run a test body in a coroutine, since core/mm may only be called from one.
 */
#ifndef TESTS_UNIT_FAKE_AS_H
#define TESTS_UNIT_FAKE_AS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>
#include <uthash.h>

#include "core/co_sched.h"
#include "core/mm/mm.h"
#include "core/platform/platform.h"

struct fake_page {
	uint64_t pn;
	int prot;
	bool shared;
	unsigned char *data; /* NULL: zeros */
	UT_hash_handle hh;
};
struct as {
	struct fake_page *pages;
};
struct ctx {
	struct as *as;
};

/* Weak: with the real one in the library, nothing else of core/platform is drawn in for it. */
const struct platform *platform __attribute__((weak));

static int fake_fail_in; /* the n-th host operation from now fails with -ENOMEM; 0: none */
static long fake_as_live;
static unsigned fake_ops;

static UNUSED struct fake_page *fake_page(struct as *as, gaddr_t addr)
{
	uint64_t pn = addr >> PAGE_SHIFT;
	struct fake_page *p;

	HASH_FIND(hh, as->pages, &pn, sizeof(pn), p);
	return p;
}

static void fake_unmap(struct as *as, gaddr_t addr, uint64_t len)
{
	for (gaddr_t a = addr; a < addr + len; a += PAGE_SIZE) {
		struct fake_page *p = fake_page(as, a);

		if (!p)
			continue;
		HASH_DEL(as->pages, p);
		free(p->data);
		free(p);
	}
}

static struct fake_page *fake_map(struct as *as, gaddr_t addr, int prot, bool shared)
{
	struct fake_page *p = calloc(1, sizeof(*p));

	p->pn = addr >> PAGE_SHIFT;
	p->prot = prot;
	p->shared = shared;
	HASH_ADD(hh, as->pages, pn, sizeof(p->pn), p);
	return p;
}

static unsigned char *fake_data(struct fake_page *p)
{
	if (!p->data)
		p->data = calloc(1, PAGE_SIZE);
	return p->data;
}

static int fake_do_map(struct as *as, const struct as_op *op)
{
	fake_unmap(as, op->addr, op->len);
	for (uint64_t i = 0; i < op->len; i += PAGE_SIZE) {
		struct fake_page *p = fake_map(as, op->addr + i, op->prot, op->flags & MAP_SHARED);

		if (!(op->flags & MAP_ANONYMOUS))
			assert_true(pread(op->fd, fake_data(p), PAGE_SIZE, (off_t)(op->off + i)) >= 0);
	}
	return 0;
}

static int fake_do_protect(struct as *as, const struct as_op *op)
{
	for (uint64_t i = 0; i < op->len; i += PAGE_SIZE) {
		struct fake_page *p = fake_page(as, op->addr + i);

		if (!p)
			return -ENOMEM;
		p->prot = op->prot;
	}
	return 0;
}

static int fake_do_remap(struct as *as, const struct as_op *op)
{
	int prot = fake_page(as, op->addr)->prot;
	bool shared = fake_page(as, op->addr)->shared;

	if (op->new_addr != op->addr)
		fake_unmap(as, op->new_addr, op->new_len);
	for (uint64_t i = 0; i < op->new_len; i += PAGE_SIZE) {
		struct fake_page *from = i < op->len ? fake_page(as, op->addr + i) : NULL, *to;

		assert_true(i >= op->len || from);
		if (op->new_addr == op->addr && from)
			continue;
		to = fake_map(as, op->new_addr + i, from ? from->prot : prot, shared);
		if (from) {
			to->data = from->data;
			from->data = NULL;
		}
	}
	if (op->new_addr != op->addr && !(op->flags & 4 /* MREMAP_DONTUNMAP */))
		fake_unmap(as, op->addr, op->len);
	return 0;
}

static size_t fake_copy(struct as *as, unsigned char *mine, gaddr_t at, size_t n, bool write);

static int fake_fill(struct as *as, const struct as_op *op)
{
	unsigned char *bytes = calloc(1, op->len);

	if (op->kind == AS_WRITE)
		memcpy(bytes, op->bytes, op->len);
	size_t done = fake_copy(as, bytes, op->addr, op->len, true);
	free(bytes);
	return done == op->len ? 0 : -EFAULT;
}

static int fake_as_exec(struct ctx *by, struct as_op *ops, unsigned n)
{
	const struct platform_limits *l = &platform->limits;

	for (unsigned i = 0; i < n; i++) {
		struct as_op *op = &ops[i];

		fake_ops++;
		bool fills = op->kind == AS_ZERO || op->kind == AS_WRITE;
		assert_true(fills || (!(op->addr & ~PAGE_MASK) && !(op->len & ~PAGE_MASK)));
		assert_true(op->addr + op->len <= l->window_start || op->addr >= l->window_end);
		op->result = fake_fail_in && --fake_fail_in == 0 ? -ENOMEM : 0;
		if (op->result)
			return (int)op->result;
		switch (op->kind) {
		case AS_MAP:
			op->result = fake_do_map(by->as, op);
			break;
		case AS_UNMAP:
			fake_unmap(by->as, op->addr, op->len);
			break;
		case AS_PROTECT:
			op->result = fake_do_protect(by->as, op);
			break;
		case AS_REMAP:
			op->result = fake_do_remap(by->as, op);
			break;
		case AS_ADVISE:
			break;
		case AS_PATCH:
			break;
		case AS_ZERO:
		case AS_WRITE:
			op->result = fake_fill(by->as, op);
			break;
		}
		if (op->result)
			return (int)op->result;
	}
	return 0;
}

static size_t fake_copy(struct as *as, unsigned char *mine, gaddr_t at, size_t n, bool write)
{
	size_t done = 0;

	while (done < n) {
		size_t off = (at + done) & ~PAGE_MASK, k = MIN(n - done, PAGE_SIZE - off);
		struct fake_page *p = fake_page(as, at + done);

		if (!p || !(p->prot & (write ? PROT_WRITE : PROT_READ)))
			break;
		if (write)
			memcpy(fake_data(p) + off, mine + done, k);
		else
			memcpy(mine + done, fake_data(p) + off, k);
		done += k;
	}
	return done;
}

static size_t fake_as_read(struct as *as, void *dst, gaddr_t src, size_t n)
{
	return fake_copy(as, dst, src, n, false);
}

static size_t fake_as_write(struct as *as, gaddr_t dst, const void *src, size_t n)
{
	return fake_copy(as, (unsigned char *)(uintptr_t)src, dst, n, true);
}

static int fake_as_new(struct as **ret, struct ctx **ret_ctx)
{
	*ret = calloc(1, sizeof(**ret));
	*ret_ctx = calloc(1, sizeof(**ret_ctx));
	(*ret_ctx)->as = *ret;
	fake_as_live++;
	return 0;
}

static int fake_as_fork(struct ctx *parent, struct as **ret, struct ctx **ret_ctx)
{
	fake_as_new(ret, ret_ctx);
	for (struct fake_page *p = parent->as->pages; p; p = p->hh.next) {
		struct fake_page *n = fake_map(*ret, p->pn << PAGE_SHIFT, p->prot, p->shared);

		if (p->data)
			memcpy(fake_data(n), p->data, PAGE_SIZE);
	}
	return 0;
}

static void fake_as_destroy(struct as *as)
{
	struct fake_page *p, *tmp;

	HASH_ITER(hh, as->pages, p, tmp) {
		HASH_DEL(as->pages, p);
		free(p->data);
		free(p);
	}
	free(as);
	fake_as_live--;
}

static void fake_ctx_destroy(struct ctx *ctx)
{
	free(ctx);
}

static struct platform fake_platform = {
	.name = "fake",
	.as_new = fake_as_new,
	.as_fork = fake_as_fork,
	.as_destroy = fake_as_destroy,
	.as_exec = fake_as_exec,
	.as_read = fake_as_read,
	.as_write = fake_as_write,
	.ctx_destroy = fake_ctx_destroy,
};

static UNUSED void fake_window(gaddr_t start, gaddr_t end)
{
	fake_platform.limits = (struct platform_limits){ start, end };
	platform = &fake_platform;
}

/* Runs fn(arg) in a coroutine to its end. */
static UNUSED void in_coroutine(void (*fn)(void *arg), void *arg)
{
	struct co *co = co_new("test", fn, arg);

	assert_non_null(co);
	co_ready(co);
	while (co_run_queued())
		;
}

/* The page content as the guest would see it. */
static UNUSED int fake_byte(struct ctx *ctx, gaddr_t addr)
{
	struct fake_page *p = fake_page(ctx->as, addr);

	return p ? fake_data(p)[addr & ~PAGE_MASK] : -1;
}

#endif
