/* SPDX-License-Identifier: Apache-2.0
 *
 * The dentry cache: a hash by (directory, name) and a bounded list of unused dentries, oldest
 * first. Layer: core.
 *
 * The hash takes the directory's device and inode number, not its address, so the cache behaves
 * alike in every run. Unused dentries have no children (a child holds its parent).
 */
#include "core/fs/internal.h"

#define BUCKETS 32768 /* power of two */

static LIST_HEAD(, dentry) buckets[BUCKETS];
static TAILQ_HEAD(, dentry) lru = TAILQ_HEAD_INITIALIZER(lru);
static unsigned lru_len;

/* Eight bytes at a time; names are short, so the end counts. */
static uint64_t hash_bytes(uint64_t h, const char *s, size_t len)
{
	uint64_t w;

	for (; len >= sizeof(w); s += sizeof(w), len -= sizeof(w)) {
		memcpy(&w, s, sizeof(w));
		h = (h ^ w) * 0x9fb21c651e98df25ULL;
		h ^= h >> 32;
	}
	w = len;
	for (size_t i = 0; i < len; i++)
		w = w << 8 | (unsigned char)s[i];
	h = (h ^ w) * 0x9fb21c651e98df25ULL;
	return h ^ h >> 29;
}

uint32_t dcache_hash(const struct dentry *parent, const char *name, size_t len)
{
	uint64_t h = (parent->sb->dev * 0x9e3779b97f4a7c15ULL) ^
	             (parent->inode->ino * 0xff51afd7ed558ccdULL);

	h = hash_bytes(h, name, len);
	return (uint32_t)(h ^ h >> 32);
}

struct dentry *dcache_find(struct dentry *parent, const char *name, size_t len)
{
	uint32_t hash = dcache_hash(parent, name, len);
	struct dentry *d;

	LIST_FOREACH(d, &buckets[hash % BUCKETS], hash_entry) {
		if (d->hash == hash && d->parent == parent && d->len == len &&
		    !memcmp(d->name, name, len))
			return dentry_ref(d);
	}
	return NULL;
}

void dcache_insert(struct dentry *d)
{
	d->len = (uint32_t)strlen(d->name);
	d->hash = dcache_hash(d->parent, d->name, d->len);
	LIST_INSERT_HEAD(&buckets[d->hash % BUCKETS], d, hash_entry);
	d->hashed = true;
}

void dcache_remove(struct dentry *d)
{
	LIST_REMOVE(d, hash_entry);
	d->hashed = false;
}

unsigned dcache_unused(void)
{
	return lru_len;
}

static void trim(void)
{
	static bool busy; /* dropping a parent comes back here */

	if (busy)
		return;
	busy = true;
	while (lru_len > DCACHE_MAX_UNUSED) {
		struct dentry *parent = dentry_kill(TAILQ_FIRST(&lru));

		if (parent)
			dentry_unref(parent);
	}
	busy = false;
}

void dcache_lru_add(struct dentry *d)
{
	TAILQ_INSERT_TAIL(&lru, d, lru_entry);
	d->on_lru = true;
	lru_len++;
	trim();
}

void dcache_lru_del(struct dentry *d)
{
	if (!d->on_lru)
		return;
	TAILQ_REMOVE(&lru, d, lru_entry);
	d->on_lru = false;
	lru_len--;
}

void dcache_shrink_parent(struct dentry *d)
{
	struct dentry *c, *next;

	LIST_FOREACH_SAFE(c, &d->children, sibling, next)
		if (c->on_lru)
			dentry_unref(dentry_kill(c)); /* not the last: the caller has one */
}

void dcache_shrink_super(struct super *sb)
{
	struct dentry *d = TAILQ_FIRST(&lru);

	while (d) {
		struct dentry *next = TAILQ_NEXT(d, lru_entry);

		if (d->sb == sb) {
			struct dentry *parent = dentry_kill(d);

			/* A parent that becomes unused goes to the end of the list: start over when
			 * the end was reached already. */
			if (parent)
				dentry_unref(parent);
			if (!next)
				next = TAILQ_FIRST(&lru);
		} else if (!next) {
			break;
		}
		d = next;
	}
}
