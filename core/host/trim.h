/* SPDX-License-Identifier: Apache-2.0
 *
 * Memory of our own that was of use at the start and may never be again. Layer: core/host.
 */
#ifndef CORE_HOST_TRIM_H
#define CORE_HOST_TRIM_H

/*
 * Gives back free heap, and lets go of the pages of our own image that were never written: what is still
 * needed of them comes back from the page cache, 64 KiB at a time.
 */
void host_trim(void);

#endif
