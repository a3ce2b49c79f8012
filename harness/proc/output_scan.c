/* SPDX-License-Identifier: BSD-3-Clause */
/* output_scan.c — the last words of a program that goes wrong, in what a peer
 * printed. */
#include "output_scan.h"

#include "base/array.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define TRACEBACK "Traceback (most recent call last):"
#define SCAN_MAX  ((size_t)1 << 20) /* bytes looked at in one go */

/* All parts stand in one line, in this order; `begins`: at its beginning. */
static const struct {
	enum vus_outcry_kind kind;
	bool begins;
	const char *part[2];
} marks[] = {
	/* Go's, before a "runtime error" of a sanitizer. */
	{ VUS_CRIES_PANIC, true, { "panic: ", "" } },
	{ VUS_CRIES_SANITIZER, false, { "ERROR: AddressSanitizer", "" } },
	{ VUS_CRIES_SANITIZER, false, { "ERROR: LeakSanitizer", "" } },
	{ VUS_CRIES_SANITIZER, false, { "ERROR: HWAddressSanitizer", "" } },
	{ VUS_CRIES_SANITIZER, false, { "WARNING: ThreadSanitizer", "" } },
	{ VUS_CRIES_SANITIZER, false, { "WARNING: MemorySanitizer", "" } },
	{ VUS_CRIES_SANITIZER, false, { ": runtime error: ", "" } },
	/* Rust, Go, Python; glibc's, GLib's and BSD's assert. */
	{ VUS_CRIES_PANIC, false, { " panicked at ", "" } },
	{ VUS_CRIES_PANIC, true, { "fatal error: ", "" } },
	{ VUS_CRIES_PANIC, true, { "goroutine ", " [running]:" } },
	{ VUS_CRIES_PANIC, true, { TRACEBACK, "" } },
	{ VUS_CRIES_ASSERTION, false, { ": Assertion `", "' failed" } },
	{ VUS_CRIES_ASSERTION, false, { "ERROR:", ": assertion failed" } },
	{ VUS_CRIES_ASSERTION, false, { "Assertion failed: ", "" } },
};

static bool has_mark(const char *line, size_t mark)
{
	const char *at = strstr(line, marks[mark].part[0]);

	return at && (at == line || !marks[mark].begins) &&
	       strstr(at, marks[mark].part[1]);
}

/* A sanitizer's report counts always, so it counts first. */
static void hear(const char *line, struct vus_outcry *ret)
{
	for (size_t i = 0; i < VUS_COUNT(marks); i++) {
		if (!has_mark(line, i))
			continue;
		if (ret->kind != VUS_CRIES_NOT &&
		    (ret->kind == VUS_CRIES_SANITIZER ||
		     marks[i].kind != VUS_CRIES_SANITIZER))
			return;
		ret->kind = marks[i].kind;
		(void)snprintf(ret->line, sizeof(ret->line), "%s", line);
		return;
	}
}

/* What went wrong stands behind the calls of a traceback, at its end. */
static void hear_lines(char *text, struct vus_outcry *ret)
{
	char *line;

	while ((line = strsep(&text, "\n"))) {
		if (strcmp(ret->line, TRACEBACK) == 0 && *line &&
		    !isspace((unsigned char)*line))
			(void)snprintf(ret->line, sizeof(ret->line), "%s",
				       line);
		hear(line, ret);
	}
}

void vus_output_scan(int fd, off_t *from, struct vus_outcry *ret)
{
	struct stat st;
	char *text;
	ssize_t n;

	*ret = (struct vus_outcry){ .kind = VUS_CRIES_NOT };
	if (fd < 0 || fstat(fd, &st) < 0 || st.st_size <= *from)
		return;
	text = malloc(SCAN_MAX + 1);
	while (text && (n = pread(fd, text, SCAN_MAX, *from)) > 0) {
		const char *last = memrchr(text, '\n', (size_t)n);

		/* An unfinished line is looked at again when it is whole. */
		if (last)
			n = last + 1 - text;
		else if ((size_t)n < SCAN_MAX)
			break;
		text[n] = '\0';
		hear_lines(text, ret);
		*from += n;
	}
	free(text);
}

/* "pid 12, 0x7f3a" and "pid 9, 0x1" are the same words. */
void vus_outcry_cause(const char *line, char ret[VUS_OUTCRY_LINE])
{
	size_t n = 0;

	while (*line && n + 2 < VUS_OUTCRY_LINE) {
		const bool hex = line[0] == '0' && line[1] == 'x';

		if (!isdigit((unsigned char)*line)) {
			ret[n++] = *line++;
			continue;
		}
		line += hex ? 2 : 0;
		while (hex ? isxdigit((unsigned char)*line)
			   : isdigit((unsigned char)*line))
			line++;
		ret[n++] = '#';
	}
	ret[n] = '\0';
}
