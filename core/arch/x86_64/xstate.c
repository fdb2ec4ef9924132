/* SPDX-License-Identifier: Apache-2.0
 *
 * FP and vector state as debuggers see it: the standard XSAVE format, with the mask of enabled
 * components in the words that FXSAVE leaves to software. Layer: core.
 */
#include <cpuid.h>

#include "core/arch/x86_64/user.h"

#define FX_MXCSR_OFF 24
#define FX_MASK_OFF 28
#define FX_ST_OFF 32
#define FX_XMM_OFF 160
#define FX_PADDING_OFF 416
#define FX_SW_OFF 464
#define FX_SW_SIZE 48
#define SW_XFEATURES_OFF (FX_SW_OFF + 8) /* in a frame: struct _fpx_sw_bytes */
#define HEADER_OFF 512
#define HEADER_SIZE 64
#define EXTENDED_OFF (HEADER_OFF + HEADER_SIZE)
#define MXCSR_KNOWN 0xffffu
#define MXCSR_INITIAL 0x1f80u
#define FCW_INITIAL 0x037fu

#define XFEATURE_FP 1u
#define XFEATURE_SSE 2u
#define XFEATURE_YMM 4u

static uint64_t get64(const uint8_t *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

static uint32_t get32(const uint8_t *p)
{
	uint32_t v;

	memcpy(&v, p, sizeof(v));
	return v;
}

/* Legacy parts that aren't in use. */
static void initial_legacy(uint8_t *fx, uint64_t in_use)
{
	const uint16_t fcw = FCW_INITIAL;
	const uint32_t mxcsr = MXCSR_INITIAL;

	if (!(in_use & XFEATURE_FP)) {
		memset(fx, 0, FX_MXCSR_OFF);
		memset(fx + FX_ST_OFF, 0, FX_XMM_OFF - FX_ST_OFF);
		memcpy(fx, &fcw, sizeof(fcw));
	}
	if (!(in_use & (XFEATURE_SSE | XFEATURE_YMM)))
		memcpy(fx + FX_MXCSR_OFF, &mxcsr, sizeof(mxcsr));
	if (!(in_use & XFEATURE_SSE))
		memset(fx + FX_XMM_OFF, 0, FX_PADDING_OFF - FX_XMM_OFF);
	memset(fx + FX_PADDING_OFF, 0, FX_SW_OFF - FX_PADDING_OFF);
}

static void initial_extended(uint8_t *frame, size_t size, uint64_t in_use)
{
	unsigned len, off, c, d;

	for (unsigned i = 2; i < 63; i++) {
		if (in_use >> i & 1)
			continue;
		if (!__get_cpuid_count(0xd, i, &len, &off, &c, &d) || !len || (c & 1 /* supervisor */))
			continue;
		if (off >= EXTENDED_OFF && off < size)
			memset(frame + off, 0, MIN(len, size - off));
	}
}

void arch_xstate_export(uint8_t *frame, size_t len)
{
	size_t size = arch_xstate_size(len);
	uint64_t in_use = XFEATURE_FP | XFEATURE_SSE, enabled = 0;

	if (size > EXTENDED_OFF) {
		in_use = get64(frame + HEADER_OFF);
		enabled = get64(frame + SW_XFEATURES_OFF);
		initial_extended(frame, size, in_use);
		memset(frame + HEADER_OFF + 8, 0, HEADER_SIZE - 8);
	}
	initial_legacy(frame, in_use);
	memset(frame + FX_SW_OFF, 0, FX_SW_SIZE);
	memcpy(frame + FX_SW_OFF, &enabled, sizeof(enabled));
}

int arch_xstate_check(const uint8_t *image, const uint8_t *frame, size_t len)
{
	if (get32(image + FX_MXCSR_OFF) & ~MXCSR_KNOWN)
		return -EINVAL;
	if (arch_xstate_size(len) <= EXTENDED_OFF)
		return 0;
	if (get64(image + HEADER_OFF) & ~get64(frame + SW_XFEATURES_OFF))
		return -EINVAL;
	for (unsigned i = 8; i < HEADER_SIZE; i += 8) /* compaction, and what is reserved */
		if (get64(image + HEADER_OFF + i))
			return -EINVAL;
	return 0;
}

int arch_fpregs_import(uint8_t *frame, size_t len, const uint8_t *fx)
{
	uint64_t in_use;

	if (get32(fx + FX_MXCSR_OFF) & ~MXCSR_KNOWN)
		return -EINVAL;
	memcpy(frame, fx, FX_PADDING_OFF);
	if (arch_xstate_size(len) > EXTENDED_OFF) {
		in_use = get64(frame + HEADER_OFF) | XFEATURE_FP | XFEATURE_SSE;
		memcpy(frame + HEADER_OFF, &in_use, sizeof(in_use));
	}
	return 0;
}
