/* SPDX-License-Identifier: Apache-2.0
 *
 * Address spaces against a model: an array with one entry a page. The tree, the model and what the
 * fake host has mapped must agree after every operation, also when the host refuses one.
 */
#include <fcntl.h>
#include <sys/resource.h>
#include <time.h>

#include "tests/unit/fake_as.h"

#include "core/fs/file.h"
#include "core/fs/filesystems.h"
#include "core/mm/vma.h"

#define LOW MM_MIN_ADDR
#define PAGES 256
#define HIGH (LOW + PAGES * PAGE_SIZE)
#define WIN_A 100 /* window: pages of the arena */
#define WIN_B 110
#define ANON (MAP_PRIVATE | MAP_ANONYMOUS)
#define RW (PROT_READ | PROT_WRITE)

static const struct mm_rlimits no_limits = { RLIM_INFINITY, RLIM_INFINITY, RLIM_INFINITY,
	                                     RLIM_INFINITY, true, false };
static struct mm *mm;
static struct ctx *ctx;

static gaddr_t page_at(unsigned i)
{
	return LOW + i * PAGE_SIZE;
}

static void start(gaddr_t win_start, gaddr_t win_end)
{
	fake_window(win_start, win_end);
	fake_fail_in = 0;
	assert_int_equal(mm_new(false, &mm, &ctx), 0);
	mm->mmap_base = HIGH;
}

static void finish(void)
{
	platform->ctx_destroy(ctx);
	mm = mm_unref(mm);
	assert_int_equal(fake_as_live, 0);
}

static int64_t map(gaddr_t addr, uint64_t pages, int prot, int flags)
{
	return mm_mmap(mm, ctx, &no_limits, addr, pages * PAGE_SIZE, prot, flags, NULL, 0);
}

/* ---- the model ---- */

struct model_page {
	bool mapped, locked;
	int prot, advice;
	unsigned char mark; /* first byte of the page, 0 unless written */
};
static struct model_page model[PAGES];

static bool in_window(unsigned i)
{
	return page_at(i) >= platform->limits.window_start && page_at(i) < platform->limits.window_end;
}

static void compare(const char *what)
{
	mm_verify(mm);
	for (unsigned i = 0; i < PAGES; i++) {
		struct vma *v = mm_find(mm, page_at(i));
		struct fake_page *h = fake_page(ctx->as, page_at(i));
		bool mapped = v && v->start <= page_at(i);

		if (mapped != model[i].mapped)
			fail_msg("%s: page %u mapped: tree %d, model %d", what, i, mapped,
			         model[i].mapped);
		if (in_window(i) ? h != NULL : mapped != (h != NULL))
			fail_msg("%s: page %u mapped: tree %d, host %d", what, i, mapped, h != NULL);
		if (!mapped)
			continue;
		if (v->prot != model[i].prot || v->locked != model[i].locked ||
		    v->advice != model[i].advice)
			fail_msg("%s: page %u: attributes differ", what, i);
		if (h && h->prot != v->prot)
			fail_msg("%s: page %u: prot in tree %d, on host %d", what, i, v->prot, h->prot);
		if (h && fake_byte(ctx, page_at(i)) != model[i].mark)
			fail_msg("%s: page %u: content is lost", what, i);
	}
}

/* After a refused operation only tree and host have to agree. */
static void model_from_tree(void)
{
	for (unsigned i = 0; i < PAGES; i++) {
		struct vma *v = mm_find(mm, page_at(i));

		memset(&model[i], 0, sizeof(model[i]));
		if (!v || v->start > page_at(i))
			continue;
		model[i] = (struct model_page){ true, v->locked, v->prot, v->advice, 0 };
		int byte = fake_byte(ctx, page_at(i));
		model[i].mark = byte < 0 ? 0 : (unsigned char)byte;
	}
}

static bool model_free(unsigned i, unsigned n)
{
	for (unsigned k = i; k < i + n; k++)
		if (model[k].mapped || in_window(k))
			return false;
	return true;
}

/* Highest free place for n pages, or PAGES. */
static unsigned model_place(unsigned n)
{
	for (unsigned i = PAGES - n + 1; i-- > 0;)
		if (model_free(i, n))
			return i;
	return PAGES;
}

/* ---- random operations ---- */

static bool injected; /* this step's first host operation is to fail */

/* Did the host refuse something? Then the outcome is whatever the tree says. */
static bool refused(void)
{
	return injected && !fake_fail_in;
}

static unsigned rnd(unsigned n)
{
	return (unsigned)random() % n;
}

static int random_prot(void)
{
	static const int prots[] = { PROT_NONE, PROT_READ, RW, RW, PROT_READ | PROT_EXEC };

	return prots[rnd(ARRAY_LEN(prots))];
}

/* Writes a byte that the page must keep until it is unmapped. */
static void mark(unsigned i, unsigned n)
{
	for (; n--; i++) {
		unsigned char c = (unsigned char)(1 + rnd(255));

		if (!in_window(i) && mm_copyout(mm, page_at(i), &c, 1) == 0)
			model[i].mark = c;
	}
}

static void model_map(unsigned i, unsigned n, int prot)
{
	for (unsigned k = i; k < i + n; k++)
		model[k] = (struct model_page){ .mapped = true, .prot = prot };
	mark(i, n);
}

static void op_mmap_fixed(unsigned i, unsigned n)
{
	int prot = random_prot();
	bool window = page_at(i) < platform->limits.window_end &&
	              page_at(i + n) > platform->limits.window_start;
	int64_t ret = map(page_at(i), n, prot, ANON | MAP_FIXED);

	if (window && prot != PROT_NONE) {
		assert_int_equal(ret, -ENOMEM);
		return;
	}
	if (ret == -ENOMEM && refused()) {
		model_from_tree();
		return;
	}
	assert_int_equal(ret, page_at(i));
	model_map(i, n, prot);
}

static void op_mmap_anywhere(unsigned n)
{
	unsigned want = model_place(n);
	int prot = random_prot();
	int64_t ret = map(0, n, prot, ANON);

	if (ret == -ENOMEM && refused()) {
		model_from_tree();
		return;
	}
	if (want == PAGES) {
		assert_true(ret >= (int64_t)(TASK_SIZE / 3));
		assert_int_equal(mm_munmap(mm, ctx, (gaddr_t)ret, n * PAGE_SIZE), 0);
		return;
	}
	assert_int_equal(ret, page_at(want));
	model_map(want, n, prot);
}

static void op_munmap(unsigned i, unsigned n)
{
	int ret = mm_munmap(mm, ctx, page_at(i), n * PAGE_SIZE);

	if (refused()) {
		model_from_tree();
		return;
	}
	assert_int_equal(ret, 0);
	memset(&model[i], 0, n * sizeof(model[0]));
}

static void op_mprotect(unsigned i, unsigned n)
{
	int prot = random_prot(), want = 0;
	int ret = mm_mprotect(mm, ctx, page_at(i), n * PAGE_SIZE, prot);
	unsigned k = i;
	bool window = false;

	for (unsigned w = i; w < i + n; w++)
		window |= in_window(w);
	if (refused() || window) {
		/* A mapping that reaches into the window is changed as a whole or not at all. */
		model_from_tree();
		return;
	}
	for (; k < i + n && model[k].mapped; k++)
		model[k].prot = prot;
	want = k == i + n ? 0 : -ENOMEM;
	assert_int_equal(ret, want);
}

static void op_mlock(unsigned i, unsigned n)
{
	bool lock = rnd(2);
	int ret = mm_mlock(mm, ctx, &no_limits, page_at(i), n * PAGE_SIZE, lock);
	unsigned k = i;

	for (; k < i + n && model[k].mapped; k++)
		model[k].locked = lock;
	assert_int_equal(ret, k == i + n ? 0 : -ENOMEM);
}

static void op_madvise(unsigned i, unsigned n)
{
	bool set = rnd(2), hole = false;
	int ret = mm_madvise(mm, ctx, page_at(i), n * PAGE_SIZE, set ? MADV_DONTFORK : MADV_DOFORK);

	if (refused()) {
		model_from_tree();
		return;
	}
	for (unsigned k = i; k < i + n; k++) {
		hole |= !model[k].mapped;
		if (model[k].mapped)
			model[k].advice = set ? VMA_DONTFORK : 0;
	}
	assert_int_equal(ret, hole ? -ENOMEM : 0);
}

static void model_move(unsigned from, unsigned n, unsigned to, unsigned new_n)
{
	struct model_page old[PAGES];

	memcpy(old, model, sizeof(old));
	memset(&model[from], 0, n * sizeof(model[0]));
	for (unsigned k = 0; k < new_n; k++) {
		model[to + k] = old[from + MIN(k, n - 1)];
		if (k >= n)
			model[to + k].mark = 0;
	}
}

static void op_mremap(unsigned i, unsigned n)
{
	unsigned new_n = 1 + rnd(12), to = rnd(PAGES - 12);
	bool fixed = rnd(2);
	int64_t ret = mm_mremap(mm, ctx, &no_limits, page_at(i), n * PAGE_SIZE, new_n * PAGE_SIZE,
	                        MREMAP_MAYMOVE | (fixed ? MREMAP_FIXED : 0), page_at(to));

	if (ret < 0) {
		assert_true(ret == -ENOMEM || ret == -EFAULT || ret == -EINVAL);
		model_from_tree();
		return;
	}
	if (ret >= (int64_t)HIGH) {
		assert_int_equal(mm_munmap(mm, ctx, (gaddr_t)ret, new_n * PAGE_SIZE), 0);
		model_from_tree();
		return;
	}
	to = (unsigned)(((gaddr_t)ret - LOW) >> PAGE_SHIFT);
	if (fixed)
		memset(&model[to], 0, new_n * sizeof(model[0]));
	if (new_n < n) {
		memset(&model[i + new_n], 0, (n - new_n) * sizeof(model[0]));
		n = new_n;
	}
	if (to != i || new_n > n)
		model_move(i, n, to, new_n);
}

static void random_op(unsigned step)
{
	unsigned i = rnd(PAGES - 24), n = 1 + rnd(rnd(4) ? 6 : 24);
	char what[64];

	switch (rnd(8)) {
	case 0: case 1:
		op_mmap_fixed(i, n);
		break;
	case 2:
		op_mmap_anywhere(n);
		break;
	case 3:
		op_munmap(i, n);
		break;
	case 4: case 5:
		op_mprotect(i, n);
		break;
	case 6:
		rnd(2) ? op_mlock(i, n) : op_madvise(i, n);
		break;
	case 7:
		op_mremap(i, n);
		break;
	}
	snprintf(what, sizeof(what), "step %u", step);
	compare(what);
}

static void random_ops(void *failing)
{
	const char *env = getenv("TEST_SEED");
	unsigned seed = env ? (unsigned)strtoul(env, NULL, 0) : (unsigned)time(NULL);

	print_message("TEST_SEED=%u\n", seed);
	srandom(seed);
	for (unsigned round = 0; round < 10; round++) {
		memset(model, 0, sizeof(model));
		start(page_at(WIN_A), page_at(WIN_B));
		for (unsigned step = 0; step < 400; step++) {
			injected = failing && rnd(6) == 0;
			fake_fail_in = injected;
			random_op(step);
		}
		fake_fail_in = 0;
		finish();
	}
}

static void test_random(void **state)
{
	(void)state;
	in_coroutine(random_ops, NULL);
}

static void test_random_failing_host(void **state)
{
	static int yes;
	(void)state;
	in_coroutine(random_ops, &yes);
}

/* ---- rules ---- */

static void merge_body(void *arg UNUSED)
{
	start(0, 0);
	assert_int_equal(map(page_at(0), 4, RW, ANON | MAP_FIXED), page_at(0));
	assert_int_equal(map(page_at(8), 4, RW, ANON | MAP_FIXED), page_at(8));
	assert_int_equal(mm->nr_vmas, 2);
	map(page_at(4), 4, RW, ANON | MAP_FIXED);
	assert_int_equal(mm->nr_vmas, 1);
	mm_mprotect(mm, ctx, page_at(5), PAGE_SIZE, PROT_READ);
	assert_int_equal(mm->nr_vmas, 3);
	assert_int_equal(mm->data_pages, 11);
	mm_mprotect(mm, ctx, page_at(5), PAGE_SIZE, RW);
	assert_int_equal(mm->nr_vmas, 1);
	mm_munmap(mm, ctx, page_at(6), PAGE_SIZE);
	assert_int_equal(mm->nr_vmas, 2);
	mm_set_name(mm, page_at(0), page_at(2), "[test]");
	assert_int_equal(mm->nr_vmas, 3);
	assert_string_equal(mm_find(mm, page_at(1))->name, "[test]");
	mm_verify(mm);
	finish();
}

static void test_merge(void **state)
{
	(void)state;
	in_coroutine(merge_body, NULL);
}

static void mmap_errors_body(void *arg UNUSED)
{
	start(page_at(WIN_A), page_at(WIN_B));
	assert_int_equal(map(0, 0, RW, ANON), -EINVAL);
	assert_int_equal(mm_mmap(mm, ctx, &no_limits, 0, -1UL, RW, ANON, NULL, 0), -ENOMEM);
	assert_int_equal(mm_mmap(mm, ctx, &no_limits, 0, TASK_SIZE + 1, RW, ANON, NULL, 0), -ENOMEM);
	assert_int_equal(map(page_at(1) + 1, 1, RW, ANON | MAP_FIXED), -EINVAL);
	assert_int_equal(map(PAGE_SIZE, 1, RW, ANON | MAP_FIXED), -EPERM);
	assert_int_equal(map(TASK_SIZE, 1, RW, ANON | MAP_FIXED), -ENOMEM);
	assert_int_equal(map(TASK_SIZE - PAGE_SIZE, 2, RW, ANON | MAP_FIXED), -ENOMEM);
	assert_int_equal(map(-PAGE_SIZE, 1, RW, ANON | MAP_FIXED), -ENOMEM);
	assert_int_equal(map(0, 1, RW, MAP_ANONYMOUS), -EINVAL);
	assert_int_equal(map(0, 1, RW, MAP_ANONYMOUS | MAP_SHARED_VALIDATE), -EINVAL);
	assert_int_equal(map(0, 1, RW, ANON | MAP_HUGETLB), -ENOMEM);
	assert_int_equal(map(page_at(3), 1, RW, ANON | MAP_FIXED), page_at(3));
	assert_int_equal(map(page_at(2), 2, RW, ANON | MAP_FIXED_NOREPLACE), -EEXIST);
	assert_int_equal(map(page_at(4), 2, RW, ANON | MAP_FIXED_NOREPLACE), page_at(4));
	/* A hint that is taken, or too low. */
	assert_int_equal(map(page_at(3), 1, PROT_READ, ANON), HIGH - PAGE_SIZE);
	assert_int_equal(map(PAGE_SIZE + 123, 1, PROT_READ, ANON), page_at(0));
	assert_int_equal(map(page_at(20) + 5, 1, PROT_READ, ANON), page_at(20));
	/* The window: reservations may cover it, memory may not. */
	assert_int_equal(map(page_at(90), 40, RW, ANON | MAP_FIXED), -ENOMEM);
	assert_int_equal(map(page_at(90), 40, PROT_NONE, ANON | MAP_FIXED), page_at(90));
	assert_null(fake_page(ctx->as, page_at(WIN_A)));
	assert_non_null(fake_page(ctx->as, page_at(WIN_A - 1)));
	assert_non_null(fake_page(ctx->as, page_at(WIN_B)));
	assert_int_equal(mm_mprotect(mm, ctx, page_at(90), 40 * PAGE_SIZE, PROT_READ), -ENOMEM);
	assert_int_equal(mm_mprotect(mm, ctx, page_at(120), PAGE_SIZE, PROT_READ), 0);
	assert_int_equal(mm_munmap(mm, ctx, page_at(90), 40 * PAGE_SIZE), 0);
	int64_t low = map(0, 1, RW, ANON | MAP_32BIT);
	assert_true(low >= 0x40000000 && low < 0x80000000);
	mm_verify(mm);
	finish();
}

static void test_mmap_errors(void **state)
{
	(void)state;
	in_coroutine(mmap_errors_body, NULL);
}

static void munmap_mprotect_errors_body(void *arg UNUSED)
{
	start(0, 0);
	assert_int_equal(mm_munmap(mm, ctx, page_at(0) + 1, PAGE_SIZE), -EINVAL);
	assert_int_equal(mm_munmap(mm, ctx, page_at(0), 0), -EINVAL);
	assert_int_equal(mm_munmap(mm, ctx, page_at(0), TASK_SIZE), -EINVAL);
	assert_int_equal(mm_munmap(mm, ctx, page_at(0), PAGE_SIZE), 0);
	assert_int_equal(mm_mprotect(mm, ctx, page_at(0) + 1, PAGE_SIZE, RW), -EINVAL);
	assert_int_equal(mm_mprotect(mm, ctx, page_at(0), 0, RW), 0);
	assert_int_equal(mm_mprotect(mm, ctx, page_at(0), PAGE_SIZE, RW), -ENOMEM);
	assert_int_equal(mm_mprotect(mm, ctx, page_at(0), -1UL, RW), -ENOMEM);
	map(page_at(0), 1, RW, ANON | MAP_FIXED);
	assert_int_equal(mm_mprotect(mm, ctx, page_at(0), PAGE_SIZE, 0x40), -EINVAL);
	assert_int_equal(mm_mprotect(mm, ctx, page_at(0), PAGE_SIZE, RW | PROT_GROWSDOWN), -EINVAL);
	/* Up to the hole it takes effect. */
	assert_int_equal(mm_mprotect(mm, ctx, page_at(0), 2 * PAGE_SIZE, PROT_READ), -ENOMEM);
	assert_int_equal(mm_find(mm, page_at(0))->prot, PROT_READ);
	assert_int_equal(mm_madvise(mm, ctx, page_at(0), PAGE_SIZE, 100), -EINVAL);
	assert_int_equal(mm_madvise(mm, ctx, page_at(0), PAGE_SIZE, 999), -EINVAL);
	assert_int_equal(mm_madvise(mm, ctx, page_at(0), 0, MADV_DONTNEED), 0);
	assert_int_equal(mm_madvise(mm, ctx, page_at(0), PAGE_SIZE, MADV_REMOVE), -EINVAL);
	finish();
}

static void test_munmap_mprotect_errors(void **state)
{
	(void)state;
	in_coroutine(munmap_mprotect_errors_body, NULL);
}

static void limits_body(void *arg UNUSED)
{
	struct mm_rlimits lim = no_limits;

	start(0, 0);
	lim.can_lock = false;
	lim.as = 4 * PAGE_SIZE;
	assert_int_equal(mm_mmap(mm, ctx, &lim, 0, 5 * PAGE_SIZE, RW, ANON, NULL, 0), -ENOMEM);
	int64_t a = mm_mmap(mm, ctx, &lim, 0, 4 * PAGE_SIZE, RW, ANON, NULL, 0);
	assert_true(a > 0);
	assert_int_equal(mm_mmap(mm, ctx, &lim, 0, PAGE_SIZE, RW, ANON, NULL, 0), -ENOMEM);
	/* What is replaced doesn't count twice. */
	assert_int_equal(mm_mmap(mm, ctx, &lim, (gaddr_t)a, 4 * PAGE_SIZE, RW, ANON | MAP_FIXED, NULL, 0),
	                 a);
	lim.as = RLIM_INFINITY;
	lim.data = 5 * PAGE_SIZE;
	assert_int_equal(mm_mmap(mm, ctx, &lim, 0, 2 * PAGE_SIZE, RW, ANON, NULL, 0), -ENOMEM);
	assert_true(mm_mmap(mm, ctx, &lim, 0, 2 * PAGE_SIZE, PROT_READ, ANON, NULL, 0) > 0);
	lim.memlock = 2 * PAGE_SIZE;
	assert_int_equal(mm_mlock(mm, ctx, &lim, (gaddr_t)a, 2 * PAGE_SIZE, true), 0);
	assert_int_equal(mm_mlock(mm, ctx, &lim, (gaddr_t)a, 2 * PAGE_SIZE, true), 0);
	assert_int_equal(mm_mlock(mm, ctx, &lim, (gaddr_t)a, 3 * PAGE_SIZE, true), -ENOMEM);
	assert_int_equal(mm->locked_pages, 2);
	assert_int_equal(mm_mmap(mm, ctx, &lim, 0, PAGE_SIZE, PROT_READ, ANON | MAP_LOCKED, NULL, 0),
	                 -EAGAIN);
	lim.memlock = 0;
	assert_int_equal(mm_mmap(mm, ctx, &lim, 0, PAGE_SIZE, PROT_READ, ANON | MAP_LOCKED, NULL, 0),
	                 -EPERM);
	assert_int_equal(mm_mlock(mm, ctx, &lim, (gaddr_t)a, PAGE_SIZE, true), -EPERM);
	assert_int_equal(mm_madvise(mm, ctx, (gaddr_t)a, PAGE_SIZE, MADV_DONTNEED), -EINVAL);
	assert_int_equal(mm_mlockall(mm, &lim, 0), 0);
	assert_int_equal(mm->locked_pages, 0);
	finish();
}

static void test_limits(void **state)
{
	(void)state;
	in_coroutine(limits_body, NULL);
}

static int64_t remap(unsigned from, unsigned n, unsigned new_n, int flags, unsigned to)
{
	return mm_mremap(mm, ctx, &no_limits, page_at(from), n * PAGE_SIZE, new_n * PAGE_SIZE, flags,
	                 page_at(to));
}

static void mremap_body(void *arg UNUSED)
{
	unsigned char c = 77;

	start(page_at(WIN_A), page_at(WIN_B));
	map(page_at(10), 4, RW, ANON | MAP_FIXED);
	assert_int_equal(mm_copyout(mm, page_at(12), &c, 1), 0);
	assert_int_equal(remap(10, 4, 8, 8, 0), -EINVAL);
	assert_int_equal(remap(10, 4, 8, MREMAP_FIXED, 0), -EINVAL);
	assert_int_equal(remap(10, 4, 0, 0, 0), -EINVAL);
	assert_int_equal(remap(20, 4, 8, 0, 0), -EFAULT);
	assert_int_equal(remap(10, 5, 8, 0, 0), -EFAULT);
	assert_int_equal(remap(10, 0, 8, MREMAP_MAYMOVE, 0), -EINVAL);
	assert_int_equal(remap(10, 4, 4, MREMAP_MAYMOVE | MREMAP_FIXED, 12), -EINVAL);
	/* In place, as far as there is room. */
	assert_int_equal(remap(10, 4, 8, 0, 0), page_at(10));
	map(page_at(18), 1, PROT_READ, ANON | MAP_FIXED);
	assert_int_equal(remap(10, 8, 9, 0, 0), -ENOMEM);
	assert_int_equal(remap(10, 8, 4, 0, 0), page_at(10));
	/* Elsewhere, with the content. */
	assert_int_equal(remap(10, 4, 9, MREMAP_MAYMOVE, 0), page_at(PAGES - 9));
	assert_int_equal(fake_byte(ctx, page_at(PAGES - 7)), 77);
	assert_null(fake_page(ctx->as, page_at(10)));
	assert_int_equal(remap(PAGES - 9, 9, 9, MREMAP_MAYMOVE | MREMAP_FIXED, 30), page_at(30));
	assert_int_equal(fake_byte(ctx, page_at(32)), 77);
	/* DONTUNMAP leaves zero pages behind. */
	assert_int_equal(remap(30, 9, 9, MREMAP_MAYMOVE | 4, PAGES - 9), page_at(PAGES - 9));
	assert_int_equal(fake_byte(ctx, page_at(PAGES - 7)), 77);
	assert_non_null(vma_meets(mm, page_at(30), page_at(39)));
	/* Nothing goes into the window or comes out of it. */
	assert_int_equal(remap(PAGES - 9, 2, 2, MREMAP_MAYMOVE | MREMAP_FIXED, WIN_A), -ENOMEM);
	map(page_at(90), 30, PROT_NONE, ANON | MAP_FIXED);
	assert_int_equal(remap(90, 30, 30, MREMAP_MAYMOVE | MREMAP_FIXED, 140), -ENOMEM);
	mm_verify(mm);
	finish();
}

static void test_mremap(void **state)
{
	(void)state;
	in_coroutine(mremap_body, NULL);
}

static void shared_body(void *arg UNUSED)
{
	struct futex_key a, b;
	struct ctx *child_ctx;
	struct mm *child;

	start(0, 0);
	int64_t at = map(0, 4, RW, MAP_SHARED | MAP_ANONYMOUS);
	assert_true(at > 0);
	assert_int_equal(mm->shared_pages, 4);
	/* old_len 0 maps the same memory a second time. */
	int64_t twin = mm_mremap(mm, ctx, &no_limits, (gaddr_t)at, 0, 2 * PAGE_SIZE, MREMAP_MAYMOVE, 0);
	assert_true(twin > 0 && twin != at);
	assert_int_equal(mm_futex_key(mm, (gaddr_t)at + 8, false, &a), 0);
	assert_int_equal(mm_futex_key(mm, (gaddr_t)twin + 8, false, &b), 0);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_true(a.shared);
	mm_futex_key(mm, (gaddr_t)twin + 8, true, &b);
	assert_memory_not_equal(&a, &b, sizeof(a));

	int64_t priv = map(0, 2, RW, ANON);
	mm_madvise(mm, ctx, (gaddr_t)priv, PAGE_SIZE, MADV_DONTFORK);
	mm_mlock(mm, ctx, &no_limits, (gaddr_t)priv + PAGE_SIZE, PAGE_SIZE, true);
	assert_int_equal(mm_fork(mm, ctx, &child, &child_ctx), 0);
	mm_verify(child);
	assert_int_equal(child->total_pages, mm->total_pages - 1);
	assert_int_equal(child->locked_pages, 0);
	mm_futex_key(child, (gaddr_t)at + 8, false, &b);
	assert_memory_equal(&a, &b, sizeof(a));
	assert_int_equal(mm_futex_key(mm, (gaddr_t)priv, false, &a), 0);
	assert_int_equal(mm_futex_key(child, (gaddr_t)priv, false, &b), -EFAULT);
	assert_int_equal(mm_futex_key(child, (gaddr_t)priv + PAGE_SIZE, false, &b), 0);
	assert_true(a.object != b.object);
	assert_int_equal(mm_futex_key(mm, TASK_SIZE, true, &a), -EFAULT);
	platform->ctx_destroy(child_ctx);
	mm_unref(child);
	finish();
}

static void test_shared_and_fork(void **state)
{
	(void)state;
	in_coroutine(shared_body, NULL);
}

static void file_rules_body(void *arg UNUSED)
{
	struct file *f;

	start(0, 0);
	assert_int_equal(tmpfs_anon_file("test", 3 * PAGE_SIZE, O_RDWR, &f), 0);
	f->can_write = false;
	assert_int_equal(mm_mmap(mm, ctx, &no_limits, 0, 1, RW, MAP_SHARED, f, 0), -EACCES);
	assert_int_equal(mm_mmap(mm, ctx, &no_limits, 0, 1, RW, MAP_SHARED_VALIDATE | 0x1000000, f, 0),
	                 -EOPNOTSUPP);
	assert_int_equal(mm_mmap(mm, ctx, &no_limits, 0, 1, RW, MAP_PRIVATE | MAP_GROWSDOWN, f, 0),
	                 -EINVAL);
	assert_int_equal(mm_mmap(mm, ctx, &no_limits, 0, 2 * PAGE_SIZE, RW, MAP_PRIVATE, f,
	                         INT64_MAX & PAGE_MASK),
	                 -EOVERFLOW);
	int64_t at = mm_mmap(mm, ctx, &no_limits, 0, 1, PROT_READ, MAP_SHARED, f, PAGE_SIZE);
	assert_true(at > 0);
	assert_int_equal(mm_mprotect(mm, ctx, (gaddr_t)at, PAGE_SIZE, RW), -EACCES);
	assert_int_equal(mm_find(mm, (gaddr_t)at)->off, PAGE_SIZE);
	f->can_read = false;
	assert_int_equal(mm_mmap(mm, ctx, &no_limits, 0, 1, PROT_READ, MAP_PRIVATE, f, 0), -EACCES);
	f->can_read = f->can_write = true;
	/* Neighbouring parts of a file join, others don't. */
	int64_t x = mm_mmap(mm, ctx, &no_limits, page_at(1), PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED, f, 0);
	mm_mmap(mm, ctx, &no_limits, page_at(2), PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED, f, PAGE_SIZE);
	mm_mmap(mm, ctx, &no_limits, page_at(3), PAGE_SIZE, RW, MAP_PRIVATE | MAP_FIXED, f, 0);
	assert_int_equal(mm_find(mm, (gaddr_t)x)->end, page_at(3));
	mm_verify(mm);
	file_unref(f);
	finish();
}

static void test_file_rules(void **state)
{
	(void)state;
	in_coroutine(file_rules_body, NULL);
}

static void brk_body(void *arg UNUSED)
{
	struct mm_rlimits lim = no_limits;
	gaddr_t b = page_at(10);

	start(page_at(WIN_A), page_at(WIN_B));
	mm->brk_start = mm->brk = b + 100;
	assert_int_equal(mm_brk(mm, ctx, &lim, 0), b + 100);
	assert_int_equal(mm_brk(mm, ctx, &lim, b + 200), b + 200);
	assert_int_equal(mm_brk(mm, ctx, &lim, b + 3 * PAGE_SIZE + 1), b + 3 * PAGE_SIZE + 1);
	assert_string_equal(mm_find(mm, b + PAGE_SIZE)->name, "[heap]");
	assert_int_equal(mm_brk(mm, ctx, &lim, b + 6 * PAGE_SIZE), b + 6 * PAGE_SIZE);
	assert_int_equal(mm->nr_vmas, 1);
	assert_int_equal(mm_brk(mm, ctx, &lim, b + PAGE_SIZE), b + PAGE_SIZE);
	assert_int_equal(mm->nr_vmas, 0);
	/* A page stays free below the next mapping. */
	map(b + 4 * PAGE_SIZE, 1, RW, ANON | MAP_FIXED);
	assert_int_equal(mm_brk(mm, ctx, &lim, b + 4 * PAGE_SIZE), b + PAGE_SIZE);
	assert_int_equal(mm_brk(mm, ctx, &lim, b + 3 * PAGE_SIZE), b + 3 * PAGE_SIZE);
	mm_munmap(mm, ctx, b + 4 * PAGE_SIZE, PAGE_SIZE);
	lim.data = 4 * PAGE_SIZE;
	assert_int_equal(mm_brk(mm, ctx, &lim, b + 6 * PAGE_SIZE), b + 3 * PAGE_SIZE);
	assert_int_equal(mm_brk(mm, ctx, &no_limits, page_at(WIN_B)), b + 3 * PAGE_SIZE);
	assert_int_equal(mm_brk(mm, ctx, &no_limits, TASK_SIZE + 1), b + 3 * PAGE_SIZE);
	finish();
}

static void test_brk(void **state)
{
	(void)state;
	in_coroutine(brk_body, NULL);
}

static void growsdown_body(void *arg UNUSED)
{
	struct mm_rlimits lim = no_limits;
	gaddr_t top = 0x20000000;

	start(0, 0);
	mm->mmap_base = top;
	assert_true(map(top - PAGE_SIZE, 1, RW, ANON | MAP_FIXED | MAP_GROWSDOWN) > 0);
	/* The guard gap is kept when an address is picked. */
	assert_int_equal(map(0, 1, RW, ANON), top - PAGE_SIZE - MM_GUARD_GAP - PAGE_SIZE);
	assert_int_equal(mm_expand_stack(mm, ctx, &lim, top - 5 * PAGE_SIZE), -ENOMEM);
	mm_munmap(mm, ctx, top - 2 * PAGE_SIZE - MM_GUARD_GAP, PAGE_SIZE);
	assert_int_equal(mm_expand_stack(mm, ctx, &lim, top - 5 * PAGE_SIZE), 0);
	assert_int_equal(mm->stack_pages, 5);
	assert_non_null(fake_page(ctx->as, top - 5 * PAGE_SIZE));
	lim.stack = 6 * PAGE_SIZE;
	assert_int_equal(mm_expand_stack(mm, ctx, &lim, top - 7 * PAGE_SIZE), -ENOMEM);
	assert_int_equal(mm_expand_stack(mm, ctx, &lim, top), -EFAULT);
	assert_int_equal(mm_mprotect(mm, ctx, top - PAGE_SIZE, PAGE_SIZE, PROT_READ | PROT_GROWSDOWN), 0);
	assert_int_equal(mm_find(mm, top - 5 * PAGE_SIZE)->prot, PROT_READ);
	mm_verify(mm);
	finish();
}

static void test_growsdown(void **state)
{
	(void)state;
	in_coroutine(growsdown_body, NULL);
}

static void copies_body(void *arg UNUSED)
{
	char buf[64];

	start(page_at(WIN_A), page_at(WIN_B));
	map(page_at(0), 2, RW, ANON | MAP_FIXED);
	assert_int_equal(mm_copyout(mm, page_at(2) - 6, "hello", 6), 0);
	assert_int_equal(mm_copyin_str(mm, buf, page_at(2) - 6, sizeof(buf)), 5);
	assert_string_equal(buf, "hello");
	assert_int_equal(mm_copyin_str(mm, buf, page_at(2) - 6, 5), -ENAMETOOLONG);
	assert_int_equal(mm_copyout(mm, page_at(2) - 6, "world!", 6), 0);
	assert_int_equal(mm_copyin_str(mm, buf, page_at(2) - 6, sizeof(buf)), -EFAULT);
	assert_int_equal(mm_copyin_str(mm, buf, -1UL, sizeof(buf)), -EFAULT);
	assert_int_equal(mm_read_some(mm, buf, page_at(2) - 10, 20), 10);
	assert_int_equal(mm_copyin(mm, buf, page_at(2) - 10, 20), -EFAULT);
	assert_int_equal(mm_copyin(mm, buf, page_at(50), 0), 0);
	assert_int_equal(mm_span(page_at(WIN_A) - 3, 20), 3);
	assert_int_equal(mm_span(page_at(WIN_A), 20), 0);
	assert_int_equal(mm_span(page_at(WIN_B), 20), 20);
	assert_int_equal(mm_span(TASK_SIZE - 3, -1UL), 3);
	assert_int_equal(mm_span(-1UL, 20), 0);
	finish();
}

static void test_copies(void **state)
{
	(void)state;
	in_coroutine(copies_body, NULL);
}

static void many_body(void *arg UNUSED)
{
	gaddr_t at = 0x10000000;
	int64_t ret = 0;

	start(0, 0);
	mm->mmap_base = TASK_SIZE - 0x10000000;
	for (unsigned i = 0; i < MM_MAX_MAPS; i++) {
		ret = map(at + 2 * i * PAGE_SIZE, 1, PROT_READ, ANON | MAP_FIXED);
		if (ret < 0)
			break;
	}
	assert_true(ret > 0);
	mm_verify(mm);
	assert_true(map(at + 2 * MM_MAX_MAPS * PAGE_SIZE, 1, RW, ANON | MAP_FIXED) > 0);
	assert_int_equal(map(0, 1, RW, ANON), -ENOMEM);
	/* A hole in the middle would make one more. */
	assert_int_equal(mm_munmap(mm, ctx, at, PAGE_SIZE), 0);
	finish();
}

static void test_many(void **state)
{
	(void)state;
	in_coroutine(many_body, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_merge),
		cmocka_unit_test(test_mmap_errors),
		cmocka_unit_test(test_munmap_mprotect_errors),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_mremap),
		cmocka_unit_test(test_shared_and_fork),
		cmocka_unit_test(test_file_rules),
		cmocka_unit_test(test_brk),
		cmocka_unit_test(test_growsdown),
		cmocka_unit_test(test_copies),
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_random_failing_host),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests_name("mm", tests, NULL, NULL);
}
