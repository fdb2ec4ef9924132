/* SPDX-License-Identifier: Apache-2.0
 *
 * Counters of live objects. Layer: core.
 */
#include "core/objcount.h"

#include "core/log.h"

static struct objcount *first;
static struct objcount **end = &first;

void obj_born(struct objcount *c)
{
	if (!c->listed) {
		c->listed = true;
		*end = c;
		end = &c->next;
	}
	c->live++;
}

void obj_died(struct objcount *c)
{
	c->live--;
}

void objcount_each(void (*fn)(const struct objcount *c, void *arg), void *arg)
{
	for (struct objcount *c = first; c; c = c->next)
		fn(c, arg);
}

int objcount_report(void)
{
	int bad = 0;

	for (struct objcount *c = first; c; c = c->next) {
		if (c->live) {
			log_error("leak: %ld of %s still live at teardown", c->live, c->name);
			bad++;
		}
	}
	return bad;
}
