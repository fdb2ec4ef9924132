/* SPDX-License-Identifier: Apache-2.0
 *
 * Reading and writing generated files, as seq_file does it: a text that starts at offset 0 is made
 * anew, and is remembered a piece at a time, so that a long one costs no more memory than a short
 * one. Layer: core.
 */
#include <stdlib.h>
#include <unistd.h>

#include "core/fs/proc/pseudo.h"
#include "core/objcount.h"

OBJCOUNT(open_count, "pseudo_open");

CO_FN int pseudo_open_file(const struct pseudo_key *k, const struct pseudo_entry *e, struct file *f)
{
	struct pseudo_open *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	o->key = *k;
	o->entry = e;
	comutex_init(&o->lock);
	err = e->open ? e->open(o, f) : 0;
	if (err) {
		comutex_done(&o->lock);
		free(o);
		return err;
	}
	obj_born(&open_count);
	f->priv = o;
	return 0;
}

void pseudo_release(struct file *f)
{
	struct pseudo_open *o = f->priv;

	seq_done(&o->seq);
	comutex_done(&o->lock);
	free(o);
	obj_died(&open_count);
}

int64_t pseudo_llseek(struct file *f, int64_t off, int whence)
{
	int64_t pos = off;

	if (whence == SEEK_CUR && __builtin_add_overflow(f->pos, off, &pos))
		return -EOVERFLOW;
	if ((whence != SEEK_SET && whence != SEEK_CUR) || pos < 0)
		return -EINVAL;
	f->pos = pos;
	return pos;
}

/* ---- reading ---- */

static void rewind_text(struct pseudo_open *o)
{
	o->base = 0;
	o->seq.len = 0;
	o->cursor = 0;
	o->more = true;
	o->valid = true;
}

static CO_FN int next_piece(struct pseudo_open *o)
{
	int err;

	o->base += (int64_t)o->seq.len;
	o->seq.len = 0;
	o->seq.overflow = false;
	err = o->entry->show(&o->seq, o);
	if (err >= 0 && o->seq.overflow)
		err = -ENOMEM;
	co_did_bytes(o->seq.len + 64);
	o->more = err > 0;
	return MIN(err, 0);
}

/* Makes the text at pos available: its length there, 0 at the end, or negative errno. */
static CO_FN ssize_t text_at(struct pseudo_open *o, int64_t pos)
{
	int err;

	if (!o->valid || pos < o->base)
		rewind_text(o);
	while (pos >= o->base + (int64_t)o->seq.len) {
		if (!o->more)
			return 0;
		if (co_self()->killed)
			return -EINTR;
		err = next_piece(o);
		if (err) {
			o->valid = false;
			return err;
		}
	}
	return (ssize_t)(o->base + (int64_t)o->seq.len - pos);
}

static CO_FN ssize_t pseudo_read(struct file *f, struct uio *u, int64_t *pos)
{
	struct pseudo_open *o = f->priv;
	size_t before = u->done;
	ssize_t n = 0;

	if (!o->entry->show)
		return -EINVAL;
	comutex_lock(&o->lock);
	if (*pos == 0)
		o->valid = false;
	while (u->resid) {
		size_t want, put;

		n = text_at(o, *pos);
		if (n <= 0)
			break;
		want = MIN((size_t)n, u->resid);
		put = uio_put(u, o->seq.buf + (*pos - o->base), want);
		*pos += (int64_t)put;
		if (put < want)
			break;
	}
	comutex_unlock(&o->lock);
	return n < 0 && u->done == before ? n : uio_result(u);
}

/* ---- writing ---- */

static CO_FN ssize_t pseudo_write(struct file *f, struct uio *u, int64_t *pos)
{
	struct pseudo_open *o = f->priv;
	char buf[4096];
	size_t n = MIN(u->resid, sizeof(buf) - 1);
	ssize_t ret;

	if (!o->entry->store) /* as files without a write operation in Linux, of proc itself or of a task */
		return o->key.id ? -EINVAL : -EIO;
	if (uio_get(u, buf, n) < n)
		return -EFAULT;
	buf[n] = '\0';
	ret = o->entry->store(o, buf, n);
	if (ret < 0 || (size_t)ret < n)
		uio_revert(u, n - (size_t)MAX(ret, 0));
	if (ret > 0)
		*pos += ret;
	return ret;
}

const struct file_ops pseudo_file_ops = {
	.read = pseudo_read,
	.write = pseudo_write,
	.llseek = pseudo_llseek,
	.release = pseudo_release,
};
