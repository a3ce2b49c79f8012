/* SPDX-License-Identifier: BSD-3-Clause */
/* options.c — the fake back-end's command line, read and checked. */
#include "options.h"

#include "../harness/base/size.h"
#include "device.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const char vus_be_usage[] =
	"Usage: fake-backend --socket-path PATH | --fd N [options]\n"
	"A vhost-user back-end that keeps the rules, but for named faults.\n"
	"\n"
	"  --socket-path PATH    listen on this Unix socket\n"
	"  --fd N                use this inherited socket, connected or\n"
	"                        listening\n"
	"  --client              connect to PATH instead of listening\n"
	"  --once                end with the first connection\n"
	"  --device NAME         what it is (default: blk); see "
	"--list-devices\n"
	"  --num-queues N        its rings\n"
	"  --size SIZE           blk: capacity (default: 64M)\n"
	"  --blk-file PATH       blk: the file behind the disk\n"
	"  --read-only           blk: refuse writes\n"
	"  --without-slots       do not offer CONFIGURE_MEM_SLOTS\n"
	"  --fault NAME          deviate (repeatable); see --list-faults\n"
	"  --list-faults         name, rule and deeds of every fault\n"
	"  --list-devices        the names of all devices\n"
	"  --print-capabilities  what it can do, as JSON\n"
	"  --verbose             every message, on standard error\n"
	"  --record FILE         every message and its descriptors, as JSON "
	"lines\n"
	"  --help                this text\n"
	"  --version             which one this is\n";

enum {
	OPT_SOCKET_PATH = 1,
	OPT_FD,
	OPT_CLIENT,
	OPT_ONCE,
	OPT_DEVICE,
	OPT_NUM_QUEUES,
	OPT_SIZE,
	OPT_BLK_FILE,
	OPT_READ_ONLY,
	OPT_WITHOUT_SLOTS,
	OPT_FAULT,
	OPT_LIST_FAULTS,
	OPT_LIST_DEVICES,
	OPT_PRINT_CAPABILITIES,
	OPT_VERBOSE,
	OPT_RECORD,
	OPT_HELP,
	OPT_VERSION,
};

static const struct option words[] = {
	{ "socket-path", required_argument, NULL, OPT_SOCKET_PATH },
	{ "fd", required_argument, NULL, OPT_FD },
	{ "client", no_argument, NULL, OPT_CLIENT },
	{ "once", no_argument, NULL, OPT_ONCE },
	{ "device", required_argument, NULL, OPT_DEVICE },
	{ "num-queues", required_argument, NULL, OPT_NUM_QUEUES },
	{ "size", required_argument, NULL, OPT_SIZE },
	{ "blk-file", required_argument, NULL, OPT_BLK_FILE },
	{ "read-only", no_argument, NULL, OPT_READ_ONLY },
	{ "without-slots", no_argument, NULL, OPT_WITHOUT_SLOTS },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "list-faults", no_argument, NULL, OPT_LIST_FAULTS },
	{ "list-devices", no_argument, NULL, OPT_LIST_DEVICES },
	{ "print-capabilities", no_argument, NULL, OPT_PRINT_CAPABILITIES },
	{ "verbose", no_argument, NULL, OPT_VERBOSE },
	{ "record", required_argument, NULL, OPT_RECORD },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ NULL, 0, NULL, 0 },
};

/* What the words say, before they are put together: `device` decides what the
 * others are checked against, wherever it stands. */
struct raw {
	const char *device, *num_queues, *size, *fd;
};

static bool number(const char *word, const char *text, unsigned long max,
		   unsigned long *ret, struct vus_err *err)
{
	char *end;
	unsigned long n;

	errno = 0;
	n = strtoul(text, &end, 10);
	if (text[0] < '0' || text[0] > '9' || *end || errno || n > max)
		return vus_fail(err, VUS_ERR_USAGE,
				"%s '%s': not a number from 0 to %lu", word,
				text, max);
	*ret = n;
	return true;
}

static bool take(int opt, struct vus_be_options *o, struct raw *raw,
		 struct vus_err *err)
{
	switch (opt) {
	case OPT_SOCKET_PATH:
		o->socket_path = optarg;
		return true;
	case OPT_FD:
		raw->fd = optarg;
		return true;
	case OPT_CLIENT:
		o->client = true;
		return true;
	case OPT_ONCE:
		o->once = true;
		return true;
	case OPT_DEVICE:
		raw->device = optarg;
		return true;
	case OPT_NUM_QUEUES:
		raw->num_queues = optarg;
		return true;
	case OPT_SIZE:
		raw->size = optarg;
		return true;
	case OPT_BLK_FILE:
		o->cfg.file = optarg;
		return true;
	case OPT_READ_ONLY:
		o->cfg.read_only = true;
		return true;
	case OPT_WITHOUT_SLOTS:
		o->without_slots = true;
		return true;
	case OPT_FAULT:
		return vus_faults_add(&o->cfg.faults, vus_faults, VUS_NFAULTS,
				      optarg, err);
	case OPT_LIST_FAULTS:
		o->mode = VUS_BE_LIST_FAULTS;
		return true;
	case OPT_LIST_DEVICES:
		o->mode = VUS_BE_LIST_DEVICES;
		return true;
	case OPT_PRINT_CAPABILITIES:
		o->mode = VUS_BE_PRINT_CAPABILITIES;
		return true;
	case OPT_VERBOSE:
		o->verbose = true;
		return true;
	case OPT_RECORD:
		o->record = optarg;
		return true;
	case OPT_HELP:
		o->mode = VUS_BE_HELP;
		return true;
	case OPT_VERSION:
		o->mode = VUS_BE_VERSION;
		return true;
	default:
		return false;
	}
}

static bool refuse_word(int argc, char **argv, int opt, struct vus_err *err)
{
	const char *word = optind > 0 && optind <= argc ? argv[optind - 1] : "";

	return vus_fail(err, VUS_ERR_USAGE,
			opt == ':' ? "%s needs an argument"
				   : "unknown option '%s'",
			word);
}

static bool scan(int argc, char **argv, struct vus_be_options *o,
		 struct raw *raw, struct vus_err *err)
{
	int opt;

	optind = 0; /* begin anew: the caller may have read words of its own */
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "+:", words, NULL)) != -1) {
		if (opt == ':' || opt == '?')
			return refuse_word(argc, argv, opt, err);
		if (!take(opt, o, raw, err))
			return false;
	}
	if (optind < argc)
		return vus_fail(err, VUS_ERR_USAGE,
				"'%s' is not an option, and nothing else is "
				"expected",
				argv[optind]);
	return true;
}

static bool set_device(struct vus_be_options *o, const struct raw *raw,
		       struct vus_err *err)
{
	const char *name = raw->device ? raw->device : "blk";
	const struct vus_device *d = vus_device_by_name(name);
	struct vus_be_config cfg;
	unsigned long n, max;

	if (!d) {
		VUS_AUTO_TEXT names = { 0 };

		vus_device_names(&names);
		return vus_fail(err, VUS_ERR_USAGE,
				"--device '%s': only these are known: %s", name,
				vus_text_str(&names));
	}
	vus_be_defaults(&cfg, d);
	cfg.file = o->cfg.file;
	cfg.read_only = o->cfg.read_only;
	cfg.faults = o->cfg.faults;
	if (o->without_slots)
		cfg.pf &= ~PF(CONFIGURE_MEM_SLOTS);
	max = d->max_queues ? d->max_queues : d->queues;
	if (raw->num_queues) {
		if (!number("--num-queues", raw->num_queues, max, &n, err))
			return false;
		if (n == 0)
			return vus_fail(err, VUS_ERR_USAGE,
					"--num-queues 0: a device has rings");
		cfg.queues = (unsigned)n;
	}
	if (raw->size && !vus_size_parse(raw->size, 1, &cfg.size, err))
		return false;
	o->cfg = cfg;
	return true;
}

static bool check(struct vus_be_options *o, struct raw *raw,
		  struct vus_err *err)
{
	unsigned long n;

	if (raw->fd && o->socket_path && VUS_FAULTY(o, prog, takes_two_sockets))
		raw->fd = NULL;
	if (raw->fd && o->socket_path)
		return vus_fail(err, VUS_ERR_USAGE,
				"--fd and --socket-path exclude each other");
	if (!raw->fd && !o->socket_path &&
	    VUS_FAULTY(o, prog, succeeds_at_nothing)) {
		o->mode = VUS_BE_HELP;
		return true;
	}
	if (!raw->fd && !o->socket_path)
		return vus_fail(err, VUS_ERR_USAGE,
				"--socket-path or --fd is needed");
	if (o->client && !o->socket_path)
		return vus_fail(err, VUS_ERR_USAGE,
				"--client needs --socket-path");
	if (raw->fd) {
		if (!number("--fd", raw->fd, INT32_MAX, &n, err))
			return false;
		o->fd = (int)n;
	}
	return true;
}

/* Spec: "Backend program conventions": --print-capabilities lets all other
 * words be ignored, even wrong ones; but for faults, which are not ours to
 * miss. */
static bool only_capabilities(int argc, char **argv, struct vus_be_options *o)
{
	bool found = false;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--print-capabilities") == 0)
			found = true;
		if (strcmp(argv[i], "--fault") == 0 && i + 1 < argc)
			(void)!vus_faults_add(&o->cfg.faults, vus_faults,
					      VUS_NFAULTS, argv[i + 1], NULL);
	}
	return found && !VUS_FAULTY(o, prog, minds_all_words);
}

bool vus_be_options(int argc, char **argv, struct vus_be_options *ret,
		    struct vus_err *err)
{
	struct vus_be_options o = { .fd = -1 };
	struct raw raw = { 0 };

	if (only_capabilities(argc, argv, &o)) {
		o.mode = VUS_BE_PRINT_CAPABILITIES;
		*ret = o;
		return true;
	}
	if (!scan(argc, argv, &o, &raw, err))
		return false;
	if (o.mode == VUS_BE_SERVE &&
	    (!check(&o, &raw, err) || !set_device(&o, &raw, err)))
		return false;
	*ret = o;
	return true;
}
