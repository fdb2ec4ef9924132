/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"
#include <grp.h>
#include <linux/capability.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/prctl.h>

static unsigned long long caps(int which)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2];

	if (syscall(SYS_capget, &h, d))
		return -1;
	return which == 0 ? d[0].effective | (unsigned long long)d[1].effective << 32 :
	       which == 1 ? d[0].permitted | (unsigned long long)d[1].permitted << 32 :
			    d[0].inheritable | (unsigned long long)d[1].inheritable << 32;
}

static bool ids(uid_t r, uid_t e, uid_t s)
{
	uid_t a, b, c;

	return getresuid(&a, &b, &c) == 0 && a == r && b == e && c == s;
}

#define child(text, ...)                                                                           \
	check(exited(in_child({ __VA_ARGS__; _exit(tap_failed); }), 0), text)

int main(void)
{
	struct __user_cap_header_struct h = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct d[2] = { 0 };
	gid_t g[4] = { 5, 6, 7, 8 };

	need_root();
	child("setuid by root", {
		check_is(setuid(1000), 0, "setuid");
		check(ids(1000, 1000, 1000), "all three");
		check(caps(0) == 0 && caps(1) == 0, "no capabilities are left");
		check_errno(setuid(0), EPERM, "no way back");
		check_errno(setgid(5), EPERM, "nor another group");
		check_errno(setgroups(0, NULL), EPERM, "nor setgroups");
		check_is(setuid(1000), 0, "to oneself");
		check_errno(sethostname("x", 1), EPERM, "sethostname");
		check_errno(mount("none", "/", "tmpfs", 0, NULL), EPERM, "mount");
		check_errno(kill(1, SIGTERM), EPERM, "kill of root's process");
		check_errno(setpriority(PRIO_PROCESS, 0, -5), EACCES, "negative nice");
	});
	child("saved id", {
		check_is(setresuid(1000, 1001, 0), 0, "setresuid");
		check(ids(1000, 1001, 0), "three different");
		check(caps(0) == 0 && caps(1) != 0, "effective capabilities go, permitted stay");
		check_errno(setresuid(5, -1, -1), EPERM, "a fourth");
		check_is(setresuid(-1, 0, -1), 0, "back by the saved one");
		check(caps(0) == caps(1) && caps(0) != 0, "effective capabilities come back");
	});
	child("setreuid", {
		check_is(setreuid(1000, 1001), 0, "setreuid");
		check(ids(1000, 1001, 1001), "the saved one follows");
		check_is(setreuid(-1, 1000), 0, "effective to real");
		check_is(seteuid(1001), 0, "effective to saved");
		check_is(setreuid(1001, 1000), 0, "swap");
		check(ids(1001, 1000, 1000), "swapped");
	});
	child("groups", {
		check_is(setgroups(4, g), 0, "setgroups");
		gid_t got[8];
		check_is(getgroups(0, NULL), 4, "their number");
		check_is(getgroups(8, got), 4, "getgroups");
		check(!memcmp(got, g, sizeof(g)), "are the same");
		check_errno(getgroups(3, got), EINVAL, "too small");
		check_errno(syscall(SYS_getgroups, -1, got), EINVAL, "size -1");
		check_errno(syscall(SYS_setgroups, 65537, g), EINVAL, "65537 groups");
		check_errno(syscall(SYS_setgroups, 4, odd_ptr), EFAULT, "wild");
		check_is(setresgid(10, 11, 12), 0, "setresgid");
		check_is(setgid(13), 0, "setgid of root sets all");
		check(getgid() == 13 && getegid() == 13, "all");
	});
	child("KEEPCAPS", {
		check_is(prctl(PR_SET_KEEPCAPS, 1), 0, "set");
		check_is(setuid(1000), 0, "setuid");
		check(caps(0) == 0 && caps(1) != 0, "permitted stay");
		check_is(syscall(SYS_capget, &h, d), 0, "capget");
		d[0].effective = 1 << CAP_SETUID;
		check_is(syscall(SYS_capset, &h, d), 0, "take one");
		check_is(setuid(0), 0, "and go back");
	});
	child("capset", {
		need(syscall(SYS_capget, &h, d) == 0);
		unsigned int was = d[0].permitted;
		d[0].effective &= ~(1u << CAP_CHOWN);
		check_is(syscall(SYS_capset, &h, d), 0, "drop CAP_CHOWN");
		close(file("f", ""));
		check_errno(chown("f", 5, 5), EPERM, "chown fails");
		d[0].effective = was;
		check_is(syscall(SYS_capset, &h, d), 0, "take it again");
		check_is(chown("f", 5, 5), 0, "chown works");
		d[0].permitted = d[0].effective = 1 << CAP_SETUID;
		check_is(syscall(SYS_capset, &h, d), 0, "drop from permitted");
		d[0].permitted = was;
		check_errno(syscall(SYS_capset, &h, d), EPERM, "no way back");
		h.version = 0x12345678;
		check_errno(syscall(SYS_capget, &h, d), EINVAL, "unknown version");
		check(h.version == _LINUX_CAPABILITY_VERSION_3, "the preferred one is told");
		check_errno(syscall(SYS_capget, odd_ptr, d), EFAULT, "wild header");
		check_errno(syscall(SYS_capset, &h, odd_ptr), EFAULT, "wild data");
		h.pid = 1 << 22;
		check_errno(syscall(SYS_capget, &h, d), ESRCH, "of nobody");
	});
	h.pid = 0;
	child("bounding set and exec", {
		check_is(prctl(PR_CAPBSET_DROP, CAP_CHOWN), 0, "drop from the bounding set");
		check_is(prctl(PR_CAPBSET_READ, CAP_CHOWN), 0, "is gone");
		check(caps(1) >> CAP_CHOWN & 1, "still permitted");
	});
	child("fsuid", {
		close(file("mine", ""));
		chmod("mine", 0600);
		check_is(setfsuid(1000), 0, "setfsuid tells the old one");
		check_is(setfsuid(-1), 1000, "-1 asks");
		check_errno(open("mine", O_RDWR), EACCES, "files are another user's now");
		check(ids(0, 0, 0), "the other ids stay");
		check_is(setfsuid(0), 1000, "back");
		check(open("mine", O_RDWR) >= 0, "and open");
	});
	child("ambient", {
		check_errno(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0), EPERM, "not inheritable");
		need(syscall(SYS_capget, &h, d) == 0);
		d[0].inheritable = 1 << CAP_CHOWN;
		check_is(syscall(SYS_capset, &h, d), 0, "inheritable");
		check(caps(2) == 1 << CAP_CHOWN, "is set");
		check_is(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_CHOWN, 0, 0), 0, "raise");
		check_is(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0), 1, "is set");
		check_is(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0), 0, "clear");
		check_is(prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_IS_SET, CAP_CHOWN, 0, 0), 0, "is clear");
	});
	/* A setuid program. */
	need(system("cp /usr/bin/id idprog") == 0);
	chmod(".", 0755);
	need(chown("idprog", 1234, 4321) == 0 && chmod("idprog", 06755) == 0);
	check(exited(in_child({
		      setgroups(0, NULL);
		      need(setgid(1000) == 0 && setuid(1000) == 0);
		      execl("/bin/sh", "sh", "-c", "test \"$(./idprog -u).$(./idprog -g)\" = 1234.4321", NULL);
	      }), 0), "set-id bits at exec");
	check(exited(in_child({
		      setgroups(0, NULL);
		      need(setgid(1000) == 0 && setuid(1000) == 0);
		      prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
		      execl("/bin/sh", "sh", "-c", "test \"$(./idprog -u).$(./idprog -g)\" = 1000.1000", NULL);
	      }), 0), "are nothing under NO_NEW_PRIVS");
	return done();
}
