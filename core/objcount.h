/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters of live objects by type, so that teardown can show that nothing leaked (LeakSanitizer
 * can't run in the cage). Each type that is reference-counted or pooled has one.
 */
#ifndef CORE_OBJCOUNT_H
#define CORE_OBJCOUNT_H

#include "core/base.h"

struct objcount {
	const char *name;
	long live;
	struct objcount *next; /* registry, in order of first use */
	bool listed;
};

#define OBJCOUNT(var, label) static struct objcount var = { .name = (label) }

void obj_born(struct objcount *c);
void obj_died(struct objcount *c);

/* Logs every counter that isn't zero at LOG_ERROR; returns how many there were. */
int objcount_report(void);
/* Calls fn for each registered counter, in order of first use. */
void objcount_each(void (*fn)(const struct objcount *c, void *arg), void *arg);

#endif
