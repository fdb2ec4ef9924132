/* SPDX-License-Identifier: Apache-2.0
 *
 * See insn.h. Opcodes are those of the manual's opcode maps. Layer: core.
 */
#include "core/arch/x86_64/insn.h"

#define REX_W 8

/* How an instruction goes on after its opcode. */
enum form {
	BAD,
	NONE,
	IMM8,
	IMMZ,   /* 32 bits; 16 with prefix 66 */
	IMMV,   /* the same, or 64 with REX.W */
	REL8,
	REL32,
	MODRM,
	MODRM_IMM8,
	MODRM_IMMZ,
	SHIFT,  /* ModRM, an unusual 6 in it; SHIFT_IMM8 likewise */
	SHIFT_IMM8,
	LEA,    /* ModRM with an operand in memory */
	GROUP3, /* f6, f7: test has an immediate, the others none */
	GROUP5, /* ff: inc, dec, push */
	ONLY_0, /* ModRM with 0 in it; ONLY_0_IMM8 and ONLY_0_IMMZ likewise */
	ONLY_0_IMM8,
	ONLY_0_IMMZ,
};

struct reader {
	const uint8_t *code;
	size_t n, at;
	bool op16, rex_w;
	uint8_t rep; /* f2 or f3 */
};

/* One-byte opcodes. The first 64 are eight groups of the same form: add, or, adc ... */
static enum form form_of(uint8_t op)
{
	if (op < 0x40)
		return (op & 7) < 4 ? MODRM : (op & 7) == 4 ? IMM8 : (op & 7) == 5 ? IMMZ : BAD;
	switch (op) {
	case 0x50 ... 0x5f: /* push, pop */
	case 0x90:          /* nop */
	case 0x98: case 0x99:
	case 0xc3:          /* ret */
	case 0xc9:          /* leave */
		return NONE;
	case 0x63:          /* movslq */
	case 0x84 ... 0x8b: /* test, xchg, mov */
		return MODRM;
	case 0x68:
	case 0xa9:
		return IMMZ;
	case 0x6a:
	case 0xa8:
	case 0xb0 ... 0xb7:
		return IMM8;
	case 0x69:
	case 0x81:
		return MODRM_IMMZ;
	case 0x6b:
	case 0x80:
	case 0x83:
		return MODRM_IMM8;
	case 0x70 ... 0x7f:
	case 0xeb:
		return REL8;
	case 0xe9:
		return REL32;
	case 0x8d:
		return LEA;
	case 0xb8 ... 0xbf:
		return IMMV;
	case 0xc0: case 0xc1:
		return SHIFT_IMM8;
	case 0xd0 ... 0xd3:
		return SHIFT;
	case 0xc6:
		return ONLY_0_IMM8;
	case 0xc7:
		return ONLY_0_IMMZ;
	case 0xf6: case 0xf7:
		return GROUP3;
	case 0xff:
		return GROUP5;
	default:
		return BAD;
	}
}

/* Opcodes after 0f. Of SSE, moves and what makes zeros. */
static enum form form_of_0f(const struct reader *r, uint8_t op)
{
	bool plain = !r->rep, none = plain && !r->op16;

	switch (op) {
	case 0x10: case 0x11: /* movups, movss, movupd, movsd */
		return MODRM;
	case 0x28: case 0x29: /* movaps */
	case 0x57:            /* xorps */
		return plain ? MODRM : BAD;
	case 0x6e:            /* movd, movq */
	case 0xd6:
	case 0xef:            /* pxor */
		return plain && r->op16 ? MODRM : BAD;
	case 0x6f: case 0x7f: /* movdqa, movdqu */
	case 0x7e:
		return r->rep == 0xf3 || (plain && r->op16) ? MODRM : BAD;
	case 0x1f:            /* nop */
		return plain ? ONLY_0 : BAD;
	case 0x40 ... 0x4f:   /* cmov */
	case 0x90 ... 0x9f:   /* set */
	case 0xaf:            /* imul */
	case 0xb6: case 0xb7:
	case 0xbe: case 0xbf: /* movzx, movsx */
		return plain ? MODRM : BAD;
	case 0x80 ... 0x8f:
		return none ? REL32 : BAD;
	default:
		return BAD;
	}
}

static int next(struct reader *r)
{
	return r->at < r->n ? r->code[r->at++] : -EINVAL;
}

static bool skip(struct reader *r, size_t n)
{
	r->at += n;
	return r->at <= r->n;
}

/* ModRM, SIB and displacement; returns ModRM. */
static int read_modrm(struct reader *r, struct insn *in)
{
	int modrm = next(r), mod = modrm >> 6, rm = modrm & 7;
	size_t disp = mod == 1 ? 1 : mod == 2 ? 4 : 0;

	if (modrm < 0)
		return modrm;
	if (mod != 3 && rm == 4) {
		int sib = next(r);
		if (sib < 0)
			return sib;
		if (!mod && (sib & 7) == 5)
			disp = 4;
	} else if (!mod && rm == 5) {
		disp = 4;
		in->disp_off = (uint8_t)r->at;
	}
	return skip(r, disp) ? modrm : -EINVAL;
}

/* The immediate that follows ModRM, in bytes; negative: not such an instruction. */
static int after_modrm(enum form form, int modrm, uint8_t op, size_t immz)
{
	int reg = modrm >> 3 & 7;

	switch (form) {
	case MODRM:
		return 0;
	case MODRM_IMM8:
		return 1;
	case MODRM_IMMZ:
		return (int)immz;
	case LEA:
		return modrm >> 6 == 3 ? -EINVAL : 0;
	case SHIFT:
	case SHIFT_IMM8:
		return reg == 6 ? -EINVAL : form == SHIFT_IMM8;
	case GROUP3:
		return reg == 1 ? -EINVAL : reg ? 0 : op == 0xf6 ? 1 : (int)immz;
	case GROUP5:
		return reg == 0 || reg == 1 || reg == 6 ? 0 : -EINVAL;
	case ONLY_0:
		return reg ? -EINVAL : 0;
	case ONLY_0_IMM8:
		return reg ? -EINVAL : 1;
	case ONLY_0_IMMZ:
		return reg ? -EINVAL : (int)immz;
	default:
		return -EINVAL;
	}
}

/* Prefixes, each at most once and REX last, and the opcode. */
static enum form read_opcode(struct reader *r, uint8_t *op)
{
	bool fs = false;
	int b = next(r);

	for (; b == 0x66 || b == 0x64 || b == 0xf2 || b == 0xf3; b = next(r)) {
		bool again = b == 0x66 ? r->op16 : b == 0x64 ? fs : r->rep != 0;
		if (again)
			return BAD;
		if (b == 0x66)
			r->op16 = true;
		else if (b == 0x64)
			fs = true;
		else
			r->rep = (uint8_t)b;
	}
	if (b >= 0 && (b & 0xf0) == 0x40) {
		r->rex_w = b & REX_W;
		b = next(r);
	}
	bool two = b == 0x0f;
	if (two)
		b = next(r);
	if (b < 0)
		return BAD;
	*op = (uint8_t)b;
	enum form form = two ? form_of_0f(r, *op) : r->rep ? BAD : form_of(*op);
	if (two && r->rep && r->op16)
		return BAD;
	if ((form == REL8 || form == REL32 || form == NONE) && (fs || r->op16))
		return BAD;
	return form;
}

static void read_distance(struct insn *in, const uint8_t *at, size_t n)
{
	if (n == 1)
		in->distance = (int8_t)*at;
	else
		memcpy(&in->distance, at, sizeof(in->distance));
}

int insn_decode(struct insn *in, const uint8_t *code, size_t n)
{
	struct reader r = { .code = code, .n = MIN(n, (size_t)15) };
	size_t imm = 0;

	*in = (struct insn){ .kind = INSN_PLAIN };
	enum form form = read_opcode(&r, &in->opcode);
	size_t immz = r.op16 && !r.rex_w ? 2 : 4;
	switch (form) {
	case BAD:
		return -EINVAL;
	case NONE:
		if (in->opcode == 0xc3)
			in->kind = INSN_RET;
		break;
	case IMM8:
		imm = 1;
		break;
	case IMMZ:
		imm = immz;
		break;
	case IMMV:
		imm = r.rex_w ? 8 : immz;
		break;
	case REL8:
	case REL32:
		imm = form == REL8 ? 1 : 4;
		in->kind = in->opcode == 0xe9 || in->opcode == 0xeb ? INSN_JMP : INSN_JCC;
		break;
	default: {
		int modrm = read_modrm(&r, in);
		int k = modrm < 0 ? modrm : after_modrm(form, modrm, in->opcode, immz);
		if (k < 0)
			return -EINVAL;
		imm = (size_t)k;
	}
	}
	if (!skip(&r, imm))
		return -EINVAL;
	if (in->kind == INSN_JCC || in->kind == INSN_JMP)
		read_distance(in, code + r.at - imm, imm);
	in->len = (uint8_t)r.at;
	return 0;
}
