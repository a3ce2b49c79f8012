/* SPDX-License-Identifier: BSD-3-Clause */
/* fault_registry.c — named deviations that are linked into this program. */
#include "fault_registry.h"

#include <stdio.h>
#include <string.h>

extern const struct vus_be_fault *const __start_vus_be_faults[]
	__attribute__((weak));
extern const struct vus_be_fault *const __stop_vus_be_faults[]
	__attribute__((weak));

/* A table of decisions as the array of functions that it is. */
typedef void slot(void);
#define NSLOTS (sizeof(struct vus_be_decisions) / sizeof(slot *))

struct slots {
	slot *slot[NSLOTS];
};

_Static_assert(sizeof(struct slots) == sizeof(struct vus_be_decisions),
	       "a table of decisions holds functions only");

static struct slots slots_of(const struct vus_be_decisions *decide)
{
	struct slots s;

	memcpy(&s, decide, sizeof(s));
	return s;
}

static const struct vus_be_fault *find(const char *name)
{
	const struct vus_be_fault *const *f = __start_vus_be_faults;

	for (; f < __stop_vus_be_faults; f++) {
		if (strcmp((*f)->row.name, name) == 0)
			return *f;
	}
	return NULL;
}

/* The decisions of this fault alone. */
static struct slots alone(const struct vus_be_fault *fault)
{
	struct vus_be_decisions decide = vus_be_honest;

	fault->install(&decide);
	return slots_of(&decide);
}

/* Do two faults replace one decision differently? */
static bool collide(const struct vus_be_fault *a, const struct vus_be_fault *b)
{
	const struct slots honest = slots_of(&vus_be_honest);
	const struct slots left = alone(a), right = alone(b);

	for (size_t i = 0; i < NSLOTS; i++) {
		if (left.slot[i] != honest.slot[i] &&
		    right.slot[i] != honest.slot[i] &&
		    left.slot[i] != right.slot[i])
			return true;
	}
	return false;
}

bool vus_be_faults_install(struct vus_be_decisions *decide,
			   const char *const *names, size_t n,
			   struct vus_err *err)
{
	for (size_t i = 0; i < n; i++) {
		const struct vus_be_fault *fault = find(names[i]);

		if (!fault)
			return vus_fail(err, VUS_ERR_USAGE,
					"no fault is called '%s' (see "
					"--list-faults)",
					names[i]);
		for (size_t k = 0; k < i; k++) {
			if (collide(find(names[k]), fault))
				return vus_fail(err, VUS_ERR_USAGE,
						"the faults '%s' and '%s' "
						"exclude each other: they "
						"change the same decision",
						names[k], names[i]);
		}
		fault->install(decide);
	}
	return true;
}

const struct vus_fault *vus_be_fault_at(size_t i)
{
	const size_t n = (size_t)(__stop_vus_be_faults - __start_vus_be_faults);

	return i < n ? &__start_vus_be_faults[i]->row : NULL;
}

bool vus_be_faults_list(void)
{
	const struct vus_be_fault *const *f = __start_vus_be_faults;

	for (; f < __stop_vus_be_faults; f++) {
		if (!vus_fault_print(&(*f)->row))
			return false;
	}
	return fflush(stdout) == 0;
}
