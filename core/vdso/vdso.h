/* SPDX-License-Identifier: Apache-2.0
 *
 * The sentry's own vDSO in guest address spaces: vdso(7). Layer: core.
 */
#ifndef CORE_VDSO_VDSO_H
#define CORE_VDSO_VDSO_H

#include "core/base.h"
#include "core/mm/mm.h"

/*
 * Makes the memory file that all guests map. To be called at start, before the cage closes
 * memfd_create; vdso_map does it otherwise. Negative errno.
 */
int vdso_init(void);
void vdso_done(void);
/* Maps parameter page and image into a fresh mm; mm->vdso is the image's ELF header then. */
CO_FN int vdso_map(struct mm *mm, struct ctx *by);
/* The image as it was built, for tests. */
const void *vdso_image(size_t *size);

#endif
