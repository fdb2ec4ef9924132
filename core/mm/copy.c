/* SPDX-License-Identifier: Apache-2.0
 *
 * Copying between the sentry and guest memory. Layer: core.
 *
 * Addresses are the guest's and hostile: what lies beyond TASK_SIZE or in the platform's window is a
 * fault at that byte, everything else is for the platform to find out. Large copies give way.
 *
 * Small ones, for the call that the coroutine answers, may cost nothing: see ctx_read and ctx_write.
 */
#include "core/fs/file.h"
#include "core/fs/vfs.h"
#include "core/mm/mm.h"
#include "core/mm/vma.h"

#define COPY_CHUNK ((size_t)64 * 1024)

static size_t read_brought(struct mm *mm, void *dst, gaddr_t src, size_t n)
{
	struct co *co = co_self();

	return co && co->ctx && platform->ctx_read ? platform->ctx_read(co->ctx, mm->as, dst, src, n) : 0;
}

/* Behind a file's end there is nothing: a call that is to write there must fail before it has done more. */
static bool is_backed(const struct vma *v, gaddr_t addr, size_t n)
{
	return !v->file || v->off + (addr - v->start) + n <= PAGE_UP(v->file->inode->size);
}

static bool write_later(struct mm *mm, gaddr_t dst, const void *src, size_t n)
{
	struct co *co = co_self();

	if (!n || !co || !co->ctx || !platform->ctx_write)
		return false;
	const struct vma *v = vma_find(mm, dst);
	bool own = v && v->start <= dst && v->end - dst >= n && v->prot & PROT_WRITE && !vma_shared(v) &&
		   is_backed(v, dst, n);
	return platform->ctx_write(co->ctx, mm->as, dst, src, n, own);
}

CO_FN size_t mm_read_some(struct mm *mm, void *dst, gaddr_t src, size_t n)
{
	size_t done;

	n = mm_span(src, n);
	done = read_brought(mm, dst, src, n);
	while (done < n) {
		size_t want = MIN(n - done, COPY_CHUNK);
		size_t got = platform->as_read(mm->as, (char *)dst + done, src + done, want);

		done += got;
		if (got < want)
			break;
		if (got >= PAGE_SIZE)
			co_did_bytes(got);
	}
	return done;
}

CO_FN size_t mm_write_some(struct mm *mm, gaddr_t dst, const void *src, size_t n)
{
	size_t done = 0;

	n = mm_span(dst, n);
	if (write_later(mm, dst, src, n))
		return n;
	while (done < n) {
		size_t want = MIN(n - done, COPY_CHUNK);
		size_t got = platform->as_write(mm->as, dst + done, (const char *)src + done, want);

		done += got;
		if (got < want)
			break;
		if (got >= PAGE_SIZE)
			co_did_bytes(got);
	}
	return done;
}

CO_FN size_t mm_access(struct mm *mm, gaddr_t addr, void *buf, size_t n, bool write)
{
	size_t done = 0, got;
	char *at = buf;

	n = mm_span(addr, n);
	while (done < n) {
		/* Up to the end of a page at a time once the ordinary way ends. */
		got = write ? mm_write_some(mm, addr + done, at + done, n - done)
		            : mm_read_some(mm, at + done, addr + done, n - done);
		done += got;
		if (done == n || !platform->as_access)
			break;
		size_t want = MIN(n - done, PAGE_SIZE - ((addr + done) & ~PAGE_MASK));
		got = platform->as_access(mm->as, addr + done, at + done, want, write);
		done += got;
		if (got < want)
			break;
	}
	return done;
}

CO_FN int mm_copyin(struct mm *mm, void *dst, gaddr_t src, size_t n)
{
	return mm_read_some(mm, dst, src, n) == n ? 0 : -EFAULT;
}

CO_FN int mm_copyin_word(struct mm *mm, uint32_t *dst, gaddr_t src)
{
	struct co *co = co_self();

	if (co && co->ctx && platform->ctx_read_word && platform->ctx_read_word(co->ctx, mm->as, src, dst))
		return 0;
	return mm_copyin(mm, dst, src, sizeof(*dst));
}

CO_FN int mm_copyout(struct mm *mm, gaddr_t dst, const void *src, size_t n)
{
	return mm_write_some(mm, dst, src, n) == n ? 0 : -EFAULT;
}

CO_FN int copyin(void *dst, gaddr_t src, size_t n)
{
	return mm_copyin(co_self()->mm, dst, src, n);
}

CO_FN int copyout(gaddr_t dst, const void *src, size_t n)
{
	return mm_copyout(co_self()->mm, dst, src, n);
}

CO_FN ssize_t mm_copyin_str(struct mm *mm, char *buf, gaddr_t src, size_t size)
{
	size_t done = read_brought(mm, buf, src, mm_span(src, size));

	if (memchr(buf, 0, done))
		return (ssize_t)strlen(buf);
	/* Page by page: the string may end just before one that isn't mapped. */
	while (done < size) {
		size_t want = MIN(size - done, PAGE_SIZE - ((src + done) & ~PAGE_MASK));
		size_t got = mm_read_some(mm, buf + done, src + done, want);
		char *nul = memchr(buf + done, 0, got);

		if (nul)
			return nul - buf;
		if (got < want)
			return -EFAULT;
		done += got;
	}
	return -ENAMETOOLONG;
}

CO_FN ssize_t copyin_str(char *buf, gaddr_t src, size_t size)
{
	return mm_copyin_str(co_self()->mm, buf, src, size);
}
