/* SPDX-License-Identifier: Apache-2.0
 *
 * mmap(2). Layer: core. The order of checks is Linux's (do_mmap): the first error that Linux would
 * report is the one a guest sees.
 */
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/fs/file.h"
#include "core/fs/filesystems.h"
#include "core/mm/vma.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

#define MAP_TYPE_BITS 0x0f
/* Flags that MAP_SHARED_VALIDATE knows; MAP_SYNC isn't, without persistent memory. */
#define MAP_KNOWN                                                                                  \
	(MAP_TYPE_BITS | MAP_FIXED | MAP_ANONYMOUS | MAP_DENYWRITE | MAP_EXECUTABLE | MAP_LOCKED | \
	 MAP_GROWSDOWN | MAP_NORESERVE | MAP_POPULATE | MAP_NONBLOCK | MAP_STACK | MAP_HUGETLB |   \
	 MAP_32BIT | MAP_FIXED_NOREPLACE | (int)(0x3fu << MAP_HUGE_SHIFT))
/* What the tree remembers. */
#define MAP_KEPT (MAP_SHARED | MAP_PRIVATE | MAP_ANONYMOUS | MAP_GROWSDOWN | MAP_NORESERVE)

struct mapping {
	gaddr_t addr;
	uint64_t len, off;
	int prot, flags;
	bool shared, locked;
	struct file *file; /* reference while mapping; may be one made here */
};

/* MAP_FIXED_NOREPLACE implies MAP_FIXED; other addresses are only hints. -errno. */
static int choose_address(struct mm *mm, const struct mm_rlimits *lim, struct mapping *m)
{
	if (!(m->flags & MAP_FIXED)) {
		m->addr = PAGE_DOWN(m->addr);
		if (m->addr && m->addr < MM_MIN_ADDR)
			m->addr = MM_MIN_ADDR;
		int64_t at = mm_place(mm, m->addr, m->len, m->flags);
		if (at < 0)
			return (int)at;
		m->addr = (gaddr_t)at;
		return 0;
	}
	if (m->addr > TASK_SIZE - m->len)
		return -ENOMEM;
	if (m->addr & ~PAGE_MASK)
		return -EINVAL;
	if (m->addr < MM_MIN_ADDR && !(lim && lim->can_map_low))
		return -EPERM;
	/*
	 * Runtimes of sanitizers protect whole gaps of the address space: nothing is lost when such a
	 * reservation covers the platform's window, since neither can be touched by the guest.
	 */
	if (m->prot != PROT_NONE && mm_in_window(m->addr, m->addr + m->len))
		return -ENOMEM;
	if ((m->flags & MAP_FIXED_NOREPLACE) && vma_meets(mm, m->addr, m->addr + m->len))
		return -EEXIST;
	return 0;
}

static int check_lock(struct mm *mm, const struct mm_rlimits *lim, struct mapping *m)
{
	if ((m->flags & MAP_LOCKED) && lim && !lim->can_lock && !lim->memlock)
		return -EPERM;
	m->locked = (m->flags & MAP_LOCKED) || mm->lock_future;
	return m->locked ? mm_may_lock(mm, lim, m->len >> PAGE_SHIFT) : 0;
}

static int check_file(struct mapping *m)
{
	const struct file *f = m->file;
	int type = m->flags & MAP_TYPE_BITS;

	if (m->off + m->len > INT64_MAX)
		return -EOVERFLOW;
	if (type == MAP_SHARED_VALIDATE && (m->flags & ~MAP_KNOWN))
		return -EOPNOTSUPP;
	if (type != MAP_SHARED && type != MAP_SHARED_VALIDATE && type != MAP_PRIVATE)
		return -EINVAL;
	m->shared = type != MAP_PRIVATE;
	if (m->shared && (m->prot & PROT_WRITE) && !f->can_write)
		return -EACCES;
	if (!f->can_read)
		return -EACCES;
	if ((m->prot & PROT_EXEC) && f->path.mnt && (f->path.mnt->flags & MS_NOEXEC))
		return -EPERM;
	if (!f->ops->mmap)
		return -ENODEV;
	if (m->flags & MAP_GROWSDOWN)
		return -EINVAL;
	return 0;
}

static int check_anonymous(struct mapping *m)
{
	int type = m->flags & MAP_TYPE_BITS;

	if (type != MAP_SHARED && type != MAP_PRIVATE)
		return -EINVAL;
	m->shared = type == MAP_SHARED;
	if (m->shared && (m->flags & MAP_GROWSDOWN))
		return -EINVAL;
	m->off = 0;
	return 0;
}

/* Memory that is shared but has no file of its own: gets a nameless one, as in Linux's shmem. */
static CO_FN int shared_memory_file(struct mapping *m)
{
	struct file *f;
	int err = tmpfs_anon_file("dev/zero", m->len, O_RDWR, &f);

	if (err)
		return err;
	if (m->file)
		file_unref(m->file);
	m->file = f;
	m->off = 0;
	return 0;
}

/* Fills in op's descriptor for a file mapping, which is then the caller's duty unless *borrowed. */
static CO_FN int host_source(struct mm *mm, struct mapping *m, struct as_op *op, bool *borrowed)
{
	if (!m->file && m->shared) {
		int err = shared_memory_file(m);
		if (err)
			return err;
	}
	if (!m->file)
		return 0;
	*borrowed = !m->shared && mm_batch_find_fd(mm, m->file, m->off, &op->fd, &op->off);
	if (*borrowed) {
		op->flags &= ~MAP_ANONYMOUS;
		return 0;
	}
	int err = mm_file_fd(m->file, m->prot, m->shared, m->off, m->len, &op->fd, &op->off);
	if (!err && op->fd < 0 && m->shared) {
		/* /dev/zero */
		err = shared_memory_file(m);
		if (!err)
			err = mm_file_fd(m->file, m->prot, true, 0, m->len, &op->fd, &op->off);
	}
	if (!err && op->fd >= 0)
		op->flags &= ~MAP_ANONYMOUS;
	return err;
}

/* The mapping, and what is to be changed in the code that it maps: ops[0 .. n). */
static CO_FN int run_ops(struct mm *mm, struct ctx *by, const struct mapping *m, struct as_op *ops,
                         unsigned n, bool own_fd)
{
	if (n == 1 || mm->batch) {
		int err = mm_host(mm, by, &ops[0], own_fd, NULL);
		if (!err && own_fd && m->file && !m->shared)
			mm_batch_note_fd(mm, m->file, ops[0].off - m->off);
		for (unsigned i = 1; i < n && !err; i++)
			err = mm_host(mm, by, &ops[i], false, NULL);
		return err;
	}
	int err = platform->as_exec(by, ops, n);
	if (own_fd)
		close(ops[0].fd);
	return err;
}

static bool is_text(const struct mapping *m)
{
	return m->file && !m->shared &&
	       (m->prot & (PROT_READ | PROT_WRITE | PROT_EXEC)) == (PROT_READ | PROT_EXEC) &&
	       !mm_in_window(m->addr, m->addr + m->len);
}

static CO_FN int change_host(struct mm *mm, struct ctx *by, struct mapping *m)
{
	bool populate = (m->flags & MAP_POPULATE) && !(m->flags & MAP_NONBLOCK);
	struct as_op ops[3] = { {
		.kind = AS_MAP,
		.addr = m->addr,
		.len = m->len,
		.prot = m->prot,
		.flags = (m->shared ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS |
		         (m->flags & (MAP_NORESERVE | MAP_STACK)) |
		         (populate || m->locked ? MAP_POPULATE : 0),
		.fd = -1,
	} };
	struct as_op *op = &ops[0];
	struct vma *area = NULL;
	bool borrowed = false;
	unsigned more = 0;
	int err = host_source(mm, m, op, &borrowed);

	if (err)
		return err;
	if (is_text(m))
		more = mm_text_ops(mm, m->file, m->addr, m->off, m->len, ops + 1);
	if (more && ops[1].kind == AS_MAP && !(area = vma_new()))
		more = 0;
	op->later = !m->shared && !m->locked && mm_may_wait(mm, op);
	err = run_ops(mm, by, m, ops, 1 + more, op->fd >= 0 && !borrowed);
	if (area && !err)
		mm_text_area(mm, area, ops[1].addr);
	else if (area)
		vma_free(area);
	return err;
}

/* After the host refused: what was mapped there may be gone or not, so make it gone for sure. */
static CO_FN void undo(struct mm *mm, struct ctx *by, const struct mapping *m,
                       struct vma_spares *s)
{
	struct as_op op = { .kind = AS_UNMAP, .addr = m->addr, .len = m->len };
	gaddr_t end = m->addr + m->len;

	if (!vma_meets(mm, m->addr, end))
		return;
	mm_host(mm, by, &op, false, NULL);
	vma_drop(mm, m->addr, end, s);
	mm_changed(mm);
}

CO_FN int mm_op_failed(struct mm *mm, struct ctx *by)
{
	struct mapping m = { .addr = mm->later.addr, .len = mm->later.len };
	struct vma_spares s;

	if (!m.len || vma_spares_get(&s, 3))
		return -ENOMEM;
	mm->later.len = 0;
	comutex_lock(&mm->lock);
	undo(mm, by, &m, &s);
	comutex_unlock(&mm->lock);
	vma_spares_put(&s);
	return 0;
}

static CO_FN int map_it(struct mm *mm, struct ctx *by, struct mapping *m)
{
	struct vma_spares s;
	gaddr_t end = m->addr + m->len;
	int err = vma_spares_get(&s, 3);

	if (err)
		return err;
	err = change_host(mm, by, m);
	if (err) {
		undo(mm, by, m, &s);
	} else {
		vma_drop(mm, m->addr, end, &s);
		struct vma *v = s.v[--s.n];

		v->start = m->addr;
		v->end = end;
		v->prot = m->prot;
		v->flags = (m->flags & MAP_KEPT & ~MAP_TYPE_BITS) |
		           (m->shared ? MAP_SHARED : MAP_PRIVATE);
		v->locked = m->locked;
		vma_set_file(v, m->file);
		v->off = m->off;
		vma_insert(mm, v);
		vma_merge(mm, m->addr, end);
		mm_changed(mm);
	}
	vma_spares_put(&s);
	return err;
}

static CO_FN int mmap_locked(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim,
                             struct mapping *m)
{
	if (m->off + m->len < m->off)
		return -EOVERFLOW;
	if (mm->nr_vmas > MM_MAX_MAPS)
		return -ENOMEM;
	if (m->len > TASK_SIZE)
		return -ENOMEM;
	int err = choose_address(mm, lim, m);
	if (!err)
		err = check_lock(mm, lim, m);
	if (!err)
		err = m->file ? check_file(m) : check_anonymous(m);
	if (err)
		return err;

	uint64_t replaced = 0;
	if (m->flags & MAP_FIXED)
		replaced = vma_count_pages(mm, m->addr, m->addr + m->len);
	err = mm_may_expand(mm, lim, (m->len >> PAGE_SHIFT) - replaced,
	                    !m->shared && vma_is_data(m->prot, m->flags));
	if (err)
		return err;
	/* Cutting a hole into a mapping makes two of it. */
	if (mm->nr_vmas >= MM_MAX_MAPS && vma_splits(mm, m->addr, m->addr + m->len) == 2)
		return -ENOMEM;
	return map_it(mm, by, m);
}

CO_FN int64_t mm_mmap(struct mm *mm, struct ctx *by, const struct mm_rlimits *lim, gaddr_t addr,
                      uint64_t len, int prot, int flags, struct file *file, uint64_t off)
{
	if (flags & MAP_ANONYMOUS)
		file = NULL;
	if (flags & MAP_HUGETLB) {
		/* As on a machine with no huge pages reserved. */
		if (file)
			return -EINVAL;
		return len ? -ENOMEM : -EINVAL;
	}
	if (!len)
		return -EINVAL;
	if (!PAGE_UP(len))
		return -ENOMEM;
	if (off & ~PAGE_MASK)
		return -EINVAL;
	if (flags & MAP_FIXED_NOREPLACE)
		flags |= MAP_FIXED;

	struct mapping m = {
		.addr = addr,
		.len = PAGE_UP(len),
		.off = off,
		.prot = prot & PROT_ALL,
		.flags = flags,
		.file = file ? file_ref(file) : NULL,
	};
	comutex_lock(&mm->lock);
	int err = mmap_locked(mm, by, lim, &m);
	comutex_unlock(&mm->lock);
	if (m.file)
		file_unref(m.file);
	return err ? err : (int64_t)m.addr;
}
