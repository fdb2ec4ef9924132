/* SPDX-License-Identifier: Apache-2.0
 *
 * What the inotify tests share: events as text. Watches are named by whoever adds them, cookies
 * by letters in order of their appearance, so that the text is the same in every run.
 */
#ifndef TESTS_GUEST_INOTIFY_H
#define TESTS_GUEST_INOTIFY_H

#include "guest.h"
#include <sys/inotify.h>
#include <sys/ioctl.h>

#define ALL IN_ALL_EVENTS
#define NAMES 64

static struct {
	int fd, wd;
	const char *name;
} watches[NAMES];
static int nr_watches;

UNUSED static int watch(int fd, const char *path, uint32_t mask, const char *name)
{
	int wd = inotify_add_watch(fd, path, mask);

	need(wd > 0);
	for (int i = 0; i < nr_watches; i++)
		if (watches[i].fd == fd && watches[i].wd == wd) {
			watches[i].name = name;
			return wd;
		}
	need(nr_watches < NAMES);
	watches[nr_watches].fd = fd;
	watches[nr_watches].wd = wd;
	watches[nr_watches++].name = name;
	return wd;
}

static const char *watch_name(int fd, int wd)
{
	for (int i = 0; i < nr_watches; i++)
		if (watches[i].fd == fd && watches[i].wd == wd)
			return watches[i].name;
	return wd == -1 ? "-" : "?";
}

static const char *mask_text(uint32_t mask)
{
	static const struct { uint32_t bit; const char *name; } bits[] = {
		{ IN_ACCESS, "ACCESS" }, { IN_MODIFY, "MODIFY" }, { IN_ATTRIB, "ATTRIB" },
		{ IN_CLOSE_WRITE, "CLOSE_WRITE" }, { IN_CLOSE_NOWRITE, "CLOSE_NOWRITE" },
		{ IN_OPEN, "OPEN" }, { IN_MOVED_FROM, "MOVED_FROM" }, { IN_MOVED_TO, "MOVED_TO" },
		{ IN_CREATE, "CREATE" }, { IN_DELETE, "DELETE" }, { IN_DELETE_SELF, "DELETE_SELF" },
		{ IN_MOVE_SELF, "MOVE_SELF" }, { IN_UNMOUNT, "UNMOUNT" },
		{ IN_Q_OVERFLOW, "Q_OVERFLOW" }, { IN_IGNORED, "IGNORED" }, { IN_ISDIR, "ISDIR" },
	};
	static char text[256];

	text[0] = '\0';
	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++)
		if (mask & bits[i].bit) {
			if (text[0])
				strcat(text, "|");
			strcat(text, bits[i].name);
			mask &= ~bits[i].bit;
		}
	if (mask)
		strcat(text, "|more");
	return text;
}

static char cookie_letter(uint32_t cookie)
{
	static uint32_t seen[26];
	static int n;

	for (int i = 0; i < n; i++)
		if (seen[i] == cookie)
			return (char)('A' + i % 26);
	seen[n % 26] = cookie;
	return (char)('A' + n++ % 26);
}

/* Forgets what is queued. The descriptor is non-blocking. */
UNUSED static void discard(int fd)
{
	static char buf[65536];

	while (read(fd, buf, sizeof(buf)) > 0)
		;
}

/* Everything that is queued, on lines of their own. The descriptor is non-blocking. */
__attribute__((format(printf, 2, 3))) UNUSED static void events(int fd, const char *fmt, ...)
{
	static char buf[65536] __attribute__((aligned(8)));
	int ready = -1, total = 0;
	va_list ap;
	ssize_t n;

	need(ioctl(fd, FIONREAD, &ready) == 0);
	printf("# ");
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	printf("\n");
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		total += (int)n;
		for (char *p = buf; p < buf + n;) {
			struct inotify_event *e = (struct inotify_event *)p;
			bool pad_ok = e->len % sizeof(*e) == 0;

			printf("#     %s %s", watch_name(fd, e->wd), mask_text(e->mask));
			if (e->len) {
				printf(" %s", e->name);
				for (size_t i = strlen(e->name); i < e->len; i++)
					pad_ok = pad_ok && !e->name[i];
				pad_ok = pad_ok && e->len - strlen(e->name) <= sizeof(*e);
			}
			if (e->cookie)
				printf(" cookie %c", cookie_letter(e->cookie));
			printf("%s\n", pad_ok ? "" : " BAD PADDING");
			p += sizeof(*e) + e->len;
		}
	}
	need(n == -1 && errno == EAGAIN);
	if (ready != total)
		check(false, "FIONREAD said %d, there were %d", ready, total);
	fflush(stdout);
}

#endif
