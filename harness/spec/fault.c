/* SPDX-License-Identifier: BSD-3-Clause */
/* fault.c — deliberate deviations by name. */
#include "fault.h"

#include <stdio.h>
#include <string.h>

const struct vus_fault *vus_fault_find(const struct vus_fault *rows, size_t n,
				       const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(rows[i].name, name) == 0)
			return &rows[i];
	return NULL;
}

bool vus_faults_add(struct vus_faults *set, const struct vus_fault *rows,
		    size_t n, const char *name, struct vus_err *err)
{
	const struct vus_fault *row = vus_fault_find(rows, n, name);
	size_t i;

	if (!row)
		return vus_fail(err, VUS_ERR_USAGE,
				"no fault is called '%s' (see --list-faults)",
				name);
	i = (size_t)(row - rows);
	set->bits[i / 64] |= UINT64_C(1) << (i % 64);
	return true;
}

bool vus_fault_print(const struct vus_fault *row)
{
	return printf("%s\t%s\t%s\t%s\n", row->name, row->rule,
		      row->also ? row->also : "", row->says) >= 0;
}

bool vus_faults_list(const struct vus_fault *rows, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!vus_fault_print(&rows[i]))
			return false;
	return fflush(stdout) == 0;
}
