/* SPDX-License-Identifier: BSD-3-Clause */
/* replay.c — runs a fuzz target over files, without an engine.
 *
 * Usage: TARGET FILE|FOLDER...  Each file is one input; of a folder, each file
 * in it.  A finding aborts as it does under an engine, after its file's name
 * was printed. */
#include "input.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define INPUT_BYTES (1 << 20) /* bytes; what is beyond is not read */

static unsigned runs;
static const char *running; /* for the handler below */

static void name_it(int signal)
{
	(void)!write(STDERR_FILENO, running, strlen(running));
	(void)!write(STDERR_FILENO, "\n", 1);
	(void)raise(signal); /* the default action: the handler is gone */
}

static int run_file(const char *path)
{
	uint8_t *data = malloc(INPUT_BYTES);
	FILE *f = fopen(path, "re");
	size_t len;

	if (!f || !data) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		free(data);
		return 1;
	}
	len = fread(data, 1, INPUT_BYTES, f);
	(void)fclose(f);
	running = path;
	(void)LLVMFuzzerTestOneInput(data, len);
	free(data);
	runs++;
	return 0;
}

static int run_folder(const char *path)
{
	struct dirent **names;
	int n = scandir(path, &names, NULL, alphasort);
	int status = 0;

	if (n < 0) {
		(void)fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	for (int i = 0; i < n; i++) {
		char file[PATH_MAX];

		(void)snprintf(file, sizeof(file), "%s/%s", path,
			       names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			status |= run_file(file);
		free(names[i]);
	}
	free(names);
	return status;
}

int main(int argc, char **argv)
{
	struct stat st;
	int status = 0;
	const struct sigaction name = { .sa_handler = name_it,
					.sa_flags = (int)SA_RESETHAND };

	(void)sigaction(SIGABRT, &name, NULL);
	for (int i = 1; i < argc; i++) {
		if (stat(argv[i], &st) == 0 && S_ISDIR(st.st_mode))
			status |= run_folder(argv[i]);
		else
			status |= run_file(argv[i]);
	}
	(void)printf("%u inputs\n", runs);
	return runs > 0 ? status : 1;
}
