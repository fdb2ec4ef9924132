/* SPDX-License-Identifier: Apache-2.0
 *
 * The parameter page of the vDSO: read-only for guests, mapped just before the image. Shared by the
 * sentry, which writes it, and the image, which is built without libc. Layer: core.
 */
#ifndef CORE_VDSO_VVAR_H
#define CORE_VDSO_VVAR_H

#include <stdint.h>

#define VVAR_VERSION 1

/* How the functions of the image answer. */
#define VVAR_SYSCALL 0 /* by making the system call: right on every platform and in every mode */

/*
 * Writers make seq odd, change the fields, and make it even again; readers retry when it was odd or
 * has changed. Fields are only ever added, after the last.
 */
struct vvar {
	uint32_t version; /* VVAR_VERSION */
	uint32_t seq;
	uint32_t mode;    /* VVAR_SYSCALL; a mode that an image doesn't know means VVAR_SYSCALL */
	uint32_t reserved;
};

#endif
