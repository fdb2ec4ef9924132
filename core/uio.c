/* SPDX-License-Identifier: Apache-2.0
 *
 * Scattered transfers over guest memory or a kernel buffer. Layer: core. See uio.h.
 */
#include "core/uio.h"

#include <stdlib.h>

#include "core/mm/mm.h"

void uio_kernel(struct uio *u, void *buf, size_t n)
{
	*u = (struct uio){ .resid = n, .kbuf = buf };
}

void uio_guest(struct uio *u, struct mm *mm, gaddr_t base, size_t n)
{
	n = MIN(n, UIO_MAX_BYTES);
	*u = (struct uio){ .resid = n, .mm = mm, .nsegs = 1, .one = { base, n } };
	/* segs stays NULL: it means `one`, so that a struct uio can be copied. */
}

void uio_segs(struct uio *u, struct mm *mm, const struct uio_seg *segs, unsigned n, size_t total)
{
	*u = (struct uio){
		.resid = MIN(total, UIO_MAX_BYTES), .mm = mm, .segs = segs, .nsegs = n
	};
}

CO_FN ssize_t uio_import(struct mm *mm, gaddr_t iov, uint64_t n, struct uio_seg *fast,
                         unsigned fast_n, struct uio_seg **ret)
{
	struct uio_seg *segs = fast;
	size_t total = 0;
	int err = 0;

	_Static_assert(sizeof(struct uio_seg) == 16, "struct uio_seg is the guest's struct iovec");
	if (n > UIO_MAXIOV)
		return -EINVAL;
	if (n > fast_n) {
		segs = malloc(n * sizeof(*segs));
		if (!segs)
			return -ENOMEM;
	}
	if (n && mm_copyin(mm, segs, iov, n * sizeof(*segs)))
		err = -EFAULT;
	for (uint64_t i = 0; !err && i < n; i++)
		if ((int64_t)segs[i].len < 0)
			err = -EINVAL;
	for (uint64_t i = 0; !err && i < n; i++) {
		if (segs[i].base > TASK_SIZE || segs[i].len > TASK_SIZE - segs[i].base)
			err = -EFAULT; /* access_ok() */
		segs[i].len = MIN(segs[i].len, UIO_MAX_BYTES - total);
		total += segs[i].len;
	}
	if (err) {
		if (segs != fast)
			free(segs);
		return err;
	}
	*ret = segs;
	return (ssize_t)total;
}

static const struct uio_seg *current_seg(const struct uio *u)
{
	return u->segs ? &u->segs[u->seg] : &u->one;
}

/* Bytes that the current segment still takes, after stepping over those that are used up. */
static uint64_t seg_room(struct uio *u)
{
	while (u->seg < u->nsegs) {
		uint64_t len = current_seg(u)->len;

		if (u->seg_off < len)
			return len - u->seg_off;
		u->seg++;
		u->seg_off = 0;
	}
	return 0;
}

static void advance(struct uio *u, size_t n)
{
	u->seg_off += n;
	u->resid -= n;
	u->done += n;
}

static CO_FN size_t transfer(struct uio *u, void *buf, size_t n, bool put)
{
	size_t moved = 0;

	n = MIN(n, u->resid);
	if (!u->mm) {
		char *at = u->kbuf + u->done;

		if (n)
			memcpy(put ? at : (char *)buf, put ? (char *)buf : at, n);
		advance(u, n);
		return n;
	}
	while (moved < n) {
		uint64_t room = seg_room(u);
		size_t want = MIN(n - moved, room);

		if (!want)
			break;
		gaddr_t at = current_seg(u)->base + u->seg_off;
		size_t got = put ? mm_write_some(u->mm, at, (char *)buf + moved, want)
		                 : mm_read_some(u->mm, (char *)buf + moved, at, want);
		advance(u, got);
		moved += got;
		if (got < want) {
			u->fault = true;
			break;
		}
	}
	return moved;
}

CO_FN size_t uio_put(struct uio *u, const void *src, size_t n)
{
	return transfer(u, (void *)(uintptr_t)src, n, true);
}

CO_FN size_t uio_get(struct uio *u, void *dst, size_t n)
{
	return transfer(u, dst, n, false);
}

CO_FN size_t uio_zero(struct uio *u, size_t n)
{
	static const char zeros[4096];
	size_t moved = 0;

	n = MIN(n, u->resid);
	while (moved < n) {
		size_t want = MIN(n - moved, sizeof(zeros));
		size_t got = uio_put(u, zeros, want);

		moved += got;
		if (got < want)
			break;
	}
	return moved;
}

void uio_revert(struct uio *u, size_t n)
{
	n = MIN(n, u->done);
	u->done -= n;
	u->resid += n;
	if (!u->mm)
		return;
	while (n > u->seg_off) {
		n -= u->seg_off;
		u->seg--;
		u->seg_off = current_seg(u)->len;
	}
	u->seg_off -= n;
}
