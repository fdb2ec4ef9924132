/* SPDX-License-Identifier: Apache-2.0
 *
 * System V shared memory: see shm.h. Layer: core. Modelled on ipc/shm.c.
 */
#include "core/ipc/sysv/shm.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core/fs/file.h"
#include "core/fs/filesystems.h"
#include "core/fs/namei.h"
#include "core/host/cpu.h"
#include "core/objcount.h"

#ifndef MAP_FIXED_NOREPLACE
#define MAP_FIXED_NOREPLACE 0x100000
#endif

OBJCOUNT(seg_count, "shm_seg");

struct shm_seg {
	struct ipc_obj obj;
	struct ipc_ns *ns;  /* borrowed; NULL once it, or the segment, is gone */
	struct file *file;  /* reference to the memory; NULL once destroyed */
	uint64_t size;
	unsigned long nattch;
	int64_t atime, dtime, ctime;
	pid_t cpid, lpid;
	uid_t locked_by;    /* whom a SHM_LOCK is charged to */
	bool listed;        /* its maker lives */
	LIST_ENTRY(shm_seg) by_maker;
};

static uint64_t pages_of(uint64_t size)
{
	return size / PAGE_SIZE + (size % PAGE_SIZE != 0);
}

static struct shm_seg *seg_of(struct ipc_obj *o)
{
	return o ? container_of(o, struct shm_seg, obj) : NULL;
}

void shm_ns_init(struct ipc_ns *ns)
{
	ipc_ids_init(&ns->shm_ids);
	ns->shm_ctlmax = SHMMAX;
	ns->shm_ctlall = SHMALL;
	ns->shm_ctlmni = SHMMNI;
}

static void seg_free(struct ipc_obj *o)
{
	free(seg_of(o));
	obj_died(&seg_count);
}

static void forget_maker(struct shm_seg *s)
{
	if (s->listed)
		LIST_REMOVE(s, by_maker);
	s->listed = false;
}

static void unlock_seg(struct shm_seg *s)
{
	if (s->obj.mode & SHM_LOCKED_BIT)
		ipc_uncharge(IPC_CHARGE_LOCKED, s->locked_by, pages_of(s->size));
	s->obj.mode &= ~SHM_LOCKED_BIT;
}

/* Out of the namespace; the memory goes with whoever still maps it. */
static void destroy(struct shm_seg *s)
{
	forget_maker(s);
	unlock_seg(s);
	s->ns->shm_tot -= pages_of(s->size);
	s->ns = NULL;
	ipc_remove(&s->obj);
	s->file = file_unref(s->file);
	ipc_unref(&s->obj);
}

static void destroy_if_unused(struct shm_seg *s)
{
	if (s->ns && !s->nattch && (s->ns->shm_rmid_forced || s->obj.mode & SHM_DEST_BIT))
		destroy(s);
}

void shm_ns_done(struct ipc_ns *ns)
{
	struct ipc_obj *o;

	while ((o = ipc_next(&ns->shm_ids, 0)))
		destroy(seg_of(o));
	ipc_ids_done(&ns->shm_ids);
}

/* ---- attachments: the open file behind a mapping ---- */

static struct shm_seg *attached(const struct file *f)
{
	return f->priv;
}

/* The file with the memory: also after the segment was destroyed, its inode holds that. */
static CO_FN int att_mmap(struct file *f, int prot, bool shared, uint64_t off, uint64_t len,
                          int *fd, uint64_t *host_off)
{
	return f->inode->fops->mmap(f, prot, shared, off, len, fd, host_off);
}

static CO_FN int att_fallocate(struct file *f, int mode, int64_t off, int64_t len)
{
	return f->inode->fops->fallocate(f, mode, off, len);
}

static void att_vma_open(struct file *f)
{
	struct shm_seg *s = attached(f);

	s->nattch++;
	s->atime = ipc_now();
	s->lpid = ipc_self ? ipc_self() : 0;
}

static void att_vma_close(struct file *f)
{
	struct shm_seg *s = attached(f);

	s->nattch--;
	s->dtime = ipc_now();
	s->lpid = ipc_self ? ipc_self() : 0;
	destroy_if_unused(s);
}

static void att_release(struct file *f)
{
	ipc_unref(&attached(f)->obj);
}

static const struct file_ops shm_fops = {
	.mmap = att_mmap,
	.fallocate = att_fallocate,
	.vma_open = att_vma_open,
	.vma_close = att_vma_close,
	.release = att_release,
};

static struct file *new_attachment(struct shm_seg *s, unsigned flags, const struct cred *cred)
{
	struct file *f = file_new(&shm_fops, path_ref(&s->file->path), flags, (struct cred *)cred);

	if (f) {
		f->priv = s;
		ipc_ref(&s->obj);
	}
	return f;
}

/* Checks the address as do_shmat() does; *map_flags get what mmap is to be told. */
static int check_address(gaddr_t *addr, uint64_t size, int flags, int *map_flags)
{
	if (!*addr)
		return flags & SHM_REMAP ? -EINVAL : 0;
	if (*addr & ~PAGE_MASK) {
		if (!(flags & SHM_RND))
			return -EINVAL;
		*addr &= PAGE_MASK;
		if (!*addr && flags & SHM_REMAP)
			return -EINVAL;
	}
	*map_flags |= MAP_FIXED;
	if (*addr && !(flags & SHM_REMAP)) {
		if (*addr + size < *addr)
			return -EINVAL;
		*map_flags |= MAP_FIXED_NOREPLACE;
	}
	return 0;
}

CO_FN int64_t shm_attach(struct ipc_ns *ns, const struct ipc_who *who, int id, struct mm *mm,
                         struct ctx *by, const struct mm_rlimits *lim, gaddr_t addr, int flags)
{
	bool ro = flags & SHM_RDONLY, exec = flags & SHM_EXEC;
	int prot = PROT_READ | (ro ? 0 : PROT_WRITE) | (exec ? PROT_EXEC : 0), map_flags = MAP_SHARED;
	unsigned access = 0444u | (ro ? 0 : 0222u) | (exec ? 0111u : 0);
	struct shm_seg *s;
	struct file *f;
	int64_t ret;
	int err;

	if (id < 0)
		return -EINVAL;
	/* The address is judged first, but for its end. */
	err = check_address(&addr, 0, flags, &map_flags);
	if (err)
		return err;
	s = seg_of(ipc_find(&ns->shm_ids, id));
	if (!s)
		return -EINVAL;
	err = ipc_access(&s->obj, who, access);
	if (err)
		return err;
	err = check_address(&addr, s->size, flags, &map_flags);
	if (err)
		return err;
	f = new_attachment(s, ro ? O_RDONLY : O_RDWR, who->cred);
	if (!f)
		return -ENOMEM;
	s->nattch++; /* nobody destroys it meanwhile */
	ret = mm_mmap(mm, by, lim, addr, s->size, prot, map_flags, f, 0);
	s->nattch--;
	destroy_if_unused(s);
	file_unref(f);
	return ret == -EEXIST ? -EINVAL : ret;
}

CO_FN int shm_detach(struct mm *mm, struct ctx *by, gaddr_t addr)
{
	return mm_shmdt(mm, by, addr, &shm_fops);
}

/* ---- shmget ---- */

struct get_arg {
	struct ipc_ns *ns;
	const struct ipc_who *who;
	struct shm_created *created;
	int32_t key;
	uint64_t size;
	int flags;
};

/* There are no huge pages; the sizes that the processor has fail later than those that it hasn't. */
static int huge_error(const struct get_arg *a)
{
	unsigned log = (unsigned)a->flags >> SHM_HUGE_SHIFT & SHM_HUGE_MASK;

	if (log && log != 21 && log != 30)
		return -EINVAL;
	if (!cred_capable(a->who->cred, CAP_IPC_LOCK) && !cred_in_group(a->who->cred, 0))
		return -EPERM;
	return -ENOMEM;
}

static int check_size(const struct get_arg *a)
{
	uint64_t pages = pages_of(a->size), total, free_bytes;
	const struct ipc_ns *ns = a->ns;

	if (a->size < SHMMIN || a->size > ns->shm_ctlmax)
		return -EINVAL;
	if (pages << PAGE_SHIFT < a->size)
		return -ENOSPC;
	if (ns->shm_tot + pages < ns->shm_tot || ns->shm_tot + pages > ns->shm_ctlall)
		return -ENOSPC;
	if (a->flags & SHM_HUGETLB)
		return huge_error(a);
	if (a->size > INT64_MAX)
		return -EINVAL;
	/* What could never be there isn't promised: the heuristic of vm.overcommit_memory 0. */
	host_memory(&total, &free_bytes);
	return !(a->flags & SHM_NORESERVE) && a->size > total ? -ENOMEM : 0;
}

static int create(void *arg)
{
	const struct get_arg *a = arg;
	struct shm_seg *s;
	char name[16];
	int err = check_size(a);

	if (err)
		return err;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	snprintf(name, sizeof(name), "SYSV%08x", (unsigned)a->key);
	err = tmpfs_anon_file(name, a->size, O_RDWR, &s->file);
	if (err) {
		free(s);
		return err;
	}
	s->obj.key = a->key;
	s->obj.mode = (unsigned)a->flags & 0777u;
	s->obj.free = seg_free;
	s->size = a->size;
	s->cpid = a->who->tgid;
	s->ctime = ipc_now();
	err = ipc_add(&a->ns->shm_ids, &s->obj, a->who, a->ns->shm_ctlmni);
	if (err < 0) {
		file_unref(s->file);
		free(s);
		return err;
	}
	obj_born(&seg_count);
	s->ns = a->ns;
	s->ns->shm_tot += pages_of(a->size);
	s->file->inode->ino = (uint64_t)s->obj.id; /* what /proc/PID/maps shows */
	s->listed = true;
	LIST_INSERT_HEAD(a->created, s, by_maker);
	return s->obj.id;
}

static int is_large_enough(const struct ipc_obj *o, void *arg)
{
	const struct get_arg *a = arg;

	return container_of(o, const struct shm_seg, obj)->size < a->size ? -EINVAL : 0;
}

CO_FN int shm_get(struct ipc_ns *ns, const struct ipc_who *who, struct shm_created *created,
                  int32_t key, uint64_t size, int flags)
{
	static const struct ipc_get_ops ops = { .create = create, .check = is_large_enough };
	struct get_arg a = { ns, who, created, key, size, flags };

	return ipc_get(&ns->shm_ids, who, key, flags, &ops, &a);
}

/* ---- shmctl ---- */

static void fill(const struct shm_seg *s, struct shmid64_ds *ret)
{
	memset(ret, 0, sizeof(*ret));
	ipc_get_perm(&s->obj, &ret->shm_perm);
	ret->shm_segsz = s->size;
	ret->shm_atime = s->atime;
	ret->shm_dtime = s->dtime;
	ret->shm_ctime = s->ctime;
	ret->shm_cpid = s->cpid;
	ret->shm_lpid = s->lpid;
	ret->shm_nattch = s->nattch;
}

int shm_stat(struct ipc_ns *ns, const struct ipc_who *who, int id, int cmd,
             struct shmid64_ds *ret)
{
	struct ipc_obj *o = cmd == IPC_STAT ? ipc_find(&ns->shm_ids, id)
	                                    : ipc_find_index(&ns->shm_ids, id);
	int err;

	if (!o)
		return -EINVAL;
	err = cmd == SHM_STAT_ANY ? 0 : ipc_access(o, who, 0444);
	if (err)
		return err;
	fill(seg_of(o), ret);
	return cmd == IPC_STAT ? 0 : o->id;
}

static int find_owned(struct ipc_ns *ns, const struct ipc_who *who, int id, struct shm_seg **ret)
{
	struct ipc_obj *o = ipc_find(&ns->shm_ids, id);

	*ret = seg_of(o);
	return o ? ipc_owner(o, who) : -EINVAL;
}

int shm_set(struct ipc_ns *ns, const struct ipc_who *who, int id, const struct ipc64_perm *perm)
{
	struct shm_seg *s;
	int err = find_owned(ns, who, id, &s);

	if (!err)
		err = ipc_set_perm(&s->obj, perm);
	if (!err)
		s->ctime = ipc_now();
	return err;
}

int shm_rmid(struct ipc_ns *ns, const struct ipc_who *who, int id)
{
	struct shm_seg *s;
	int err = find_owned(ns, who, id, &s);

	if (err)
		return err;
	if (s->nattch) {
		s->obj.mode |= SHM_DEST_BIT;
		ipc_forget_key(&s->obj);
	} else {
		destroy(s);
	}
	return 0;
}

int shm_lock(struct ipc_ns *ns, const struct ipc_who *who, int id, bool lock, uint64_t memlock)
{
	struct shm_seg *s = seg_of(ipc_find(&ns->shm_ids, id));
	bool capable = cred_capable(who->cred, CAP_IPC_LOCK);
	uint64_t limit = memlock == UINT64_MAX || capable ? UINT64_MAX : memlock >> PAGE_SHIFT;
	int err;

	if (!s)
		return -EINVAL;
	if (!capable) {
		if (who->cred->euid != s->obj.uid && who->cred->euid != s->obj.cuid)
			return -EPERM;
		if (lock && !memlock)
			return -EPERM;
	}
	if (!lock) {
		unlock_seg(s);
		return 0;
	}
	if (s->obj.mode & SHM_LOCKED_BIT)
		return 0;
	err = ipc_charge(IPC_CHARGE_LOCKED, who->cred->ruid, pages_of(s->size), limit);
	if (err)
		return -ENOMEM;
	s->locked_by = who->cred->ruid;
	s->obj.mode |= SHM_LOCKED_BIT;
	return 0;
}

void shm_limits(const struct ipc_ns *ns, struct shminfo64 *ret)
{
	memset(ret, 0, sizeof(*ret));
	ret->shmmax = ns->shm_ctlmax;
	ret->shmmin = SHMMIN;
	ret->shmmni = ret->shmseg = (unsigned long)ns->shm_ctlmni;
	ret->shmall = ns->shm_ctlall;
}

/* ---- for all segments ---- */

/* Bytes that have memory. The segment may be gone afterwards. */
static CO_FN uint64_t resident(struct shm_seg *s)
{
	struct file *f = file_ref(s->file);
	struct kstat st;
	uint64_t n = vfs_getattr(&f->path, &st) ? 0 : st.blocks * 512;

	file_unref(f);
	return n;
}

CO_FN void shm_totals(struct ipc_ns *ns, struct shm_info *ret)
{
	struct ipc_obj *o;

	memset(ret, 0, sizeof(*ret));
	for (int at = 0; (o = ipc_next(&ns->shm_ids, at)); at++) {
		at = ipc_index(o);
		ret->shm_rss += resident(seg_of(o)) / PAGE_SIZE;
		co_did_entries(1);
	}
	ret->used_ids = (int)ns->shm_ids.in_use;
	ret->shm_tot = ns->shm_tot;
}

CO_FN bool shm_show(struct ipc_ns *ns, int *at, struct shmid64_ds *ret, int *id, uint64_t *rss)
{
	struct ipc_obj *o = ipc_next(&ns->shm_ids, *at);

	if (!o)
		return false;
	fill(seg_of(o), ret);
	*id = o->id;
	*at = ipc_index(o) + 1;
	*rss = resident(seg_of(o));
	return true;
}

void shm_destroy_orphans(struct ipc_ns *ns)
{
	struct ipc_obj *o;

	for (int at = 0; (o = ipc_next(&ns->shm_ids, at)); at++) {
		at = ipc_index(o);
		if (!seg_of(o)->listed)
			destroy_if_unused(seg_of(o));
	}
}

void shm_exit(struct shm_created *created)
{
	struct shm_seg *s;

	while ((s = LIST_FIRST(created))) {
		forget_maker(s);
		destroy_if_unused(s);
	}
}
