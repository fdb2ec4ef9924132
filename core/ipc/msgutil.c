/* SPDX-License-Identifier: Apache-2.0
 *
 * Messages of both kinds of queues: see msgutil.h. Layer: core.
 */
#include "core/ipc/msgutil.h"

#include <stdlib.h>

#include "core/mm/mm.h"
#include "core/objcount.h"

#define STEP ((size_t)65536)

OBJCOUNT(msg_count, "ipc_msg");

CO_FN int ipc_msg_load(gaddr_t src, size_t n, struct ipc_msg **ret)
{
	struct ipc_msg *m = malloc(sizeof(*m) + n);

	if (!m)
		return -ENOMEM;
	for (size_t at = 0; at < n; at += STEP) {
		size_t part = MIN(STEP, n - at);

		if (copyin(m->text + at, src + at, part)) {
			free(m);
			return -EFAULT;
		}
		co_did_bytes(part);
	}
	m->len = n;
	m->type = 0;
	m->seq = 0;
	obj_born(&msg_count);
	*ret = m;
	return 0;
}

CO_FN int ipc_msg_store(gaddr_t dst, const struct ipc_msg *m, size_t n)
{
	for (size_t at = 0; at < n; at += STEP) {
		size_t part = MIN(STEP, n - at);

		if (copyout(dst + at, m->text + at, part))
			return -EFAULT;
		co_did_bytes(part);
	}
	return 0;
}

void ipc_msg_free(struct ipc_msg *m)
{
	if (!m)
		return;
	free(m);
	obj_died(&msg_count);
}
