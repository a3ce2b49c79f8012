/* SPDX-License-Identifier: BSD-3-Clause */
/* program.h — the fake back-end as a program (also run embedded). */
#ifndef VUS_FAKE_BACKEND_PROGRAM_H
#define VUS_FAKE_BACKEND_PROGRAM_H

/* --socket-path PATH | --fd N, --device NAME, --fault NAME ...; serves
 * connection after connection until SIGTERM, then returns 0.  Returns 1 when
 * it cannot start or go on, 2 for words it cannot follow; never exits. */
int vus_fake_backend_main(int argc, char **argv);

#endif
