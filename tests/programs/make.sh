# SPDX-License-Identifier: Apache-2.0
# make -j4 of a small project with dependencies.
set -u
# time limit: 120 s
for i in $(seq 24); do echo "int f$i(int x) { return x + $i; }" > f$i.c; done
{ for i in $(seq 24); do echo "int f$i(int);"; done; echo '#include <stdio.h>
int main(void) { int x = 0;'; for i in $(seq 24); do echo "x = f$i(x);"; done; echo 'printf("%d\n", x); return 0; }'; } > main.c
cat > Makefile <<'M'
OBJS := main.o $(patsubst %,f%.o,$(shell seq 24))
prog: $(OBJS)
	@$(CC) -o $@ $^
%.o: %.c
	@$(CC) -c -o $@ $<
test: prog
	@./prog
clean:
	@rm -f prog *.o
.PHONY: test clean
M
make -j4 test; make -j4 -q prog; echo $?; touch f3.c; make -j4 prog && ls *.o | wc -l; make clean; ls | wc -l
printf 'all: a b c d\na b c d:\n\t@sleep 0.05; echo done > $@.txt\nfail:\n\t@exit 3\n' > M2; make -f M2 -j4 && cat ?.txt; make -s -f M2 fail 2>&1 | sed 's/make\[[0-9]*\]/make/'; echo $?
