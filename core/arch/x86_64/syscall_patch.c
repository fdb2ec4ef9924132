/* SPDX-License-Identifier: Apache-2.0
 *
 * See syscall_patch.h. Layer: core.
 */
#include "core/arch/x86_64/syscall_patch.h"

#include "core/arch/x86_64/insn.h"

#define JUMP_LEN 5
#define SYSCALL_LEN 2
#define MOV_LEN 5      /* b8 imm32 */
#define REX_MOV_LEN 7  /* 48 c7 c0 imm32 */

static const uint8_t *at(const uint8_t *code, gaddr_t code_addr, size_t n, gaddr_t addr, size_t len)
{
	if (addr < code_addr || addr - code_addr > n || n - (addr - code_addr) < len)
		return NULL;
	return code + (addr - code_addr);
}

static uint32_t imm32(const uint8_t *b)
{
	uint32_t v;

	memcpy(&v, b, sizeof(v));
	return v;
}

static bool is_rex(uint8_t b)
{
	return (b & 0xf0) == 0x40;
}

/* `mov $nr,%eax; syscall`: the mov becomes the jump. */
static bool plan_mov(struct syscall_patch *p, const uint8_t *code, gaddr_t code_addr, size_t n)
{
	gaddr_t syscall = p->after - SYSCALL_LEN;
	const uint8_t *b = at(code, code_addr, n, syscall - MOV_LEN - 1, MOV_LEN + 1);

	/* The byte before tells whether it is what it looks like. */
	if (b && b[1] == 0xb8 && imm32(b + 2) == p->nr && !is_rex(b[0])) {
		p->start = syscall - MOV_LEN;
		p->len = MOV_LEN;
		return true;
	}
	b = at(code, code_addr, n, syscall - REX_MOV_LEN, REX_MOV_LEN);
	if (b && b[0] == 0x48 && b[1] == 0xc7 && b[2] == 0xc0 && imm32(b + 3) == p->nr) {
		p->start = syscall - REX_MOV_LEN;
		p->len = REX_MOV_LEN;
		return true;
	}
	return false;
}

/* May what follows an instruction that never goes on to the next be overwritten? Padding may. */
static bool is_padding(const uint8_t *b, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (b[i] != 0x90 && b[i] != 0xcc)
			return false;
	return true;
}

/* `syscall` itself becomes the jump: as many instructions after it as that overwrites move. */
static bool plan_move(struct syscall_patch *p, const uint8_t *code, gaddr_t code_addr, size_t n)
{
	unsigned len = SYSCALL_LEN;

	p->start = p->after - SYSCALL_LEN;
	while (len < JUMP_LEN) {
		const uint8_t *b = at(code, code_addr, n, p->start + len, 1);
		struct insn in;

		if (!b || p->nr_moved == PATCH_MOVED_MAX || insn_decode(&in, b, n - (size_t)(b - code)))
			return false;
		p->moved[p->nr_moved] = (uint8_t)len;
		p->moved_len[p->nr_moved++] = in.len;
		len += in.len;
		bool ends = in.kind == INSN_RET || in.kind == INSN_JMP;
		if (!ends || len >= JUMP_LEN)
			continue;
		b = at(code, code_addr, n, p->start + len, JUMP_LEN - len);
		if (!b || !is_padding(b, JUMP_LEN - len))
			return false;
		len = JUMP_LEN;
	}
	p->len = len;
	return len <= PATCH_MAX;
}

/* The byte before tells a mov from another, and a mov isn't all that is looked at. */
static int take_context(struct syscall_patch *p, const uint8_t *code, gaddr_t code_addr, size_t n)
{
	gaddr_t end = MAX(p->after, p->start + p->len);

	p->before = p->mov && p->len == MOV_LEN;
	p->nr_context = (uint8_t)(p->before + (end - p->start));
	const uint8_t *b = at(code, code_addr, n, p->start - p->before, p->nr_context);
	if (!b)
		return -EINVAL;
	memcpy(p->context, b, p->nr_context);
	return 0;
}
_Static_assert(1 + PATCH_MAX <= PATCH_CONTEXT_MAX, "the byte before, and all that is changed");

int syscall_patch_plan(struct syscall_patch *p, gaddr_t after, uint64_t nr, const uint8_t *code,
                       gaddr_t code_addr, size_t n)
{
	const uint8_t *b = at(code, code_addr, n, after - SYSCALL_LEN, SYSCALL_LEN);

	memset(p, 0, sizeof(*p));
	p->after = after;
	p->nr = (uint32_t)nr;
	if (!b || b[0] != 0x0f || b[1] != 0x05)
		return -EINVAL;
	p->mov = nr <= INT32_MAX && plan_mov(p, code, code_addr, n);
	if (!p->mov && !plan_move(p, code, code_addr, n))
		return -EINVAL;
	b = at(code, code_addr, n, p->start, p->len);
	if (!b)
		return -EINVAL;
	memcpy(p->old, b, p->len);
	return take_context(p, code, code_addr, n);
}

static int32_t jump_distance(gaddr_t from_end, gaddr_t to)
{
	return (int32_t)(uint32_t)(to - from_end);
}

static bool in_reach(gaddr_t from_end, gaddr_t to)
{
	int64_t d = (int64_t)(to - from_end);

	return d == (int32_t)d;
}

bool syscall_patch_near(const struct syscall_patch *p)
{
	return p->nr_moved < 2 || p->moved[1] >= JUMP_LEN;
}

bool syscall_patch_fits(const struct syscall_patch *p, gaddr_t thunk)
{
	uint32_t rel = (uint32_t)jump_distance(p->start + JUMP_LEN, thunk);

	if (!in_reach(p->start + JUMP_LEN, thunk))
		return false;
	for (unsigned i = 0; i < p->nr_moved; i++)
		if (p->moved[i] < JUMP_LEN && (rel >> 8 * (p->moved[i] - 1) & 0xff) != PATCH_INVALID)
			return false;
	return true;
}

/* ---- writing code ---- */

struct out {
	uint8_t *code;
	gaddr_t addr;
	unsigned n;
	bool bad;
};

static void put(struct out *o, const void *bytes, unsigned n)
{
	if (o->n + n > THUNK_SIZE) {
		o->bad = true;
		return;
	}
	memcpy(o->code + o->n, bytes, n);
	o->n += n;
}

/* A distance from the end of the instruction that these are the last bytes of. */
static void put_rel(struct out *o, gaddr_t to)
{
	gaddr_t end = o->addr + o->n + 4;
	int32_t d = jump_distance(end, to);

	if (!in_reach(end, to))
		o->bad = true;
	put(o, &d, sizeof(d));
}

static void put_bytes(struct out *o, const char *bytes, unsigned n, gaddr_t to)
{
	put(o, bytes, n);
	put_rel(o, to);
}

/* One instruction at another place. */
static void put_moved(struct out *o, const uint8_t *old, unsigned len, gaddr_t old_addr)
{
	struct insn in;

	if (insn_decode(&in, old, len)) {
		o->bad = true;
		return;
	}
	if (in.kind == INSN_JCC || in.kind == INSN_JMP) {
		uint8_t jcc[2] = { 0x0f, (uint8_t)(0x80 | (in.opcode & 0x0f)) }, jmp = 0xe9;

		if (in.kind == INSN_JCC)
			put(o, jcc, sizeof(jcc));
		else
			put(o, &jmp, 1);
		put_rel(o, old_addr + len + (gaddr_t)(int64_t)in.distance);
		return;
	}
	if (!in.disp_off) {
		put(o, old, len);
		return;
	}
	/* An operand relative to the pc: the same place seen from here. */
	int32_t d32;
	memcpy(&d32, old + in.disp_off, sizeof(d32));
	int64_t disp = d32 + (int64_t)(old_addr - (o->addr + o->n));
	unsigned n = o->n;

	d32 = (int32_t)disp;
	if (disp != d32)
		o->bad = true;
	put(o, old, len);
	if (!o->bad)
		memcpy(o->code + n + in.disp_off, &d32, sizeof(d32));
}

int syscall_patch_emit(struct syscall_patch *p, gaddr_t thunk, gaddr_t entry,
                       uint8_t code[THUNK_SIZE])
{
	struct out o = { .code = code, .addr = thunk };
	int32_t rel = jump_distance(p->start + JUMP_LEN, thunk);
	unsigned tail_at;

	memset(code, 0xcc, THUNK_SIZE);
	if (p->mov) {
		put(&o, "\xb8", 1);
		put(&o, &p->nr, 4);
	}
	tail_at = o.n + 7 + 6 + SYSCALL_LEN;
	put_bytes(&o, "\x48\x8d\x0d", 3, thunk + tail_at);
	put_bytes(&o, "\xff\x25", 2, entry);
	put(&o, "\x0f\x05", 2);
	p->tail = (uint8_t)o.n;
	put_bytes(&o, "\x48\x8d\x0d", 3, p->after);
	for (unsigned i = 0; i < p->nr_moved; i++) {
		p->moved_to[i] = (uint8_t)o.n;
		put_moved(&o, p->old + p->moved[i], p->moved_len[i], p->start + p->moved[i]);
	}
	p->resume = (uint8_t)o.n;
	put_bytes(&o, "\xe9", 1, p->mov ? p->after : p->start + p->len);
	if (o.bad)
		return -EINVAL;
	p->new[0] = 0xe9;
	memcpy(p->new + 1, &rel, 4);
	memset(p->new + JUMP_LEN, PATCH_INVALID, PATCH_MAX - JUMP_LEN);
	return 0;
}
