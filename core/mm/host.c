/* SPDX-License-Identifier: Apache-2.0
 *
 * Handing changes of an address space to the platform, with the window left out, one by one or
 * collected. Layer: core; private to core/mm but for build.h.
 */
#include <stdlib.h>
#include <unistd.h>

#include "core/assert.h"
#include "core/fs/file.h"
#include "core/mm/build.h"
#include "core/mm/vma.h"

static bool has_fd(const struct as_op *op)
{
	return op->kind == AS_MAP && !(op->flags & MAP_ANONYMOUS);
}

static CO_FN int run_one(struct mm *mm, struct ctx *by, struct as_op *op)
{
	struct mm_batch *b = mm->batch;

	if (!b)
		return platform->as_exec(by, op, 1);
	if (b->n == MM_BATCH_MAX)
		mm_batch_flush(mm, by);
	if (b->error)
		return b->error;
	b->own_fd[b->n] = false;
	b->file[b->n] = NULL;
	b->bytes[b->n] = NULL;
	b->ops[b->n++] = *op;
	return 0;
}

/* The part of op's range that is [start, end). */
static struct as_op part(const struct as_op *op, gaddr_t start, gaddr_t end)
{
	struct as_op p = *op;

	p.addr = start;
	p.len = end - start;
	p.off += start - op->addr;
	return p;
}

CO_FN int mm_host(struct mm *mm, struct ctx *by, const struct as_op *op, bool own_fd,
                  gaddr_t *done)
{
	gaddr_t end = op->addr + op->len, dummy;
	gaddr_t ws = platform->limits.window_start, we = platform->limits.window_end;
	int err = 0;

	if (!done)
		done = &dummy;
	*done = op->addr;
	if (op->kind == AS_REMAP || !mm_in_window(op->addr, end)) {
		struct as_op p = *op;

		err = run_one(mm, by, &p);
	} else {
		if (op->addr < ws) {
			struct as_op p = part(op, op->addr, ws);

			err = run_one(mm, by, &p);
			if (!err)
				*done = ws;
		}
		if (!err && end > we) {
			struct as_op p = part(op, we, end);

			*done = we;
			err = run_one(mm, by, &p);
		}
	}
	if (!err)
		*done = end;
	if (own_fd && has_fd(op)) {
		/* A queued operation still needs it; the last part queued closes it. */
		struct mm_batch *b = mm->batch;

		if (b && !err && b->n && has_fd(&b->ops[b->n - 1]) && b->ops[b->n - 1].fd == op->fd)
			b->own_fd[b->n - 1] = true;
		else
			close(op->fd);
	}
	return err;
}

CO_FN void mm_write_first(struct mm *mm, struct ctx *by, gaddr_t at, const void *bytes, size_t n)
{
	struct as_op op = {
		.kind = AS_WRITE, .addr = at, .len = n, .bytes = bytes, .later = true, .may_fail = true
	};

	if (mm_span(at, n) < n)
		return;
	if (mm->refs == 1)
		platform->as_exec(by, &op, 1);
	else
		(void)mm_copyout(mm, at, bytes, n);
}

#define FEW_MAPS 16384 /* of 65530: half of that is what mappings that the host splits may come to */
#define WAIT_MAX ((uint64_t)256 << 20) /* what the host gives whoever asks */

bool mm_may_wait(struct mm *mm, const struct as_op *op)
{
	if (mm->refs != 1 || mm->batch || mm->nr_vmas > FEW_MAPS || op->len > WAIT_MAX)
		return false;
	mm->later.addr = op->addr;
	mm->later.len = op->kind == AS_MAP ? op->len : 0;
	return true;
}

void mm_batch_begin(struct mm *mm, struct mm_batch *b)
{
	ASSERT(!mm->batch, "batches don't nest");
	b->n = 0;
	b->error = 0;
	mm->batch = b;
}

CO_FN int mm_batch_flush(struct mm *mm, struct ctx *by)
{
	struct mm_batch *b = mm->batch;

	if (!b)
		return 0;
	if (b->n && !b->error)
		b->error = platform->as_exec(by, b->ops, b->n);
	for (unsigned i = 0; i < b->n; i++) {
		if (b->own_fd[i])
			close(b->ops[i].fd);
		free(b->bytes[i]);
	}
	b->n = 0;
	return b->error;
}

CO_FN int mm_batch_zero(struct mm *mm, struct ctx *by, gaddr_t start, gaddr_t end)
{
	struct as_op op = { .kind = AS_ZERO, .addr = start, .len = end - start };

	return start < end ? run_one(mm, by, &op) : 0;
}

CO_FN int mm_batch_write(struct mm *mm, struct ctx *by, gaddr_t at, const void *bytes, size_t n)
{
	struct as_op op = { .kind = AS_WRITE, .addr = at, .len = n };
	void *copy = mm->batch && n <= AS_WRITE_MAX ? malloc(n) : NULL;

	if (!copy) {
		int err = mm_batch_flush(mm, by);
		return err ? err : mm_copyout(mm, at, bytes, n);
	}
	memcpy(copy, bytes, n);
	op.bytes = copy;
	int err = run_one(mm, by, &op);
	if (err)
		free(copy);
	else
		mm->batch->bytes[mm->batch->n - 1] = copy;
	return err;
}

bool mm_batch_find_fd(const struct mm *mm, const struct file *file, uint64_t off, int *fd,
                      uint64_t *host_off)
{
	const struct mm_batch *b = mm->batch;

	for (unsigned i = 0; b && i < b->n; i++) {
		if (b->file[i] != file)
			continue;
		*fd = b->ops[i].fd;
		*host_off = off + b->delta[i];
		return true;
	}
	return false;
}

void mm_batch_note_fd(struct mm *mm, const struct file *file, uint64_t delta)
{
	struct mm_batch *b = mm->batch;

	if (!b || !b->n || !has_fd(&b->ops[b->n - 1]) || !b->own_fd[b->n - 1])
		return;
	b->file[b->n - 1] = file;
	b->delta[b->n - 1] = delta;
}

CO_FN int mm_batch_end(struct mm *mm, struct ctx *by)
{
	int err = mm_batch_flush(mm, by);

	mm->batch = NULL;
	return err;
}

CO_FN int mm_unmap_all(struct mm *mm, struct ctx *by)
{
	struct as_op op = { .kind = AS_UNMAP, .addr = 0, .len = TASK_SIZE };

	return mm_host(mm, by, &op, false, NULL);
}

CO_FN int mm_map_special(struct mm *mm, struct ctx *by, gaddr_t addr, uint64_t len, int prot,
                         int fd, uint64_t off, const char *name)
{
	struct as_op op = {
		.kind = AS_MAP, .addr = addr, .len = len, .prot = prot, .flags = MAP_PRIVATE,
		.fd = fd, .off = off,
	};
	struct vma *v = vma_new();

	if (!v)
		return -ENOMEM;
	comutex_lock(&mm->lock);
	int err = -EEXIST;
	if (!vma_meets(mm, addr, addr + len) && !mm_in_window(addr, addr + len))
		err = mm_host(mm, by, &op, false, NULL);
	if (err) {
		vma_free(v);
	} else {
		v->start = addr;
		v->end = addr + len;
		v->prot = prot;
		v->flags = MAP_PRIVATE | MAP_ANONYMOUS;
		v->name = name;
		vma_insert(mm, v);
		vma_merge(mm, addr, addr + len);
		mm_changed(mm);
	}
	comutex_unlock(&mm->lock);
	return err;
}

CO_FN int mm_file_fd(struct file *file, int prot, bool shared, uint64_t off, uint64_t len, int *fd,
                     uint64_t *host_off)
{
	/*
	 * A shared mapping of a file open for writing may be made writable later with mprotect(2), so
	 * its descriptor has to allow that from the start.
	 */
	bool maybe_later = shared && file->can_write && !(prot & PROT_WRITE);

	if (!file->ops->mmap)
		return -ENODEV;
	*fd = -1;
	*host_off = 0;
	int err = file->ops->mmap(file, prot | PROT_READ | (maybe_later ? PROT_WRITE : 0), shared, off,
	                          len, fd, host_off);
	/* A memfd sealed against writing can still be mapped, and never be made writable. */
	if (err == -EPERM && maybe_later)
		err = file->ops->mmap(file, prot | PROT_READ, shared, off, len, fd, host_off);
	/* The sentry's own descriptors, of which the guest knows nothing. */
	return err == -EMFILE || err == -ENFILE ? -ENOMEM : err;
}
