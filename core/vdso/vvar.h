/* SPDX-License-Identifier: Apache-2.0
 *
 * The parameter page of the vDSO: read-only for guests, mapped just before the image. Shared by the
 * sentry, which writes it, and the image, which is built without libc. Layer: core.
 */
#ifndef CORE_VDSO_VVAR_H
#define CORE_VDSO_VVAR_H

#include <stdint.h>

#define VVAR_VERSION 2

/* How the functions of the image answer. */
#define VVAR_SYSCALL 0 /* by making the system call: right on every platform and in every mode */
#define VVAR_COUNTER 1 /* clocks from the processor's counter */

/* Clock ids of Linux below this have a place in the page; VVAR_CLOCKS says which are answered. */
#define VVAR_CLOCK_IDS 12
/* REALTIME, MONOTONIC, MONOTONIC_RAW, REALTIME_COARSE, MONOTONIC_COARSE, BOOTTIME, TAI: as on Linux */
#define VVAR_CLOCKS 0x8f3u
#define VVAR_CLOCKS_COARSE 0x60u
/* What a clock that Linux makes of timer ticks claims to be good for: 250 Hz. */
#define VVAR_COARSE_RES 4000000

/*
 * Writers make seq odd, change the fields, and make it even again; readers retry when it was odd or
 * has changed. A reader takes the counter before it looks at seq again, and the writer takes it while
 * seq is odd: so no reader uses a line later than the next one begins. Fields are only ever added,
 * after the last.
 *
 * The line: at a count between origin and origin + span a clock says sec seconds and
 * (ns + (count - origin) * slope) / 2^32 ns, which is less than two seconds. Outside of that, the page
 * is too old, or the counter has jumped: the system call answers and brings it up to date.
 */
struct vvar {
	uint32_t version; /* VVAR_VERSION */
	uint32_t seq;
	uint32_t mode;    /* VVAR_*; a mode that an image doesn't know means VVAR_SYSCALL */
	uint32_t reserved;
	uint64_t origin, span, slope;
	struct vvar_clock {
		int64_t sec;
		uint64_t ns; /* in units of 2^-32 ns */
	} clock[VVAR_CLOCK_IDS];
};

#endif
