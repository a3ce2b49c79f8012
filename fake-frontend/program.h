/* SPDX-License-Identifier: BSD-3-Clause */
/* program.h — the fake front-end as a program (also run embedded). */
#ifndef VUS_FAKE_FRONTEND_PROGRAM_H
#define VUS_FAKE_FRONTEND_PROGRAM_H

/* QEMU's words; brings the devices up, moves verified data, stops, returns 0.
 * Returns 1 for what QEMU refuses and where a back-end fails, 2 for words it
 * cannot follow, 128 and the number of the signal that ended it; never
 * exits. */
int vus_fake_frontend_main(int argc, char **argv);

#endif
