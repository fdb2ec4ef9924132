/* SPDX-License-Identifier: Apache-2.0 */
#include "guest.h"

static volatile int hits;

static void xfsz(int sig UNUSED)
{
	hits++;
}

int main(void)
{
	char buf[4096] = "";
	int fd = file("f", ""), st;

	on_signal(SIGXFSZ, xfsz, 0);
	st = in_child({
		struct rlimit r = { 1000, 1000 };
		int bad = 0;

		bad |= setrlimit(RLIMIT_FSIZE, &r) ? 1 : 0;
		bad |= write(fd, buf, 990) != 990 ? 2 : 0;
		bad |= write(fd, buf, 100) != 10 ? 4 : 0;
		bad |= hits ? 8 : 0;
		bad |= write(fd, buf, 1) != -1 || errno != EFBIG || hits != 1 ? 16 : 0;
		bad |= pwrite(fd, buf, 10, 5000) != -1 || errno != EFBIG || hits != 2 ? 32 : 0;
		bad |= ftruncate(fd, 1001) != -1 || errno != EFBIG || hits != 3 ? 64 : 0;
		bad |= ftruncate(fd, 500) || ftruncate(fd, 1000) ? 128 : 0;
		_exit(bad);
	});
	check(WIFEXITED(st), "the child exits");
	int bad = WEXITSTATUS(st);
	check(!(bad & 1), "set the limit");
	check(!(bad & 2), "write below it");
	check(!(bad & 4), "write across it is partial");
	check(!(bad & 8), "without a signal");
	check(!(bad & 16), "write at it: EFBIG and SIGXFSZ");
	check(!(bad & 32), "write far above it");
	check(!(bad & 64), "ftruncate above it");
	check(!(bad & 128), "ftruncate up to it");
	signal(SIGXFSZ, SIG_DFL);
	st = in_child({
		struct rlimit r = { 10, 10 };

		setrlimit(RLIMIT_FSIZE, &r);
		pwrite(fd, buf, 1, 10);
	});
	check(killed(st, SIGXFSZ), "SIGXFSZ kills by default");
	signal(SIGXFSZ, SIG_IGN);
	st = in_child({
		struct rlimit r = { 0, 0 };
		int p[2];

		setrlimit(RLIMIT_FSIZE, &r);
		if (pwrite(fd, buf, 1, 0) != -1 || errno != EFBIG)
			_exit(1);
		if (pipe(p) || write(p[1], buf, 10) != 10)
			_exit(2);
		int n = open("/dev/null", O_WRONLY);
		if (write(n, buf, 10) != 10)
			_exit(3);
		if (close(open("empty", O_CREAT | O_RDWR, 0644)))
			_exit(4);
	});
	check(exited(st, 0), "a limit of 0 is for files alone");
	return done();
}
