/* SPDX-License-Identifier: BSD-3-Clause */
/* check.h — each check of a case has a name, and all of them can be listed.
 *
 * The name is that of its file and function, and what it wants as the source
 * says it: it stays when lines move.  What a fault was seen to fail is recorded
 * by it (proofs_checks/). */
#ifndef VUS_RUN_CHECK_H
#define VUS_RUN_CHECK_H

#include <stddef.h>

/* Where a check stands; VUS_CHECK_SITE() makes one. */
struct vus_check_site {
	const char *file;
	const char *function;
	const char *wants; /* as in the source: one literal or several, or an
			    * expression */
};

/* The place of the check in whose arguments this is. */
#define VUS_CHECK_SITE(source)                                                 \
	__extension__({                                                        \
		static const struct vus_check_site vus_site = {                \
			.file = __FILE__,                                      \
			.function = __func__,                                  \
			.wants = (source),                                     \
		};                                                             \
		static const struct vus_check_site *const vus_site_entry       \
			__attribute__((used, retain, section("vus_checks"))) = \
				&vus_site;                                     \
		&vus_site;                                                     \
	})

#define VUS_CHECK_NAME 256

/* "ring_stop.reply_is_sent: the reply comes within the deadline"; of two checks
 * of a function that want the same, CI complains. */
void vus_check_name(const struct vus_check_site *site,
		    char buf[VUS_CHECK_NAME]);

/* All that the linker collected, in the order of their names. */
const struct vus_check_site *const *vus_checks_all(size_t *ret_n);

#endif
