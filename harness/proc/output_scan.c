/* SPDX-License-Identifier: BSD-3-Clause */
/* output_scan.c — sanitizer reports in what a peer printed. */
#include "output_scan.h"

#include "base/array.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SCAN_MAX ((size_t)1 << 20) /* bytes looked at in one go */

static const char *const reports[] = {
	"ERROR: AddressSanitizer",   "ERROR: LeakSanitizer",
	"ERROR: HWAddressSanitizer", "WARNING: ThreadSanitizer",
	"WARNING: MemorySanitizer",  ": runtime error: ",
};

static bool scan_line(const char *text)
{
	for (size_t i = 0; i < VUS_COUNT(reports); i++)
		if (strstr(text, reports[i]))
			return true;
	return false;
}

bool vus_output_scan(int fd, off_t *from)
{
	struct stat st;
	char *text;
	bool found = false;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= *from)
		return false;
	text = malloc(SCAN_MAX + 1);
	while (text && !found && (n = pread(fd, text, SCAN_MAX, *from)) > 0) {
		const char *last = memrchr(text, '\n', (size_t)n);

		/* An unfinished line is looked at again when it is whole. */
		if (last)
			n = last + 1 - text;
		else if ((size_t)n < SCAN_MAX)
			break;
		text[n] = '\0';
		found = scan_line(text);
		*from += n;
	}
	free(text);
	return found;
}
