/* SPDX-License-Identifier: Apache-2.0
 *
 * What the kernel calls itself: uname(2), /proc/version, /proc/sys/kernel. Layer: core.
 */
#ifndef CORE_RELEASE_H
#define CORE_RELEASE_H

#define UTS_SYSNAME "Linux"
#define UTS_RELEASE "6.1.0-picket"
#define UTS_VERSION "#1 SMP PREEMPT_DYNAMIC picket"

#endif
