/* SPDX-License-Identifier: BSD-3-Clause */
/* test_options.c — the options of test-backend, as words become settings. */
#include "test_options.h"

#include "../base/size.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

const char vus_test_backend_usage[] =
	"Usage: vuspec test-backend [options] [-- CMD ARG...]\n"
	"       vuspec test-backend [options] --socket PATH\n"
	"Test a vhost-user back-end; without CMD, the embedded fake one.\n"
	"\n"
	"In CMD, {socket} becomes the path of a Unix socket to listen on, "
	"{fd}\n"
	"the number of a connected descriptor, {dir} a private empty folder "
	"and\n"
	"{worker} a number.\n"
	"\n"
	"  --socket PATH         test a back-end that is running already\n"
	"  --restart WHEN        failure (default), case or never: when a "
	"fresh\n"
	"                        instance of CMD is started\n"
	"  --start-timeout S     how long CMD may take to start (10)\n"
	"  --device "
	"NAME[,num_vqs=N][,vq_size=N][,config_size=N][,virtio-id=N]\n"
	"                        what it is: a driver's name, or generic\n"
	"  --allow-writes        with --socket: write to its storage\n"
	"  -m SIZE               guest memory, in MiB without a suffix (16M)\n"
	"  --memory KIND         shm, memfd, file[=DIR] or all (default)\n"
	"  --filter GLOB         only these cases; !GLOB leaves some out;\n"
	"                        repeatable\n"
	"  --hardening WHICH     on (default with CMD), off, only\n"
	"  --level LEVEL         what fails the run: must (default), should, "
	"may\n"
	"  --effort HOW          quick, normal (default), full\n"
	"  -j N                  cases at a time (two a processor)\n"
	"  --timeout S           seconds of a case (30)\n"
	"  --quiet-ms MS         how long silence is watched (50; 150 with "
	"CMD)\n"
	"  --repeat N            run everything N times\n"
	"  --shuffle[=SEED]      in random order\n"
	"  --fail-fast           stop at the first failure\n"
	"  --output FORMAT[=FILE]\n"
	"                        human (default), json or junit; repeatable\n"
	"  --trace               the exchange of passing cases too\n"
	"  --show-crashes        details of crashes in json and junit too\n"
	"  --help                this text\n";

enum {
	OPT_SOCKET = 1,
	OPT_RESTART,
	OPT_START_TIMEOUT,
	OPT_DEVICE,
	OPT_ALLOW_WRITES,
	OPT_MEMORY,
	OPT_FILTER,
	OPT_HARDENING,
	OPT_LEVEL,
	OPT_EFFORT,
	OPT_TIMEOUT,
	OPT_QUIET_MS,
	OPT_REPEAT,
	OPT_SHUFFLE,
	OPT_FAIL_FAST,
	OPT_OUTPUT,
	OPT_TRACE,
	OPT_SHOW_CRASHES,
	OPT_FAULT, /* the embedded peer's; not in the usage: for our own tests
		    */
	OPT_HELP,
};

static const struct option words[] = {
	{ "socket", required_argument, NULL, OPT_SOCKET },
	{ "restart", required_argument, NULL, OPT_RESTART },
	{ "start-timeout", required_argument, NULL, OPT_START_TIMEOUT },
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "allow-writes", no_argument, NULL, OPT_ALLOW_WRITES },
	{ "memory", required_argument, NULL, OPT_MEMORY },
	{ "filter", required_argument, NULL, OPT_FILTER },
	{ "hardening", required_argument, NULL, OPT_HARDENING },
	{ "level", required_argument, NULL, OPT_LEVEL },
	{ "effort", required_argument, NULL, OPT_EFFORT },
	{ "timeout", required_argument, NULL, OPT_TIMEOUT },
	{ "quiet-ms", required_argument, NULL, OPT_QUIET_MS },
	{ "repeat", required_argument, NULL, OPT_REPEAT },
	{ "shuffle", optional_argument, NULL, OPT_SHUFFLE },
	{ "fail-fast", no_argument, NULL, OPT_FAIL_FAST },
	{ "output", required_argument, NULL, OPT_OUTPUT },
	{ "trace", no_argument, NULL, OPT_TRACE },
	{ "show-crashes", no_argument, NULL, OPT_SHOW_CRASHES },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

/* Words that a rerun of one case repeats. */
static bool is_kept(int opt)
{
	switch (opt) {
	case OPT_SOCKET:
	case OPT_RESTART:
	case OPT_START_TIMEOUT:
	case OPT_DEVICE:
	case OPT_ALLOW_WRITES:
	case OPT_EFFORT:
	case OPT_TIMEOUT:
	case OPT_QUIET_MS:
	case OPT_FAULT:
	case 'm':
		return true;
	case OPT_MEMORY: /* the id names its kind; a folder does not follow */
		return strncmp(optarg, "file=", 5) == 0;
	default:
		return false;
	}
}

static bool number(const char *word, const char *text, unsigned long min,
		   unsigned long max, unsigned *ret, struct vus_err *err)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || n < min ||
	    n > max)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s '%s': not a number from %lu to %lu", word,
				text, min, max);
	*ret = (unsigned)n;
	return true;
}

/* One of `names`, its position being the value. */
static bool choice(const char *word, const char *text, const char *const *names,
		   int *ret, struct vus_err *err)
{
	VUS_AUTO_TEXT all = { 0 };

	for (int i = 0; names[i]; i++) {
		if (strcmp(names[i], text) == 0) {
			*ret = i;
			return true;
		}
		vus_text_add(&all, "%s%s", i ? ", " : "", names[i]);
	}
	return vus_fail(err, VUS_ERR_USAGE, "%s '%s': not one of %s", word,
			text, vus_text_str(&all));
}

static bool add_word(struct vus_words *w, const char *word, struct vus_err *err)
{
	const char **more = realloc(w->p, (w->n + 2) * sizeof(*more));

	if (!more)
		return vus_fail_sys(err, "memory");
	w->p = more;
	w->p[w->n++] = word;
	w->p[w->n] = NULL;
	return true;
}

static bool take_memory(struct vus_test_options *o, const char *text,
			struct vus_err *err)
{
	enum vus_backing_kind kind;
	struct stat st;

	if (strcmp(text, "all") == 0) {
		o->sel.memories = VUS_BIT(VUS_NBACKINGS) - 1;
		return true;
	}
	if (strncmp(text, "file=", 5) == 0) {
		o->run.memory_path = text + 5;
		if (stat(text + 5, &st) < 0)
			return vus_fail(err, VUS_ERR_USAGE, "--memory %s: %s",
					text, strerror(errno));
		if (!S_ISDIR(st.st_mode))
			return vus_fail(err, VUS_ERR_USAGE,
					"--memory %s: not a folder", text);
		o->sel.memories = VUS_BIT(VUS_FILE);
		return true;
	}
	if (!vus_backing_by_name(text, &kind))
		return vus_fail(err, VUS_ERR_USAGE,
				"--memory '%s': not one of shm, memfd, "
				"file[=DIR], all",
				text);
	o->sel.memories = VUS_BIT(kind);
	return true;
}

/* NAME[,KEY=NUMBER...] */
static bool take_device(struct vus_test_options *o, const char *text,
			struct vus_err *err)
{
	static const char *const keys[] = { "num_vqs", "vq_size", "config_size",
					    "virtio-id" };
	const char *comma = strchr(text, ',');
	char one[64], *value;
	unsigned n;
	size_t k;

	if (!vus_word(text, ',', 0, o->device, sizeof(o->device)) ||
	    !o->device[0])
		return vus_fail(err, VUS_ERR_USAGE, "--device '%s': no name",
				text);
	o->device_set = true;
	o->run.device_options = comma ? comma + 1 : NULL;
	for (size_t i = 1; comma && vus_word(text, ',', i, one, sizeof(one));
	     i++) {
		value = strchr(one, '=');
		if (value)
			*value++ = '\0';
		for (k = 0; k < VUS_COUNT(keys); k++)
			if (strcmp(keys[k], one) == 0)
				break;
		if (k == VUS_COUNT(keys) || !value)
			return vus_fail(err, VUS_ERR_USAGE,
					"--device %s: '%s' is not one of "
					"num_vqs=N, vq_size=N, config_size=N, "
					"virtio-id=N",
					text, one);
		if (!number(one, value, 0, 65535, &n, err))
			return false;
	}
	return true;
}

static bool take_shuffle(struct vus_test_options *o, const char *text,
			 struct vus_err *err)
{
	unsigned seed = 0;

	o->sel.shuffle = true;
	if (text && !number("--shuffle", text, 0, UINT32_MAX, &seed, err))
		return false;
	o->sel.seed = text ? seed : (uint64_t)getpid();
	return true;
}

static bool take_effort(struct vus_test_options *o, const char *text,
			struct vus_err *err)
{
	static const char *const names[] = { "quick", "normal", "full", NULL };
	/* Rounds of a case that loops. */
	static const unsigned rounds[] = { 100, 2000, 200000 };
	int which;

	if (!choice("--effort", text, names, &which, err))
		return false;
	o->run.rounds = rounds[which];
	return true;
}

static bool take_size(struct vus_test_options *o, const char *text,
		      struct vus_err *err)
{
	struct vus_err why = { 0 };

	if (!vus_size_parse(text, UINT64_C(1) << 20, &o->run.memory_size, &why))
		return vus_fail(err, VUS_ERR_USAGE, "-m '%s': %s", text,
				why.text);
	if (o->run.memory_size == 0)
		return vus_fail(err, VUS_ERR_USAGE, "-m '%s': no memory at all",
				text);
	return true;
}

static bool take_socket(struct vus_test_options *o, const char *text,
			struct vus_err *err)
{
	size_t max = sizeof(((struct sockaddr_un *)0)->sun_path) - 1;

	if (strlen(text) > max)
		return vus_fail(err, VUS_ERR_USAGE,
				"--socket: a path of %zu bytes; a Unix "
				"socket's has at most %zu",
				strlen(text), max);
	o->run.socket = text;
	return true;
}

static bool take_choice(int opt, struct vus_test_options *o,
			struct vus_err *err)
{
	static const char *const restarts[] = { "failure", "case", "never",
						NULL };
	static const char *const levels[] = { "must", "should", "may", NULL };
	static const char *const hardenings[] = { "off", "on", "only", NULL };
	int restart = 0;

	switch (opt) {
	case OPT_RESTART:
		if (!choice("--restart", optarg, restarts, &restart, err))
			return false;
		o->run.restart = (enum vus_restart)restart;
		return true;
	case OPT_LEVEL:
		return choice("--level", optarg, levels, &o->run.level, err);
	default:
		o->hardening_set = true;
		return choice("--hardening", optarg, hardenings,
			      &o->sel.hardening, err);
	}
}

static bool take_number(int opt, struct vus_test_options *o,
			struct vus_err *err)
{
	switch (opt) {
	case 'j':
		return number("-j", optarg, 1, 1024, &o->run.workers, err);
	case OPT_TIMEOUT:
		return number("--timeout", optarg, 1, 86400, &o->run.timeout_s,
			      err);
	case OPT_START_TIMEOUT:
		return number("--start-timeout", optarg, 1, 86400,
			      &o->run.start_timeout_s, err);
	case OPT_REPEAT:
		return number("--repeat", optarg, 1, 100000, &o->sel.repeat,
			      err);
	default:
		o->quiet_set = true;
		return number("--quiet-ms", optarg, 0, 60000, &o->run.quiet_ms,
			      err);
	}
}

static bool take(int opt, struct vus_test_options *o, struct vus_err *err)
{
	switch (opt) {
	case 'm':
		return take_size(o, optarg, err);
	case OPT_SOCKET:
		return take_socket(o, optarg, err);
	case OPT_DEVICE:
		return take_device(o, optarg, err);
	case OPT_MEMORY:
		return take_memory(o, optarg, err);
	case OPT_EFFORT:
		return take_effort(o, optarg, err);
	case OPT_SHUFFLE:
		return take_shuffle(o, optarg, err);
	case OPT_RESTART:
	case OPT_LEVEL:
	case OPT_HARDENING:
		return take_choice(opt, o, err);
	case OPT_FILTER:
		return add_word(&o->filters, optarg, err);
	case OPT_OUTPUT:
		return add_word(&o->outputs, optarg, err);
	case OPT_FAULT:
		return add_word(&o->faults, optarg, err);
	case OPT_ALLOW_WRITES:
		o->run.allow_writes = true;
		return true;
	case OPT_FAIL_FAST:
		o->run.fail_fast = true;
		return true;
	case OPT_TRACE:
		o->run.trace = true;
		return true;
	case OPT_SHOW_CRASHES:
		o->run.show_crashes = true;
		return true;
	case OPT_HELP:
		o->help = true;
		return true;
	default:
		return take_number(opt, o, err);
	}
}

static void keep_for_rerun(struct vus_test_options *o, int opt)
{
	const char *name = NULL;

	if (!is_kept(opt))
		return;
	for (size_t i = 0; words[i].name && !name; i++)
		if (words[i].val == opt)
			name = words[i].name;
	if (name)
		vus_text_add(&o->rerun, " --%s", name);
	else
		vus_text_add(&o->rerun, " -%c", opt);
	if (optarg) {
		vus_text_add(&o->rerun, " ");
		vus_report_quote(&o->rerun, optarg);
	}
}

/* What the words leave open. */
static bool complete(struct vus_test_options *o, struct vus_err *err)
{
	bool theirs = o->run.command || o->run.socket;

	if (o->run.command && o->run.socket)
		return vus_fail(err, VUS_ERR_USAGE,
				"--socket and a command exclude each other");
	if (theirs && o->faults.n > 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"--fault %s: only for the embedded back-end",
				o->faults.p[0]);
	if (!o->device_set)
		(void)snprintf(o->device, sizeof(o->device), "%s",
			       theirs ? "generic" : "blk");
	o->run.device = o->device;
	if (!o->quiet_set)
		o->run.quiet_ms = o->run.command ? 150 : 50;
	if (!o->hardening_set)
		o->sel.hardening = o->run.socket ? 0 : 1;
	o->run.seed = o->sel.seed;
	o->run.rerun = vus_text_str(&o->rerun);
	o->sel.filters = o->filters.p;
	o->sel.nfilters = o->filters.n;
	return true;
}

bool vus_test_options(int argc, char **argv, struct vus_test_options *ret,
		      struct vus_err *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int opt;

	*ret = (struct vus_test_options){
		.run = { .memory_size = UINT64_C(16) << 20,
			 .workers =
				 processors > 0 ? 2 * (unsigned)processors : 2,
			 .timeout_s = 30,
			 .start_timeout_s = 10,
			 .rounds = 2000 },
		.sel = { .party = "backend",
			 .memories = VUS_BIT(VUS_NBACKINGS) - 1,
			 .repeat = 1,
			 .seed = 1 },
	};
	vus_text_add(&ret->rerun, "%s", argv[0]);
	opterr = 0;
	optind = 0; /* GNU: begin anew */
	while ((opt = getopt_long(argc, argv, "+:m:j:", words, NULL)) != -1) {
		if (opt == ':')
			return vus_fail(err, VUS_ERR_USAGE, "%s needs a value",
					argv[optind - 1]);
		if (opt == '?')
			return vus_fail(err, VUS_ERR_USAGE, "unknown option %s",
					argv[optind - 1]);
		if (!take(opt, ret, err))
			return false;
		keep_for_rerun(ret, opt);
	}
	if (optind < argc && strcmp(argv[optind - 1], "--") != 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"'%s' is no option; a command stands behind "
				"--",
				argv[optind]);
	if (optind < argc)
		ret->run.command = &argv[optind];
	return ret->help || complete(ret, err);
}

void vus_test_options_free(struct vus_test_options *o)
{
	free(o->filters.p);
	free(o->faults.p);
	free(o->outputs.p);
	vus_text_free(&o->rerun);
}
