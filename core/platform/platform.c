/* SPDX-License-Identifier: Apache-2.0
 *
 * The list of platforms. Layer: core.
 */
#include "core/platform/platform.h"

const struct platform *platform;
struct platform_options platform_options;
struct platform_stats platform_stats;
struct platform_calls platform_calls;

extern const struct platform platform_trap;

const struct platform *platform_find(const char *name, int *ret_err)
{
	if (!strcmp(name, platform_trap.name))
		return &platform_trap;
	*ret_err = !strcmp(name, "ptrace") || !strcmp(name, "kvm") ? -ENOSYS : -EINVAL;
	return NULL;
}
