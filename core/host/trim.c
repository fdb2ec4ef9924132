/* SPDX-License-Identifier: Apache-2.0
 *
 * See trim.h. Layer: core/host.
 */
#include "core/host/trim.h"

#include <link.h>
#include <malloc.h>
#include <stdint.h>
#include <sys/mman.h>

#include "core/base.h"

static int let_go(struct dl_phdr_info *info, size_t size UNUSED, void *arg UNUSED)
{
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uint64_t start = PAGE_UP(info->dlpi_addr + ph->p_vaddr);
		uint64_t end = PAGE_DOWN(info->dlpi_addr + ph->p_vaddr + ph->p_filesz);

		/* What is relocated lies in segments that can be written. Refusals, as of the vDSO, are none of
		 * our business. */
		if (ph->p_type == PT_LOAD && !(ph->p_flags & PF_W) && start < end)
			madvise((void *)start, end - start, MADV_DONTNEED);
	}
	return 0;
}

void host_trim(void)
{
	malloc_trim(0);
	dl_iterate_phdr(let_go, NULL);
}
