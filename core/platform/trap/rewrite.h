/* SPDX-License-Identifier: Apache-2.0
 *
 * Shared by rewrite.c, which changes code, and text.c, which knows what was changed in a file's code before.
 * Layer: core; private to the two.
 */
#ifndef CORE_PLATFORM_TRAP_REWRITE_H
#define CORE_PLATFORM_TRAP_REWRITE_H

#include "core/arch/x86_64/syscall_patch.h"
#include "core/platform/trap/trap.h"

#define THUNKS (AS_THUNK_AREA / THUNK_SIZE)
#define AREAS_MAX 16
#define SITES_MAX 8192

struct thunk {
	uint32_t index; /* in the area */
	struct syscall_patch patch; /* its addresses are relative to the area's, modulo 2^64 */
};

struct thunk_area {
	int refs;
	bool shared;  /* a text's */
	uint8_t *mem; /* what the guest executes */
	uint32_t used[THUNKS / 32];
	struct thunk *thunk; /* in order of making */
	unsigned nr, room;
};

struct site {
	gaddr_t start;
	uint32_t len;
	uint16_t area; /* in rewrites.area */
	uint16_t nr;   /* of its thunk there */
};

struct area_map {
	struct thunk_area *a;
	gaddr_t addr;
};

#define COUNTER_SETS 32
#define COUNTER_WAYS 4

struct rewrites {
	struct site *site; /* by address */
	unsigned nr, room;
	struct area_map area[AREAS_MAX];
	unsigned nr_areas;
	struct counter {
		gaddr_t pc;
		uint8_t traps;
		bool tried; /* and if it still traps, can't be rewritten */
	} counter[COUNTER_SETS * COUNTER_WAYS]; /* set by set */
};

/* ---- rewrite.c ---- */
struct rewrites *trap_rewrites_of(struct as *as); /* made if need be; NULL: no memory */
int trap_area_new(struct thunk_area **ret); /* a descriptor to map it by, or negative */
void trap_area_unref(struct thunk_area *a);
/* A new thunk in the area for p, or negative; p gets what is known only now. */
int trap_thunk_new(const struct area_map *m, struct syscall_patch *p);
/* The patch of a thunk in an area that is mapped at addr. */
struct syscall_patch trap_patch_at(const struct thunk *t, gaddr_t addr);
/* Notes that code is, or is about to be, a jump to thunk nr of area[area]. */
int trap_site_add(struct rewrites *r, const struct syscall_patch *p, unsigned area, unsigned nr);

/* Is there one in [start, end)? */
bool trap_site_covers(const struct rewrites *r, gaddr_t start, gaddr_t end);

/* ---- text.c ---- */
/* The area of the text that the file has for base, if as has it: its place in r->area, or -1. */
int trap_text_area_of(const struct text *text, const struct rewrites *r, gaddr_t base);
/* The thunk for a site whose code begins at off in the file, or -1. */
int trap_text_find(const struct text *text, uint64_t off);
/* Such a thunk exists now; wanted: wherever the file is mapped. */
void trap_text_note(struct text *text, uint64_t off, unsigned nr, bool wanted);
/* The area as it is mapped for base; a NULL: there is no memory for it. */
struct area_map trap_text_map(struct text *text, gaddr_t base);

#endif
