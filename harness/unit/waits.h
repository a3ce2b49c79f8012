/* SPDX-License-Identifier: BSD-3-Clause */
/* waits.h — how long unit tests wait for what must come. */
#ifndef VUS_UNIT_WAITS_H
#define VUS_UNIT_WAITS_H

/* Long enough for a slow machine; only tests of time-outs wait for one. */
#define UNIT_LONG_MS 60000

#endif
