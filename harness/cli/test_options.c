/* SPDX-License-Identifier: BSD-3-Clause */
/* test_options.c — the options of test-backend and test-frontend. */
#include "test_options.h"
#include "test_side.h"

#include "spec/stimulus.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define AT(field) offsetof(struct vus_test_options, field)
#define DAY       86400 /* seconds */

/* Which command has the option; 0: both. */
enum { BACKEND = 1, FRONTEND = 2 };

static const char *const restarts[] = { "failure", "case", "never", NULL };
static const char *const levels[] = { "must", "should", "may", NULL };
static const char *const hardenings[] = { "off", "on", "only", NULL };
static const char *const specs[] = { "10.2", "11.0",   "11.1",
				     "11.2", "latest", NULL };
static const char *const efforts[] = { "quick", "normal", "full", NULL };
/* Rounds of a case that loops. */
static const unsigned rounds[] = { 100, 2000, 200000 };

static const struct vus_option table[] = {
	{ .name = "socket",
	  .of = BACKEND,
	  .value = "PATH",
	  .says = "test a back-end that is already running",
	  .kind = VUS_OPT_PARSED,
	  .take = vus_parse_socket,
	  .kept = "" },
	{ .name = "reverse",
	  .of = BACKEND,
	  .says = "vuspec listens at {socket} or PATH, and the back-end "
		  "connects; a fresh instance of CMD for each case",
	  .kind = VUS_OPT_FLAG,
	  .at = AT(run.listens),
	  .kept = "" },
	{ .name = "restart",
	  .of = BACKEND,
	  .value = "WHEN",
	  .says = "when to start a fresh instance of CMD",
	  .kind = VUS_OPT_CHOICE,
	  .at = AT(run.restart),
	  .choices = restarts,
	  .kept = "" },
	{ .name = "start-timeout",
	  .value = "S",
	  .says = "seconds that CMD may take to start",
	  .kind = VUS_OPT_NUMBER,
	  .at = AT(run.start_timeout_s),
	  .min = 1,
	  .max = DAY,
	  .kept = "" },
	{ .name = "device",
	  .value = "NAME[,num_vqs=N][,vq_size=N][,config_size=N][,virtio-id=N]"
		   "[,null=1]",
	  .says = "the driver to use, or generic (default with CMD and "
		  "--socket; blk for the embedded back-end); cases for other "
		  "devices are left out; null=1: a disk that keeps nothing",
	  .kind = VUS_OPT_PARSED,
	  .take = vus_parse_device,
	  .kept = "" },
	{ .name = "allow-writes",
	  .of = BACKEND,
	  .says = "with --socket: cases may write to its storage",
	  .kind = VUS_OPT_FLAG,
	  .at = AT(run.allow_writes),
	  .kept = "" },
	{ .name = "net-echo",
	  .of = BACKEND,
	  .value = "ADDRESS",
	  .says = "net: this IPv4 address behind the device answers ARP and "
		  "ICMP echo, so that what is sent and received is compared "
		  "(embedded back-end: 10.0.0.1)",
	  .kind = VUS_OPT_PARSED,
	  .take = vus_parse_net_echo,
	  .kept = "" },
	{ .name = "m",
	  .value = "SIZE",
	  .says = "guest memory, in MiB without a suffix (16M)",
	  .kind = VUS_OPT_PARSED,
	  .take = vus_parse_size,
	  .kept = "" },
	{ .name = "memory",
	  .value = "KIND",
	  .says = "shm, memfd, file[=DIR] or all (default)",
	  .kind = VUS_OPT_PARSED,
	  .take = vus_parse_memory,
	  /* The id has the kind of memory, but not the folder. */
	  .kept = "file=" },
	{ .name = "filter",
	  .value = "GLOB",
	  .says = "only these cases; !GLOB leaves some out",
	  .kind = VUS_OPT_LIST,
	  .at = AT(filters) },
	{ .name = "rerun",
	  .value = "RESULT.json",
	  .says = "only what neither passed nor was skipped in that run; !GLOB "
		  "of --filter leaves some of it out",
	  .kind = VUS_OPT_PARSED,
	  .take = vus_parse_rerun },
	{ .name = "hardening",
	  .value = "WHICH",
	  .says = "cases with hostile input (default: on with CMD, off with "
		  "--socket)",
	  .kind = VUS_OPT_CHOICE,
	  .at = AT(sel.hardening),
	  .choices = hardenings },
	{ .name = "level",
	  .value = "LEVEL",
	  .says = "what fails the run",
	  .kind = VUS_OPT_CHOICE,
	  .at = AT(run.level),
	  .choices = levels },
	{ .name = "spec",
	  .value = "VERSION",
	  .says = "version of the specification to judge by; later rules are "
		  "not judged",
	  .kind = VUS_OPT_CHOICE,
	  .at = AT(spec),
	  .choices = specs,
	  .kept = "" },
	{ .name = "effort",
	  .value = "HOW",
	  .says = "how many rounds the cases that loop run",
	  .kind = VUS_OPT_CHOICE,
	  .at = AT(effort),
	  .choices = efforts,
	  .kept = "" },
	{ .name = "j",
	  .value = "N",
	  .says = "cases that run at a time (default: 8 per processor; with "
		  "CMD at most 32, or 1 per processor where it polls, or 2 "
		  "per processor where it is a front-end)",
	  .kind = VUS_OPT_NUMBER,
	  .at = AT(run.workers),
	  .min = 1,
	  .max = 1024 },
	{ .name = "timeout",
	  .value = "S",
	  .says = "seconds that a case may take",
	  .kind = VUS_OPT_NUMBER,
	  .at = AT(run.timeout_s),
	  .min = 1,
	  .max = DAY,
	  .kept = "" },
	{ .name = "quiet-ms",
	  .value = "MS",
	  .says = "how long to watch for what must not happen (default: 50; "
		  "150 with CMD)",
	  .kind = VUS_OPT_NUMBER,
	  .at = AT(run.quiet_ms),
	  .max = 60000,
	  .kept = "" },
	{ .name = "repeat",
	  .value = "N",
	  .says = "run everything N times",
	  .kind = VUS_OPT_NUMBER,
	  .at = AT(sel.repeat),
	  .min = 1,
	  .max = 100000 },
	{ .name = "shuffle",
	  .value = "[=SEED]",
	  .says = "run in random order",
	  .kind = VUS_OPT_PARSED,
	  .take = vus_parse_shuffle },
	{ .name = "fail-fast",
	  .says = "start no more cases after the first failure",
	  .kind = VUS_OPT_FLAG,
	  .at = AT(run.fail_fast) },
	{ .name = "no-polling",
	  .of = BACKEND,
	  .says = "a back-end that polls by nature uses a processor idly: it "
		  "fails",
	  .kind = VUS_OPT_FLAG,
	  .at = AT(run.no_polling) },
	{ .name = "min-judged",
	  .value = "N",
	  .says = "fail when fewer rules were judged",
	  .kind = VUS_OPT_NUMBER,
	  .at = AT(run.min_judged),
	  .min = 1,
	  .max = 100000 },
	{ .name = "baseline",
	  .value = "FILE",
	  .says = "known deviations, which do not fail the run; one that got "
		  "worse does, and what got better is reported",
	  .kind = VUS_OPT_TEXT,
	  .at = AT(baseline) },
	{ .name = "write-baseline",
	  .value = "FILE",
	  .says = "write the deviations of this run to such a file; comments, "
		  "reasons and links in it are kept",
	  .kind = VUS_OPT_TEXT,
	  .at = AT(write_baseline) },
	{ .name = "output",
	  .value = "FORMAT[=FILE]",
	  .says = "human (default), json, junit, tap or github (annotations "
		  "of a workflow)",
	  .kind = VUS_OPT_LIST,
	  .at = AT(outputs) },
	{ .name = "keep",
	  .value = "DIR",
	  .says = "a folder in DIR for each case that did not pass: report, "
		  "exchange and the target's log; mode 0700, since crashes are "
		  "shown in full",
	  .kind = VUS_OPT_TEXT,
	  .at = AT(run.keep) },
	{ .name = "trace",
	  .says = "show the exchange of passing cases too",
	  .kind = VUS_OPT_FLAG,
	  .at = AT(run.trace) },
	{ .name = "details",
	  .says = "the human report has every variant that did not pass in "
		  "full, by groups",
	  .kind = VUS_OPT_FLAG,
	  .at = AT(run.details) },
	{ .name = "show-crashes",
	  .says = "show details of crashes in json, junit, tap and github too",
	  .kind = VUS_OPT_FLAG,
	  .at = AT(run.show_crashes) },
	{ .name = "control",
	  .of = FRONTEND,
	  .value = "PROGRAM",
	  .says = "run as PROGRAM STIMULUS to steer the front-end",
	  .kind = VUS_OPT_PARSED,
	  .take = vus_parse_control,
	  .names = vus_stimulus_list,
	  .kept = "" },
	{ .name = "expect-refusal",
	  .of = FRONTEND,
	  .value = "REGEX",
	  .says = "CMD must refuse to start: exit with a status from 1 to 125 "
		  "and print text that matches; nothing else is judged",
	  .kind = VUS_OPT_PARSED,
	  .take = vus_parse_refusal,
	  .kept = "" },
	/* Of the embedded peer, for our own tests. */
	{ .name = "fault",
	  .value = "NAME",
	  .kind = VUS_OPT_LIST,
	  .at = AT(faults),
	  .kept = "" },
	{ .name = "list-faults",
	  .says = "list the faults that --fault gives to the embedded fake",
	  .kind = VUS_OPT_FLAG,
	  .at = AT(list_faults) },
	{ 0 },
};

/* Not given: values that no option can have. */
#define OPEN_CHOICE   (-1)
#define OPEN_NUMBER   UINT32_MAX
#define EMBEDDED_ECHO 0x0a000001             /* 10.0.0.1 */
#define LATEST        (VUS_COUNT(specs) - 2) /* before the NULL */

static struct vus_test_options defaults(void)
{
	return (struct vus_test_options){
		.run = { .memory_size = UINT64_C(16) << 20,
			 .timeout_s = 30,
			 .start_timeout_s = 10,
			 .quiet_ms = OPEN_NUMBER },
		.sel = { .party = "backend",
			 .memories = VUS_BIT(VUS_NBACKINGS) - 1,
			 .repeat = 1,
			 .early_first = true,
			 .hardening = OPEN_CHOICE,
			 .seed = 1 },
		.effort = 1,
		.spec = (int)LATEST,
	};
}

_Static_assert(VUS_COUNT(table) <= VUS_TEST_OPTIONS, "too many options");

const struct vus_option *
vus_test_options_rows(bool frontend, struct vus_option ret[VUS_TEST_OPTIONS])
{
	const unsigned own = frontend ? FRONTEND : BACKEND;
	size_t n = 0;

	for (size_t i = 0; i < VUS_COUNT(table); i++)
		if (table[i].of == 0 || (table[i].of & own))
			ret[n++] = table[i];
	return ret;
}

static struct vus_synopsis synopsis_of(const struct vus_test_side *side,
				       struct vus_option rows[VUS_TEST_OPTIONS])
{
	vus_test_options_rows(vus_test_is_frontend(side), rows);
	return (struct vus_synopsis){ side->usage, rows, .command = true };
}

void vus_test_options_help(const struct vus_test_side *side,
			   struct vus_text *ret)
{
	const struct vus_test_options o = defaults();
	struct vus_option rows[VUS_TEST_OPTIONS];
	const struct vus_synopsis synopsis = synopsis_of(side, rows);

	vus_options_help(&synopsis, &o, ret);
}

/* Cases wait most of their time: for silence, for a kick, for a thread to end.
 * So many run at a time with the embedded fakes, which are small.  A daemon may
 * need 256 MiB and time to start; a VMM's start is all work. */
#define DAEMONS_MAX 32
static void plan_workers(struct vus_run_options *run, bool theirs,
			 bool frontend)
{
	const long online = sysconf(_SC_NPROCESSORS_ONLN);
	const unsigned processors = online > 0 ? (unsigned)online : 1;

	run->workers = processors * (theirs && frontend ? 2 : 8);
	if (!theirs || frontend)
		return;
	run->workers = VUS_MIN(run->workers, DAEMONS_MAX);
	run->polling = processors;
}

/* A file that will be written is also read, to keep what it holds. */
static bool read_baseline(struct vus_test_options *o, struct vus_err *err)
{
	const char *path = o->baseline ? o->baseline : o->write_baseline;

	if (!path)
		return true;
	if (!vus_baseline_read(path, !o->baseline, &o->known, err))
		return false;
	o->run.baseline = &o->known;
	o->run.accept = o->write_baseline != NULL;
	o->run.accept_into = o->write_baseline;
	return true;
}

static bool names(char *const *command, const char *placeholder)
{
	for (; command && *command; command++)
		if (strstr(*command, placeholder))
			return true;
	return false;
}

/* --rerun: what failed then becomes filters. */
static bool add_failed(struct vus_test_options *o, struct vus_err *err)
{
	const char *id;
	json_t *result;

	for (size_t i = 0; o->again && i < o->filters.n; i++)
		if (o->filters.p[i][0] != '!')
			return vus_fail(err, VUS_ERR_USAGE,
					"--rerun and --filter '%s' exclude "
					"each other",
					o->filters.p[i]);
	json_object_foreach(o->again, id, result)
	{
		if (!vus_word_list_add(&o->filters, id, err))
			return false;
	}
	return true;
}

static bool complete(struct vus_test_options *o, struct vus_err *err)
{
	bool theirs = o->run.command || o->run.socket;
	bool frontend = strcmp(o->sel.party, "frontend") == 0;

	if (o->run.command && o->run.socket)
		return vus_fail(err, VUS_ERR_USAGE,
				"--socket and a command exclude each other");
	if (!frontend && o->run.listens && names(o->run.command, "{fd}"))
		return vus_fail(err, VUS_ERR_USAGE,
				"--reverse and {fd} exclude each other");
	/* What is to be refused may come before the socket does. */
	if (o->run.command && !o->run.refusal &&
	    !names(o->run.command, "{socket}") &&
	    !names(o->run.command, "{fd}"))
		return vus_fail(err, VUS_ERR_USAGE,
				"the command has neither {socket} nor {fd}: "
				"put {socket} where the path of its socket "
				"belongs, such as --socket-path {socket}");
	if (o->run.refusal && !theirs)
		return vus_fail(err, VUS_ERR_USAGE,
				"--expect-refusal needs a command");
	if (theirs && o->faults.n > 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"--fault %s: only for the embedded fake",
				o->faults.p[0]);
	if (!o->device[0])
		(void)snprintf(o->device, sizeof(o->device), "%s",
			       theirs && !frontend ? "generic" : "blk");
	o->run.device = o->sel.device = o->device;
	if (!theirs && o->run.net_echo == 0)
		o->run.net_echo = EMBEDDED_ECHO;
	if (o->run.workers == 0)
		plan_workers(&o->run, theirs, frontend);
	if (o->run.quiet_ms == OPEN_NUMBER)
		o->run.quiet_ms = o->run.command ? 150 : 50;
	if (o->sel.hardening == OPEN_CHOICE)
		o->sel.hardening = o->run.socket ? 0 : 1;
	o->run.rounds = rounds[o->effort];
	o->run.spec = o->spec == (int)LATEST ? NULL : specs[o->spec];
	o->run.seed = o->sel.seed;
	o->run.shuffled = o->sel.shuffle;
	o->run.rerun = vus_text_str(&o->rerun);
	if (!add_failed(o, err))
		return false;
	o->sel.filters = o->filters.p;
	o->sel.nfilters = o->filters.n;
	return read_baseline(o, err);
}

bool vus_test_options(const struct vus_test_side *side, int argc, char **argv,
		      struct vus_test_options *ret, struct vus_err *err)
{
	struct vus_option rows[VUS_TEST_OPTIONS];
	const struct vus_synopsis synopsis = synopsis_of(side, rows);
	int next = argc;

	*ret = defaults();
	if (vus_test_is_frontend(side)) {
		ret->sel.party = "frontend";
		ret->run.listens = true;
	}
	vus_text_add(&ret->rerun, "%s", argv[0]);
	if (!vus_options_read(&synopsis, argc, argv, ret, &ret->rerun, &next,
			      err))
		return false;
	ret->help = next == 0;
	if (ret->help || ret->list_faults)
		return true;
	if (next < argc)
		ret->run.command = &argv[next];
	return complete(ret, err);
}

void vus_test_options_free(struct vus_test_options *o)
{
	free(o->filters.p);
	json_decref(o->again);
	free(o->faults.p);
	free(o->outputs.p);
	vus_baseline_free(&o->known);
	vus_text_free(&o->rerun);
}
