/* SPDX-License-Identifier: BSD-3-Clause */
/* options.c — the fake back-end's command line, read and checked. */
#include "options.h"

#include "base/size.h"
#include "device.h"
#include "fault_registry.h"
#include "honest.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

const char vus_be_usage[] =
	"Usage: fake-backend --socket-path PATH | --fd N [options]\n"
	"A vhost-user back-end that keeps the rules, except for the faults you "
	"name.\n"
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
	"  --without-acks        do not offer REPLY_ACK\n"
	"  --without-slots       do not offer CONFIGURE_MEM_SLOTS\n"
	"  --poll                look at rings and socket without waiting\n"
	"  --fault NAME          deviate (repeatable); see --list-faults\n"
	"  --list-faults         name, rule and description of every fault\n"
	"  --list-value-faults   name, rule, device of those made from tables\n"
	"  --list-devices        the names of all devices\n"
	"  --print-capabilities  what it can do, as JSON\n"
	"  --verbose             every message, on standard error\n"
	"  --record FILE         every message and its descriptors, as JSON "
	"lines\n"
	"  --help                this text\n"
	"  --version             which one this is\n";

/* What the words say, before they are put together: `device` decides what the
 * others are checked against, wherever it stands. */
struct said {
	struct vus_be_options o;
	const char *device, *num_queues, *size, *fd;
};

static const struct word {
	const char *name;
	enum { TEXT, FLAG, MODE, FAULT } kind;
	size_t at;             /* in struct said: of TEXT and FLAG */
	enum vus_be_mode mode; /* of MODE */
} words[] = {
#define AT(member) .at = offsetof(struct said, member)
	{ "socket-path", TEXT, AT(o.socket_path) },
	{ "fd", TEXT, AT(fd) },
	{ "client", FLAG, AT(o.client) },
	{ "once", FLAG, AT(o.once) },
	{ "device", TEXT, AT(device) },
	{ "num-queues", TEXT, AT(num_queues) },
	{ "size", TEXT, AT(size) },
	{ "blk-file", TEXT, AT(o.cfg.file) },
	{ "read-only", FLAG, AT(o.cfg.read_only) },
	{ "without-acks", FLAG, AT(o.without_acks) },
	{ "without-slots", FLAG, AT(o.without_slots) },
	{ "poll", FLAG, AT(o.cfg.polls) },
	{ "fault", FAULT },
	{ "list-faults", MODE, .mode = VUS_BE_LIST_FAULTS },
	{ "list-value-faults", MODE, .mode = VUS_BE_LIST_VALUE_FAULTS },
	{ "list-devices", MODE, .mode = VUS_BE_LIST_DEVICES },
	{ "print-capabilities", MODE, .mode = VUS_BE_PRINT_CAPABILITIES },
	{ "verbose", FLAG, AT(o.verbose) },
	{ "record", TEXT, AT(o.record) },
	{ "help", MODE, .mode = VUS_BE_HELP },
	{ "version", MODE, .mode = VUS_BE_VERSION },
#undef AT
};

static bool read_number_option(const char *word, const char *text,
			       unsigned long max, unsigned long *ret,
			       struct vus_err *err)
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

static bool add_fault(struct vus_be_options *o, const char *name,
		      struct vus_err *err)
{
	if (o->nfaults == VUS_BE_FAULTS_MAX)
		return vus_fail(err, VUS_ERR_USAGE, "more than %d faults",
				VUS_BE_FAULTS_MAX);
	o->faults[o->nfaults++] = name;
	return true;
}

static bool take_option(const struct word *w, struct said *said,
			struct vus_err *err)
{
	char *at = (char *)said + w->at;
	const char *text = optarg;
	const bool on = true;

	switch (w->kind) {
	case TEXT:
		memcpy(at, &text, sizeof(text));
		return true;
	case FLAG:
		memcpy(at, &on, sizeof(on));
		return true;
	case MODE:
		said->o.mode = w->mode;
		return true;
	default:
		return add_fault(&said->o, text, err);
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

#define FIRST_VAL 256 /* above what getopt_long() returns by itself */

static bool scan_options(int argc, char **argv, struct said *said,
			 struct vus_err *err)
{
	struct option options[VUS_COUNT(words) + 1] = { 0 };

	for (size_t i = 0; i < VUS_COUNT(words); i++)
		options[i] = (struct option){
			.name = words[i].name,
			.has_arg =
				words[i].kind == TEXT || words[i].kind == FAULT,
			.val = FIRST_VAL + (int)i,
		};
	optind = 0; /* begin anew: the caller may have read words of its own */
	opterr = 0;
	for (;;) {
		const int what = getopt_long(argc, argv, "+:", options, NULL);

		if (what == -1)
			break;
		if (what < FIRST_VAL)
			return refuse_word(argc, argv, what, err);
		if (!take_option(&words[what - FIRST_VAL], said, err))
			return false;
	}
	if (optind < argc)
		return vus_fail(err, VUS_ERR_USAGE,
				"'%s' is not an option, and nothing else is "
				"expected",
				argv[optind]);
	return true;
}

static bool set_device(struct said *said, struct vus_err *err)
{
	struct vus_be_options *o = &said->o;
	const char *name = said->device ? said->device : "blk";
	const struct vus_device *d = vus_device_by_name(name);
	struct vus_be_config cfg;
	unsigned long n = 0, max;

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
	cfg.polls = o->cfg.polls;
	cfg.decide = o->cfg.decide;
	if (o->without_acks)
		cfg.pf &= ~PF(REPLY_ACK);
	if (o->without_slots)
		cfg.pf &= ~PF(CONFIGURE_MEM_SLOTS);
	max = d->max_queues ? d->max_queues : d->queues;
	if (said->num_queues) {
		if (!read_number_option("--num-queues", said->num_queues, max,
					&n, err))
			return false;
		if (n == 0)
			return vus_fail(err, VUS_ERR_USAGE,
					"--num-queues 0: a device has rings");
		cfg.queues = (unsigned)n;
	}
	if (said->size && !vus_size_parse(said->size, 1, &cfg.size, err))
		return false;
	o->cfg = cfg;
	return true;
}

const char *vus_honest_objects_to_sockets(bool path, bool fd)
{
	if (path && fd)
		return "--fd and --socket-path exclude each other";
	return path || fd ? NULL : "--socket-path or --fd is needed";
}

static bool check_options(struct said *said, struct vus_err *err)
{
	struct vus_be_options *o = &said->o;
	unsigned long n = 0;
	const char *wrong = o->cfg.decide.objects_to_sockets(
		o->socket_path != NULL, said->fd != NULL);

	if (wrong)
		return vus_fail(err, VUS_ERR_USAGE, "%s", wrong);
	if (o->client && !o->socket_path)
		return vus_fail(err, VUS_ERR_USAGE,
				"--client needs --socket-path");
	if (said->fd) {
		if (!read_number_option("--fd", said->fd, INT32_MAX, &n, err))
			return false;
		o->fd = (int)n;
	}
	return true;
}

bool vus_honest_ignores_other_words(void)
{
	return true;
}

/* Spec: "Backend program conventions": --print-capabilities lets all other
 * words be ignored, even wrong ones.  Faults are installed all the same: they
 * may change what is printed. */
static bool only_capabilities(int argc, char **argv, struct vus_be_options *o)
{
	bool found = false;
	struct vus_err ignored;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--print-capabilities") == 0)
			found = true;
		if (strcmp(argv[i], "--fault") == 0 && i + 1 < argc)
			(void)!add_fault(o, argv[i + 1], &ignored);
	}
	if (!vus_fault_book_install(&vus_be_fault_book, &o->cfg.decide,
				    o->faults, o->nfaults, &ignored))
		o->cfg.decide = vus_be_honest;
	return found && o->cfg.decide.ignores_other_words();
}

bool vus_be_options(int argc, char **argv, struct vus_be_options *ret,
		    struct vus_err *err)
{
	struct said said = { .o = { .fd = -1, .cfg.decide = vus_be_honest } };
	struct vus_be_options caps = said.o;

	if (only_capabilities(argc, argv, &caps)) {
		caps.mode = VUS_BE_PRINT_CAPABILITIES;
		*ret = caps;
		return true;
	}
	if (!scan_options(argc, argv, &said, err) ||
	    !vus_fault_book_install(&vus_be_fault_book, &said.o.cfg.decide,
				    said.o.faults, said.o.nfaults, err))
		return false;
	if (said.o.mode == VUS_BE_SERVE &&
	    (!check_options(&said, err) || !set_device(&said, err)))
		return false;
	*ret = said.o;
	return true;
}
