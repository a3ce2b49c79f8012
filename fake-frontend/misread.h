/* SPDX-License-Identifier: BSD-3-Clause */
/* misread.h — words about memory and devices, read otherwise than QEMU reads
 * them: faults of faults_memory.def that a front-end shows by starting where
 * it should refuse, or the reverse. */
#ifndef VUS_FAKE_FRONTEND_MISREAD_H
#define VUS_FAKE_FRONTEND_MISREAD_H

#include "options.h"

#define VUS_FAKE_MISREAD 512 /* bytes of a value */

/* What the faults of *o take `value` for: itself without any, else perhaps
 * text in `buf`. */
const char *vus_fake_misread(const struct vus_fake_options *o,
			     enum vus_fake_word word, const char *value,
			     char buf[VUS_FAKE_MISREAD]);

/* Is word i read over? */
bool vus_fake_overlooks(const struct vus_fake_options *o, unsigned i);

/* They were refused: what is left behind. */
void vus_fake_leave_file(const struct vus_fake_options *o);

/* And they agree: give memory another name. */
void vus_fake_misname(struct vus_fake_options *o);

/* All words are read: make sizes agree that do not, or the reverse. */
void vus_fake_misjudge(struct vus_fake_options *o);

#endif
