/* SPDX-License-Identifier: Apache-2.0
 *
 * Mapping the vDSO. Layer: core. One memory file holds the parameter page and the image after it;
 * mapped privately, so that a guest that makes it writable (debuggers do) changes its own copy.
 */
#include "core/vdso/vdso.h"

#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/host/memfd.h"
#include "core/mm/build.h"
#include "core/vdso/vvar.h"

extern const char vdso_image_start[], vdso_image_end[]; /* image.S */
static int vdso_fd = -1;
static void *vvar; /* the parameter page, to be written */

const void *vdso_image(size_t *size)
{
	*size = (size_t)(vdso_image_end - vdso_image_start);
	return vdso_image_start;
}

int vdso_init(void)
{
	const struct vvar params = { .version = VVAR_VERSION, .mode = VVAR_SYSCALL };
	size_t size;
	const void *image = vdso_image(&size);

	if (vdso_fd >= 0)
		return 0;
	char *all = calloc(1, PAGE_SIZE + size);
	if (!all)
		return -ENOMEM;
	memcpy(all, &params, sizeof(params));
	memcpy(all + PAGE_SIZE, image, size);
	int fd = host_memfd_page("picket-vdso", all, PAGE_SIZE + size, &vvar);
	free(all);
	if (fd < 0)
		return fd;
	vdso_fd = fd;
	clock_share(vvar);
	return 0;
}

void vdso_done(void)
{
	clock_share(NULL);
	if (vvar)
		munmap(vvar, PAGE_SIZE);
	vvar = NULL;
	if (vdso_fd >= 0)
		close(vdso_fd);
	vdso_fd = -1;
}

CO_FN int vdso_map(struct mm *mm, struct ctx *by)
{
	size_t size;
	int err = vdso_init();

	if (err)
		return err;
	vdso_image(&size);
	size = PAGE_UP(size);
	int64_t at = mm_place_for(mm, PAGE_SIZE + size);
	if (at < 0)
		return (int)at;
	gaddr_t base = (gaddr_t)at;
	err = mm_map_special(mm, by, base, PAGE_SIZE, PROT_READ, vdso_fd, 0, "[vvar]");
	if (!err)
		err = mm_map_special(mm, by, base + PAGE_SIZE, size, PROT_READ | PROT_EXEC, vdso_fd,
		                     PAGE_SIZE, "[vdso]");
	if (!err)
		mm->vdso = base + PAGE_SIZE;
	return err;
}
