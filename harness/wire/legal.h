/* SPDX-License-Identifier: BSD-3-Clause */
/* legal.h — legal values of fields, as samples: legal.def and the loops over
 * it. */
#ifndef VUS_WIRE_LEGAL_H
#define VUS_WIRE_LEGAL_H

#include "wire.h"

enum vus_legal_kind {
	VUS_LEGAL_RANGE,   /* min to max, multiples of step */
	VUS_LEGAL_DOUBLES, /* min, twice that, ... up to max */
	VUS_LEGAL_LIST,    /* `values`, in this order */
	VUS_LEGAL_RINGS,   /* an index of a ring that the back-end has */
	VUS_LEGAL_NRINGS,  /* how many of them, from 1 on */
	VUS_LEGAL_CONFIG,  /* up to the bytes of configuration space */
	VUS_LEGAL_VF,      /* virtio features that are offered */
	VUS_LEGAL_PF,      /* protocol features that are offered */
};

#define VUS_LEGAL_VALUES 8

struct vus_legal {
	uint32_t id; /* of the front-end's request */
	const char *message, *field;
	const char *rule; /* what a back-end breaks that refuses one */
	enum vus_legal_kind kind;
	uint64_t min, max;
	uint64_t step;   /* 0: 1 */
	bool below;      /* CONFIG: the last byte is the greatest value */
	uint64_t plus;   /* bits that each value has besides */
	uint64_t modulo; /* not 0: only the remainder counts */
	uint64_t values[VUS_LEGAL_VALUES];
	unsigned nvalues;
	uint64_t pf, vf;    /* protocol and virtio features that it needs */
	const char *device; /* whose message it is; NULL: any */
};

extern const struct vus_legal vus_legals[];
extern const size_t vus_nlegals;

/* What a back-end has. */
struct vus_legal_limits {
	unsigned rings;
	uint32_t config; /* bytes of configuration space */
	uint64_t vf, pf; /* offered */
};

#define VUS_LEGAL_SAMPLES 160

/* Bounds, their neighbours, powers of 2 and a spread between; returns how
 * many, at most VUS_LEGAL_SAMPLES, each once. */
size_t vus_legal_samples(const struct vus_legal *legal,
			 const struct vus_legal_limits *limits,
			 uint64_t ret[VUS_LEGAL_SAMPLES]);

/* The payload of the row's message, where what the row needs is selected. */
const struct vus_payload *vus_legal_payload(const struct vus_legal *legal);

/* Add the value to the first field of this name in `body`, which is of
 * `payload`; false: there is none. */
bool vus_legal_put(const struct vus_legal *legal,
		   const struct vus_payload *payload, union vus_body *body,
		   uint64_t value);
/* Does any field of this name have this value? */
bool vus_legal_has(const struct vus_legal *legal,
		   const struct vus_payload *payload,
		   const union vus_body *body, uint64_t value);

/* "SET_VRING_BASE.num.40000", masks in base 16; the second reads it. */
void vus_legal_name(const struct vus_legal *legal, uint64_t value,
		    struct vus_text *ret);
const struct vus_legal *vus_legal_by_name(const char *name,
					  uint64_t *ret_value);

#endif
