/* SPDX-License-Identifier: Apache-2.0
 *
 * Options of `picket do`. Layer: control.
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "control/cli.h"
#include "control/do.h"
#include "core/platform/platform.h"

enum { OPT_ROOTFS = 256, OPT_RW, OPT_HOSTNAME, OPT_STRACE, OPT_LOG, OPT_PLATFORM, OPT_NO_ASLR,
	OPT_NO_REWRITE, OPT_CPU_POLICY, OPT_STATS };

static const struct option long_options[] = {
	{ "rootfs", required_argument, NULL, OPT_ROOTFS },
	{ "rw", no_argument, NULL, OPT_RW },
	{ "volume", required_argument, NULL, 'v' },
	{ "env", required_argument, NULL, 'e' },
	{ "workdir", required_argument, NULL, 'w' },
	{ "user", required_argument, NULL, 'u' },
	{ "hostname", required_argument, NULL, OPT_HOSTNAME },
	{ "strace", no_argument, NULL, OPT_STRACE },
	{ "log", required_argument, NULL, OPT_LOG },
	{ "platform", required_argument, NULL, OPT_PLATFORM },
	{ "no-aslr", no_argument, NULL, OPT_NO_ASLR },
	{ "cpu-policy", required_argument, NULL, OPT_CPU_POLICY },
	{ "no-rewrite", no_argument, NULL, OPT_NO_REWRITE },
	{ "stats", no_argument, NULL, OPT_STATS },
	{ NULL, 0, NULL, 0 },
};

const char *do_options_help(void)
{
	return "  --rootfs DIR            the guest's root directory (default: /)\n"
	       "  --rw                    write to the root directory itself, not to an overlay\n"
	       "  -v, --volume SRC:DST[:ro]  show the host's SRC at DST, writable unless :ro\n"
	       "  -e, --env K[=V]         set an environment variable, or unset K\n"
	       "  -w, --workdir DIR       working directory in the guest (default: the caller's)\n"
	       "  -u, --user UID[:GID]    run as UID and GID without capabilities unless UID is 0\n"
	       "  --hostname NAME         the guest's host name\n"
	       "  --strace                print every system call to the log\n"
	       "  --log FILE              append the log to FILE instead of stderr\n"
	       "  --platform NAME         how guest code runs: trap (default)\n"
	       "  --no-aslr               the same addresses in every run\n"
	       "  --cpu-policy POLICY     wait busily for long (latency), for as long as pays (balanced,\n"
	       "                          the default) or never (frugal)\n"
	       "  --no-rewrite            don't turn system calls that are made often into jumps\n"
	       "  --stats                 say at the end how system calls came\n";
}

static char **env_find(char **env, const char *key, size_t len)
{
	for (char **e = env; *e; e++)
		if (!strncmp(*e, key, len) && (*e)[len] == '=')
			return e;
	return NULL;
}

static int env_copy(struct do_options *o)
{
	size_t n = 0;

	while (environ[n])
		n++;
	o->env = calloc(n + 1, sizeof(*o->env));
	for (size_t i = 0; o->env && i < n; i++)
		if (!(o->env[i] = strdup(environ[i])))
			return -ENOMEM;
	return o->env ? 0 : -ENOMEM;
}

/* K=V sets, K alone unsets. */
static int env_set(struct do_options *o, const char *arg)
{
	size_t key = strcspn(arg, "="), n = 0;

	if (!key)
		return -EINVAL;
	char **at = env_find(o->env, arg, key);
	if (!arg[key]) {
		if (at) {
			free(*at);
			for (; *at; at++)
				at[0] = at[1];
		}
		return 0;
	}
	char *copy = strdup(arg);
	if (!copy)
		return -ENOMEM;
	if (at) {
		free(*at);
		*at = copy;
		return 0;
	}
	while (o->env[n])
		n++;
	char **env = realloc(o->env, (n + 2) * sizeof(*env));
	if (!env) {
		free(copy);
		return -ENOMEM;
	}
	env[n] = copy;
	env[n + 1] = NULL;
	o->env = env;
	return 0;
}

/* SRC:DST[:ro] */
static int add_mount(struct do_options *o, const char *arg)
{
	const char *colon = strchr(arg, ':');

	if (!colon || colon == arg || colon[1] != '/') {
		cli_error("volume '%s' is not SRC:DST[:ro] with an absolute DST", arg);
		return EXIT_PICKET;
	}
	if (o->nr_mounts == DO_MOUNTS_MAX) {
		cli_error("more than %d volumes", DO_MOUNTS_MAX);
		return EXIT_PICKET;
	}
	const char *opt = strchr(colon + 1, ':');
	if (opt && strcmp(opt, ":ro") && strcmp(opt, ":rw")) {
		cli_error("volume '%s' has an unknown option '%s'", arg, opt + 1);
		return EXIT_PICKET;
	}
	struct do_mount *m = &o->mounts[o->nr_mounts++];
	m->fd = -1;
	m->read_only = opt && !strcmp(opt, ":ro");
	m->src = strndup(arg, (size_t)(colon - arg));
	m->dst = opt ? strndup(colon + 1, (size_t)(opt - colon - 1)) : strdup(colon + 1);
	if (!m->src || !m->dst) {
		cli_error("out of memory");
		return EXIT_PICKET;
	}
	return 0;
}

static bool parse_id(const char *s, char end, uint32_t *ret, const char **rest)
{
	char *stop;

	errno = 0;
	unsigned long v = strtoul(s, &stop, 10);
	if (stop == s || errno || v >= UINT32_MAX || *s == '-' || (*stop && *stop != end))
		return false;
	*ret = (uint32_t)v;
	*rest = *stop ? stop + 1 : NULL;
	return true;
}

static int parse_user(struct do_options *o, const char *arg)
{
	const char *rest;

	o->set_user = parse_id(arg, ':', &o->uid, &rest);
	o->gid = o->uid;
	if (o->set_user && rest)
		o->set_user = parse_id(rest, '\0', &o->gid, &rest);
	if (!o->set_user)
		cli_error("user '%s' is not UID[:GID] in numbers", arg);
	return o->set_user ? 0 : EXIT_PICKET;
}

static int check_platform(const char *name)
{
	int err = 0;

	if (platform_find(name, &err))
		return 0;
	if (err == -ENOSYS)
		cli_error("platform '%s' is not built into this picket yet; use trap", name);
	else
		cli_error("unknown platform '%s'; known are trap, ptrace and kvm", name);
	return EXIT_PICKET;
}

static int parse_cpu_policy(const char *arg)
{
	static const char *const names[] = {
		[CPU_BALANCED] = "balanced", [CPU_LATENCY] = "latency", [CPU_FRUGAL] = "frugal",
	};

	for (unsigned i = 0; i < ARRAY_LEN(names); i++)
		if (!strcmp(arg, names[i])) {
			platform_options.cpu_policy = (enum cpu_policy)i;
			return 0;
		}
	cli_error("--cpu-policy must be latency, balanced or frugal, not '%s'", arg);
	return -EINVAL;
}

static int parse_one(struct do_options *o, int opt, const char *arg)
{
	int err;

	switch (opt) {
	case OPT_ROOTFS: o->rootfs = arg; return 0;
	case OPT_RW: o->rw = true; return 0;
	case OPT_HOSTNAME:
		if (!*arg || strlen(arg) > 64) {
			cli_error("host name must have 1 to 64 characters");
			return EXIT_PICKET;
		}
		o->hostname = arg;
		return 0;
	case OPT_STRACE: o->strace = true; return 0;
	case OPT_LOG: o->log = arg; return 0;
	case OPT_PLATFORM: o->platform = arg; return check_platform(arg);
	case OPT_NO_ASLR: o->no_aslr = true; return 0;
	case OPT_NO_REWRITE: platform_options.no_rewrite = true; return 0;
	case OPT_CPU_POLICY: return parse_cpu_policy(arg);
	case OPT_STATS: o->stats = true; return 0;
	case 'w': o->cwd = arg; return 0;
	case 'u': return parse_user(o, arg);
	case 'v': return add_mount(o, arg);
	case 'e':
		err = env_set(o, arg);
		if (err)
			cli_error("environment '%s': %s", arg, strerror(-err));
		return err ? EXIT_PICKET : 0;
	}
	return EXIT_PICKET;
}

int do_options_parse(struct do_options *o, int argc, char **argv)
{
	int opt, err = 0;

	*o = (struct do_options){ .rootfs = "/", .platform = "trap" };
	if (env_copy(o)) {
		cli_error("out of memory");
		return EXIT_PICKET;
	}
	opterr = 0;
	optind = 1;
	/* '+': the command's own options are not ours. */
	while (!err && (opt = getopt_long(argc, argv, "+:v:e:w:u:", long_options, NULL)) != -1) {
		const char *at = argv[optind - 1];
		if (opt == ':') {
			cli_error("option '%s' needs a value", at);
			err = EXIT_PICKET;
		} else if (opt == '?') {
			cli_error("unknown option '%s'; try 'picket --help'", at);
			err = EXIT_PICKET;
		} else {
			err = parse_one(o, opt, optarg);
		}
	}
	o->argv = argv + optind;
	if (!err && !*o->argv) {
		cli_error("no command given; try 'picket --help'");
		err = EXIT_PICKET;
	}
	return err;
}

void do_options_free(struct do_options *o)
{
	for (unsigned i = 0; i < o->nr_mounts; i++) {
		free(o->mounts[i].src);
		free(o->mounts[i].dst);
		if (o->mounts[i].fd >= 0)
			close(o->mounts[i].fd);
	}
	for (char **e = o->env; e && *e; e++)
		free(*e);
	free(o->env);
}
