/* SPDX-License-Identifier: BSD-3-Clause */
/* program.h — the fake front-end as a program (also run embedded). */
#ifndef VUS_FAKE_FRONTEND_PROGRAM_H
#define VUS_FAKE_FRONTEND_PROGRAM_H

/* QEMU's words; brings the device up, moves verified data, stops, returns 0. */
int vus_fake_frontend_main(int argc, char **argv);

#endif
