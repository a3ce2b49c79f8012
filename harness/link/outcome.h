/* SPDX-License-Identifier: BSD-3-Clause */
/* outcome.h — what a peer did with a message. */
#ifndef VUS_LINK_OUTCOME_H
#define VUS_LINK_OUTCOME_H

/* What a peer can do with a message: a closed set, used as a mask. */
enum vus_outcome {
	VUS_ACCEPTED = 1 << 0, /* it answered success, or its own reply */
	VUS_REFUSED = 1 << 1,  /* it answered a failure, and stays */
	VUS_CLOSED = 1 << 2,   /* it closed the connection */
	VUS_SILENT = 1 << 3,   /* no answer to this; the next was answered */
	VUS_STUCK = 1 << 4,    /* no answer to this nor to the next */
	VUS_GARBLED = 1 << 5,  /* what came back does not decode */
	/* Not known: our own side failed.  No expectation allows it, and it
	 * breaks the case. */
	VUS_UNKNOWN = 1 << 6,
};

/* Whatever it did with the message, it goes on or has ended the session. */
#define VUS_ORDERLY (VUS_ACCEPTED | VUS_REFUSED | VUS_CLOSED | VUS_SILENT)

/* "accepted or refused" */
const char *vus_outcome_names(unsigned mask, char buf[80]);

#endif
