/* SPDX-License-Identifier: Apache-2.0
 *
 * The memory devices: null, zero, full, random, urandom. mem(4), null(4), random(4). Layer: core.
 */
#include "core/fs/dev/dev.h"

#include <stdlib.h>

#include "core/host/random.h"

#define CHUNK 4096

static ssize_t read_null(struct file *f UNUSED, struct uio *u UNUSED, int64_t *pos UNUSED)
{
	return 0;
}

static ssize_t write_null(struct file *f UNUSED, struct uio *u, int64_t *pos UNUSED)
{
	size_t n = u->resid;

	u->done += n;
	u->resid = 0;
	return (ssize_t)n;
}

static CO_FN ssize_t read_zero(struct file *f UNUSED, struct uio *u, int64_t *pos UNUSED)
{
	while (u->resid) {
		size_t want = MIN(u->resid, (size_t)CHUNK * 16), got = uio_zero(u, want);
		if (got < want)
			break;
		co_did_bytes(got);
		if (co_self()->killed)
			break;
	}
	return uio_result(u);
}

static ssize_t write_full(struct file *f UNUSED, struct uio *u UNUSED, int64_t *pos UNUSED)
{
	return -ENOSPC;
}

static CO_FN ssize_t read_random(struct file *f UNUSED, struct uio *u, int64_t *pos UNUSED)
{
	unsigned char buf[CHUNK];

	while (u->resid) {
		size_t want = MIN(u->resid, sizeof(buf));
		host_random(buf, want);
		size_t put = uio_put(u, buf, want);
		if (put < want)
			break;
		co_did_bytes(put);
		/* random(4): a signal ends a read after 256 bytes at the earliest */
		if (co_self()->interrupt && u->done >= 256)
			break;
	}
	return uio_result(u);
}

/* Written bytes are stirred into Linux's pool; the host's needs no help. */
static CO_FN ssize_t write_random(struct file *f UNUSED, struct uio *u, int64_t *pos UNUSED)
{
	char buf[CHUNK];

	while (u->resid) {
		size_t want = MIN(u->resid, sizeof(buf));
		if (uio_get(u, buf, want) < want)
			break;
		co_did_bytes(want);
	}
	return uio_result(u);
}

static int mmap_zero(struct file *f UNUSED, int prot UNUSED, bool shared UNUSED, uint64_t off UNUSED,
                     uint64_t len UNUSED, int *fd, uint64_t *host_off)
{
	*fd = -1;
	*host_off = 0;
	return 0;
}

static const struct file_ops null_fops = {
	.read = read_null, .write = write_null, .llseek = noop_llseek
};
static const struct file_ops zero_fops = {
	.read = read_zero, .write = write_null, .llseek = noop_llseek, .mmap = mmap_zero
};
static const struct file_ops full_fops = {
	.read = read_zero, .write = write_full, .llseek = noop_llseek
};
static const struct file_ops random_fops = {
	.read = read_random, .write = write_random, .llseek = noop_llseek
};

static const struct mem_device {
	const char *name;
	unsigned minor;
	const struct file_ops *fops;
} mem_devices[] = {
	{ "null", 3, &null_fops },     { "zero", 5, &zero_fops },      { "full", 7, &full_fops },
	{ "random", 8, &random_fops }, { "urandom", 9, &random_fops },
};

int mem_devices_register(void)
{
	for (size_t i = 0; i < ARRAY_LEN(mem_devices); i++) {
		const struct mem_device *d = &mem_devices[i];
		int err = chrdev_register(1, d->minor, d->fops, NULL);
		if (err && err != -EEXIST)
			return err;
	}
	return 0;
}
