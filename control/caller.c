/* SPDX-License-Identifier: Apache-2.0
 *
 * What a guest inherits from the caller when nothing else is asked for: identity, capabilities,
 * limits, umask, working directory, host name. Layer: control.
 */
#include <grp.h>
#include <stdlib.h>
#include <sys/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "control/do.h"

static uint64_t cap_bits(cap_t caps, cap_flag_t set)
{
	uint64_t bits = 0;
	cap_flag_value_t v;

	for (cap_value_t c = 0; c < 64; c++)
		if (!cap_get_flag(caps, c, set, &v) && v == CAP_SET)
			bits |= (uint64_t)1 << c;
	return bits;
}

static int capture_caps(struct caller *c)
{
	cap_t caps = cap_get_proc();

	if (!caps)
		return -errno;
	c->cap_inheritable = cap_bits(caps, CAP_INHERITABLE);
	c->cap_permitted = cap_bits(caps, CAP_PERMITTED);
	c->cap_effective = cap_bits(caps, CAP_EFFECTIVE);
	cap_free(caps);
	for (cap_value_t v = 0; v < 64; v++) {
		if (cap_get_bound(v) == 1)
			c->cap_bounding |= (uint64_t)1 << v;
		if (cap_get_ambient(v) == 1)
			c->cap_ambient |= (uint64_t)1 << v;
	}
	return 0;
}

static int capture_groups(struct caller *c)
{
	int n = getgroups(0, NULL);

	if (n < 0)
		return -errno;
	c->groups = calloc((size_t)n + 1, sizeof(*c->groups));
	if (!c->groups)
		return -ENOMEM;
	n = getgroups(n, c->groups);
	if (n < 0)
		return -errno;
	c->ngroups = (unsigned)n;
	return 0;
}

int caller_capture(struct caller *c)
{
	struct utsname un;

	memset(c, 0, sizeof(*c));
	getresuid(&c->ruid, &c->euid, &c->suid);
	getresgid(&c->rgid, &c->egid, &c->sgid);
	int err = capture_caps(c);
	if (!err)
		err = capture_groups(c);
	if (err)
		return err;
	c->no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
	for (int i = 0; i < (int)RLIM_NLIMITS; i++)
		if (getrlimit64((__rlimit_resource_t)i, &c->rlim[i]))
			return -errno;
	c->umask = umask(0);
	umask(c->umask);
	c->cwd = getcwd(NULL, 0);
	if (!uname(&un))
		memcpy(c->hostname, un.nodename, sizeof(c->hostname));
	return 0;
}

void caller_free(struct caller *c)
{
	free(c->groups);
	free(c->cwd);
}
