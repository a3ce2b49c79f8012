/* SPDX-License-Identifier: BSD-3-Clause */
/* toy_party.h — a party and a peer of one-byte messages, for the runner's own
 * tests: the runner is not to know vhost-user. */
#ifndef VUS_UNIT_TOY_PARTY_H
#define VUS_UNIT_TOY_PARTY_H

#include "run/case.h"
#include "run/party.h"

extern const struct vus_party toy_party;

/* Rules of the catalogue that the toy's cases borrow. */
#define TOY_MUST   "header.version"
#define TOY_SHOULD "header.request_none"
#define TOY_LATE   "ring_stop.drain" /* since 11 */

/* Send a byte, take the answer: 0 for none before the deadline. */
char toy_ask(struct vus_ctx *t, char word);

/* The peer as a program: --socket-path PATH [--once] [--ignores-sigterm]
 * [--mute]
 * [--refuse] [--polls] [--first-only]. */
int toy_peer(int argc, char **argv);

#endif
