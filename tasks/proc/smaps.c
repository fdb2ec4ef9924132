/* SPDX-License-Identifier: Apache-2.0
 *
 * /proc/PID/smaps. Layer: tasks.
 *
 * Which pages of a mapping are there only the host knows: its smaps of the stub is read once and
 * shared out over the guest's mappings by address. With very many mappings that would take too
 * long at a stretch; then only sizes and locked memory are told.
 */
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "core/host/procinfo.h"
#include "tasks/proc/proc.h"

#define DETAILED_MAX 1024 /* mappings; their text fits one piece */

static const char *const keys[] = {
	"Rss:", "Pss:", "Pss_Dirty:", "Shared_Clean:", "Shared_Dirty:", "Private_Clean:",
	"Private_Dirty:", "Referenced:", "Anonymous:", "KSM:", "LazyFree:", "AnonHugePages:",
	"ShmemPmdMapped:", "FilePmdMapped:", "Shared_Hugetlb:", "Private_Hugetlb:", "Swap:",
	"SwapPss:", "Locked:",
};

struct host_text {
	const char *at; /* the host's mapping that is next; NULL: unknown */
};

static const char *next_line(const char *p)
{
	p = strchr(p, '\n');
	return p && p[1] ? p + 1 : NULL;
}

/* A line that starts a mapping: "start-end rwxp ..." */
static bool parse_head(const char *p, uint64_t *start)
{
	char *end;

	*start = strtoull(p, &end, 16);
	return end > p && *end == '-';
}

static void add_value(const char *p, uint64_t sum[])
{
	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		size_t n = strlen(keys[i]);

		if (!strncmp(p, keys[i], n)) {
			sum[i] += strtoull(p + n, NULL, 10);
			return;
		}
	}
}

/* Adds up the host's mappings that start in v. Both lists are in order of address. */
static void add_host(struct host_text *h, const struct vma *v, uint64_t sum[])
{
	bool inside = false;
	uint64_t start;

	for (; h->at; h->at = next_line(h->at)) {
		if (parse_head(h->at, &start)) {
			if (start >= v->end)
				return;
			inside = start >= v->start;
		} else if (inside) {
			add_value(h->at, sum);
		}
	}
}

static void kib(struct seq *s, const char *name, uint64_t n)
{
	seq_printf(s, "%-16s%8llu kB\n", name, (unsigned long long)n);
}

static void show_flags(struct seq *s, const struct vma *v)
{
	seq_printf(s, "VmFlags:%s%s%s%s", v->prot & PROT_READ ? " rd" : "",
	           v->prot & PROT_WRITE ? " wr" : "", v->prot & PROT_EXEC ? " ex" : "",
	           v->flags & MAP_SHARED ? " sh" : "");
	seq_printf(s, " mr mw me%s%s%s%s%s%s%s \n", v->flags & MAP_SHARED ? " ms" : "",
	           v->flags & MAP_GROWSDOWN ? " gd" : "", v->locked ? " lo" : "",
	           v->advice & VMA_DONTFORK ? " dc" : "",
	           !(v->flags & (MAP_NORESERVE | MAP_SHARED)) && v->prot & PROT_WRITE ? " ac" : "",
	           v->flags & MAP_NORESERVE ? " nr" : "",
	           v->advice & VMA_DONTDUMP ? " dd" : v->advice & VMA_WIPEONFORK ? " wf" : "");
}

static void show_details(struct seq *s, const struct vma *v, void *arg)
{
	uint64_t sum[ARRAY_LEN(keys)] = { 0 }, size = (v->end - v->start) / 1024;
	struct host_text *h = arg;

	add_host(h, v, sum);
	if (!h->at && v->locked)
		sum[0] = MAX(sum[0], size);
	kib(s, "Size:", size);
	kib(s, "KernelPageSize:", PAGE_SIZE / 1024);
	kib(s, "MMUPageSize:", PAGE_SIZE / 1024);
	for (size_t i = 0; i < ARRAY_LEN(keys); i++)
		kib(s, keys[i], sum[i]);
	seq_puts(s, "THPeligible:           0\n");
	show_flags(s, v);
}

CO_FN int proc_smaps_show(struct seq *s, struct pseudo_open *o)
{
	struct mm *mm = proc_mm(o);
	struct host_text h = { NULL };
	bool detailed;
	char *text = NULL;
	int ret;

	if (!mm)
		return proc_task(&o->key) ? 0 : -ESRCH;
	detailed = mm->nr_vmas <= DETAILED_MAX;
	if (detailed && !o->cursor)
		h.at = text = host_process_smaps(platform->as_pid(mm->as));
	mm_unref(mm);
	ret = proc_show_maps(s, o, show_details, &h, detailed ? SEQ_MAX - 65536 : SEQ_CHUNK);
	free(text);
	return ret;
}
