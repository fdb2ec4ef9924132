/* SPDX-License-Identifier: Apache-2.0
 *
 * Scattered transfers: order, cut lengths, faults in the middle, taking bytes back.
 */
#include <sys/resource.h>

#include "tests/unit/fake_as.h"

#include "core/uio.h"

#define BASE ((gaddr_t)0x100000)
#define RW (PROT_READ | PROT_WRITE)

static struct mm *mm;
static struct ctx *ctx;

/* Two pages, a hole, a page. */
static void start(void)
{
	fake_window(0, 0);
	assert_int_equal(mm_new(false, &mm, &ctx), 0);
	assert_true(mm_mmap(mm, ctx, NULL, BASE, 2 * PAGE_SIZE, RW,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0) > 0);
	assert_true(mm_mmap(mm, ctx, NULL, BASE + 3 * PAGE_SIZE, PAGE_SIZE, RW,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, NULL, 0) > 0);
}

static void finish(void)
{
	platform->ctx_destroy(ctx);
	mm = mm_unref(mm);
}

static void kernel_body(void *arg UNUSED)
{
	char buf[8], out[8];
	struct uio u;

	uio_kernel(&u, buf, sizeof(buf));
	assert_int_equal(uio_put(&u, "abcde", 5), 5);
	assert_int_equal(uio_put(&u, "fghij", 5), 3);
	assert_memory_equal(buf, "abcdefgh", 8);
	assert_int_equal(uio_result(&u), 8);
	uio_revert(&u, 3);
	assert_int_equal(u.resid, 3);
	assert_int_equal(uio_zero(&u, 100), 3);
	assert_memory_equal(buf, "abcde\0\0\0", 8);
	uio_kernel(&u, buf, 5);
	assert_int_equal(uio_get(&u, out, 8), 5);
	assert_memory_equal(out, "abcde", 5);
}

static void guest_body(void *arg UNUSED)
{
	char big[3 * 4096];
	struct uio u;

	start();
	memset(big, 'x', sizeof(big));
	uio_guest(&u, mm, BASE + PAGE_SIZE, 2 * PAGE_SIZE);
	assert_int_equal(uio_put(&u, big, sizeof(big)), PAGE_SIZE);
	assert_true(u.fault);
	assert_int_equal(uio_result(&u), PAGE_SIZE);
	uio_guest(&u, mm, BASE + 2 * PAGE_SIZE, 10);
	assert_int_equal(uio_put(&u, big, 10), 0);
	assert_int_equal(uio_result(&u), -EFAULT);
	uio_guest(&u, mm, TASK_SIZE - 1, 10);
	assert_int_equal(uio_get(&u, big, 10), 0);
	assert_int_equal(uio_result(&u), -EFAULT);
	uio_guest(&u, mm, BASE, SIZE_MAX);
	assert_int_equal(u.resid, UIO_MAX_BYTES);
	/* A struct uio may be copied. */
	struct uio copy = u;
	memset(&u, 0xff, sizeof(u));
	assert_int_equal(uio_put(&copy, "hi", 2), 2);
	assert_int_equal(fake_byte(ctx, BASE + 1), 'i');
	finish();
}

static void segs_body(void *arg UNUSED)
{
	struct uio_seg segs[] = { { BASE, 3 }, { 0, 0 }, { BASE + 10, 2 }, { BASE + 2 * PAGE_SIZE - 2, 8 },
		                  { BASE, 4 } };
	char out[8];
	struct uio u;

	start();
	uio_segs(&u, mm, segs, ARRAY_LEN(segs), 17);
	assert_int_equal(uio_put(&u, "abcd", 4), 4);
	assert_int_equal(fake_byte(ctx, BASE + 10), 'd');
	uio_revert(&u, 2); /* c and d: over the empty one */
	assert_int_equal(u.done, 2);
	assert_int_equal(uio_put(&u, "CDE", 3), 3);
	assert_int_equal(fake_byte(ctx, BASE + 2), 'C');
	assert_int_equal(fake_byte(ctx, BASE + 11), 'E');
	/* The fourth runs into the hole after two bytes. */
	assert_int_equal(uio_put(&u, "12345678", 8), 2);
	assert_true(u.fault);
	assert_int_equal(uio_result(&u), 7);

	uio_segs(&u, mm, segs, 3, 5);
	assert_int_equal(uio_get(&u, out, 8), 5);
	assert_memory_equal(out, "abCDE", 5);
	assert_int_equal(u.resid, 0);
	uio_revert(&u, 5);
	assert_int_equal(uio_get(&u, out, 1), 1);
	assert_int_equal(out[0], 'a');
	finish();
}

static ssize_t import(const struct uio_seg *v, uint64_t n, struct uio_seg **ret)
{
	static struct uio_seg fast[2];

	if (*ret && *ret != fast)
		free(*ret);
	*ret = NULL;
	mm_copyout(mm, BASE, v, MIN(n, 4) * sizeof(*v));
	return uio_import(mm, BASE, n, fast, 2, ret);
}

static void import_body(void *arg UNUSED)
{
	struct uio_seg v[4] = { { BASE, 10 }, { BASE + 5, 20 }, { BASE, 0 }, { BASE, 1 } };
	struct uio_seg *ret = NULL;

	start();
	assert_int_equal(import(v, 2, &ret), 30);
	assert_int_equal(ret[1].base, BASE + 5);
	assert_int_equal(import(v, 4, &ret), 31);
	assert_int_equal(import(v, 0, &ret), 0);
	assert_int_equal(import(v, UIO_MAXIOV + 1, &ret), -EINVAL);
	v[1].len = (uint64_t)-1;
	assert_int_equal(import(v, 4, &ret), -EINVAL);
	v[0].base = TASK_SIZE;
	assert_int_equal(import(v, 4, &ret), -EINVAL);
	v[1].len = 1;
	assert_int_equal(import(v, 4, &ret), -EFAULT);
	v[0] = (struct uio_seg){ BASE, UIO_MAX_BYTES - 1 };
	v[1].len = 100;
	assert_int_equal(import(v, 4, &ret), UIO_MAX_BYTES);
	assert_int_equal(ret[1].len, 1);
	assert_int_equal(ret[3].len, 0);
	assert_int_equal(uio_import(mm, BASE + 2 * PAGE_SIZE - 8, 1, v, 4, &ret), -EFAULT);
	assert_int_equal(uio_import(mm, BASE + 2 * PAGE_SIZE, 4, v, 1, &ret), -EFAULT);
	import(v, 0, &ret);
	finish();
}

static void test_kernel(void **state)
{
	(void)state;
	in_coroutine(kernel_body, NULL);
}

static void test_guest(void **state)
{
	(void)state;
	in_coroutine(guest_body, NULL);
}

static void test_segs(void **state)
{
	(void)state;
	in_coroutine(segs_body, NULL);
}

static void test_import(void **state)
{
	(void)state;
	in_coroutine(import_body, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kernel),
		cmocka_unit_test(test_guest),
		cmocka_unit_test(test_segs),
		cmocka_unit_test(test_import),
	};

	return cmocka_run_group_tests_name("uio", tests, NULL, NULL);
}
