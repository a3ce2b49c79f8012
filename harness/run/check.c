/* SPDX-License-Identifier: BSD-3-Clause */
/* check.c — names of checks, and the list of all. */
#include "check.h"

#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* As for cases: weak, so that a program without checks links. */
extern const struct vus_check_site *const __start_vus_checks[]
	__attribute__((weak));
extern const struct vus_check_site *const __stop_vus_checks[]
	__attribute__((weak));

/* The end of the literal that begins here; NULL: none does. */
static const char *literal_end(const char *from)
{
	if (*from != '"')
		return NULL;
	for (from++; *from && *from != '"'; from++)
		if (*from == '\\' && from[1])
			from++;
	return *from ? from + 1 : NULL;
}

/* Is it nothing but literals?  One space stands between two of them. */
static bool is_literal(const char *source)
{
	const char *end = literal_end(source);

	while (end && *end == ' ')
		end = literal_end(end + 1);
	return end && *end == '\0';
}

static void add_literals(const char *source, struct vus_text *to)
{
	for (const char *end; (end = literal_end(source)) != NULL;
	     source = *end ? end + 1 : end)
		vus_text_add(to, "%.*s", (int)(end - source) - 2, source + 1);
}

void vus_check_name(const struct vus_check_site *site, char buf[VUS_CHECK_NAME])
{
	const char *slash = strrchr(site->file, '/');
	const char *file = slash ? slash + 1 : site->file;
	VUS_AUTO_TEXT name = { 0 };

	vus_text_add(&name, "%.*s.%s: ", (int)strcspn(file, "."), file,
		     site->function);
	if (is_literal(site->wants))
		add_literals(site->wants, &name);
	else
		vus_text_add(&name, "%s", site->wants);
	(void)snprintf(buf, VUS_CHECK_NAME, "%s", vus_text_str(&name));
}

static int compare_names(const void *left, const void *right)
{
	const struct vus_check_site *const *a = left, *const *b = right;
	char an[VUS_CHECK_NAME], bn[VUS_CHECK_NAME];

	vus_check_name(*a, an);
	vus_check_name(*b, bn);
	return strcmp(an, bn);
}

const struct vus_check_site *const *vus_checks_all(size_t *ret_n)
{
	/* Made once, from what the linker collected; never changed again. */
	static const struct vus_check_site **sorted;
	size_t n = (size_t)(__stop_vus_checks - __start_vus_checks);

	if (!sorted && n > 0) {
		sorted = calloc(n, sizeof(sorted[0]));
		if (!sorted)
			abort();
		memcpy(sorted, __start_vus_checks, n * sizeof(sorted[0]));
		qsort(sorted, n, sizeof(sorted[0]), compare_names);
	}
	*ret_n = n;
	return sorted;
}
