/* SPDX-License-Identifier: BSD-3-Clause */
/* options.c — the fake front-end's command line, taken apart.
 *
 * As QEMU does it: one dash or two, and the value is the next word.  What QEMU
 * knows and no back-end can notice is ignored, so that a command line which
 * starts QEMU starts this program too. */
#include "options.h"

#include "base/keyval.h"
#include "fault_registry.h"
#include "spec/stimulus.h"

#include <string.h>

/* Where --help goes on behind an option. */
#define INDENT 25
#define WIDTH  74

static const char usage[] =
	"Usage: fake-frontend [OPTION...] -device vhost-user-...\n"
	"A vhost-user front-end that takes QEMU's words: it shares memory,\n"
	"brings devices up, moves verified data and stops them.  Status 0; 1\n"
	"where QEMU would refuse or a back-end fails, 2 for words that cannot\n"
	"be followed.\n"
	"\n"
	"  -m [size=]SIZE         guest memory; MiB without a suffix\n"
	"  -object memory-backend-shm,id=ID,size=SIZE\n"
	"  -object memory-backend-memfd,id=ID,size=SIZE[,share=][,seal=]\n"
	"          [,hugetlb=on[,hugetlbsize=SIZE]][,prealloc=on]\n"
	"  -object memory-backend-file,id=ID,size=SIZE,share=on,\n"
	"          mem-path=PATH[,offset=SIZE]\n"
	"  -object memory-backend-ram,id=ID,size=SIZE[,share=on]\n"
	"  -machine memory-backend=ID\n"
	"  -numa node,memdev=ID   instead; one for each node\n"
	"  -chardev socket,id=ID,path=PATH[,server=on][,reconnect=S]\n"
	"  -chardev socket,id=ID,fd=N\n"
	"  -device vhost-user-blk,chardev=ID[,num-queues=N][,queue-size=N]\n"
	"  -device vhost-user-rng,chardev=ID\n"
	"  -device vhost-user-fs,chardev=ID,tag=TAG[,num-request-queues=N]\n"
	"          [,queue-size=N]\n"
	"  -device vhost-user-test-device,chardev=ID,virtio-id=N\n"
	"          [,num_vqs=N][,vq_size=N][,config_size=N]\n"
	"          (also with -pci, event_idx=off, indirect_desc=off)\n"
	"\n"
	"  --notify eventfd|pipe  kicks and calls (default: eventfd)\n"
	"  --slots on|off         a region at a time where the back-end can\n"
	"                         (default: on), else always a table\n"
	"  --requests N           at least so many of each device\n"
	"                         (default: 64)\n"
	"  --allow-writes         also write to what a device stores; what\n"
	"                         was there is put back\n"
	"  --stay                 stay up until SIGTERM or SIGINT, then stop;\n"
	"                         status 0, as QEMU's\n"
	"  --timeout SECONDS      of one answer (default: 10)\n"
	"  --record FILE          every message as a line of JSON\n"
	"  --control PATH         ";
/* Here stands what may be said. */
static const char usage_behind[] =
	"\n"
	"  --fault NAME           deviate (repeatable); see --list-faults\n"
	"  --list-faults          name, rule and description of every fault\n"
	"  --list-value-faults    names of those made from tables\n"
	"  -v, --verbose          every message, on standard error\n"
	"  -h, --help, --version\n"
	"\n"
	"Guest memory lies as on QEMU's machine q35: from 2.75 GiB on, what\n"
	"is above 2 GiB begins at 4 GiB; -machine pc and microvm have holes\n"
	"of their own.  QEMU's other words are passed over.\n";

enum which {
	IGNORED,
	SAID, /* QEMU's, to be read later */
	NOTIFY,
	SLOTS,
	TIMEOUT,
	REQUESTS,
	RECORD,
	CONTROL,
	FAULT,
	LIST_FAULTS,
	LIST_VALUE_FAULTS,
	ALLOW_WRITES,
	STAY,
	VERBOSE,
	HELP,
	VERSION,
};

static const struct word {
	const char *name;
	bool has_value;
	enum which which;
	enum vus_fake_word said;
} words[] = {
	{ "m", true, SAID, VUS_WORD_M },
	{ "object", true, SAID, VUS_WORD_OBJECT },
	{ "machine", true, SAID, VUS_WORD_MACHINE },
	{ "M", true, SAID, VUS_WORD_MACHINE },
	{ "numa", true, SAID, VUS_WORD_NUMA },
	{ "chardev", true, SAID, VUS_WORD_CHARDEV },
	{ "device", true, SAID, VUS_WORD_DEVICE },
	{ "mem-path", true, SAID, VUS_WORD_MEM_PATH },
	{ "notify", true, NOTIFY, 0 },
	{ "slots", true, SLOTS, 0 },
	{ "timeout", true, TIMEOUT, 0 },
	{ "requests", true, REQUESTS, 0 },
	{ "record", true, RECORD, 0 },
	{ "control", true, CONTROL, 0 },
	{ "fault", true, FAULT, 0 },
	{ "list-faults", false, LIST_FAULTS, 0 },
	{ "list-value-faults", false, LIST_VALUE_FAULTS, 0 },
	{ "allow-writes", false, ALLOW_WRITES, 0 },
	{ "stay", false, STAY, 0 },
	{ "verbose", false, VERBOSE, 0 },
	{ "v", false, VERBOSE, 0 },
	{ "help", false, HELP, 0 },
	{ "h", false, HELP, 0 },
	{ "version", false, VERSION, 0 },
	/* About a machine that is not here. */
	{ "nographic", false, IGNORED, 0 },
	{ "nodefaults", false, IGNORED, 0 },
	{ "no-user-config", false, IGNORED, 0 },
	{ "no-reboot", false, IGNORED, 0 },
	{ "no-shutdown", false, IGNORED, 0 },
	{ "enable-kvm", false, IGNORED, 0 },
	{ "S", false, IGNORED, 0 },
	{ "snapshot", false, IGNORED, 0 },
	{ "accel", true, IGNORED, 0 },
	{ "append", true, IGNORED, 0 },
	{ "bios", true, IGNORED, 0 },
	{ "blockdev", true, IGNORED, 0 },
	{ "boot", true, IGNORED, 0 },
	{ "cdrom", true, IGNORED, 0 },
	{ "cpu", true, IGNORED, 0 },
	{ "display", true, IGNORED, 0 },
	{ "drive", true, IGNORED, 0 },
	{ "global", true, IGNORED, 0 },
	{ "initrd", true, IGNORED, 0 },
	{ "kernel", true, IGNORED, 0 },
	{ "L", true, IGNORED, 0 },
	{ "mon", true, IGNORED, 0 },
	{ "monitor", true, IGNORED, 0 },
	{ "msg", true, IGNORED, 0 },
	{ "name", true, IGNORED, 0 },
	{ "net", true, IGNORED, 0 },
	{ "netdev", true, IGNORED, 0 },
	{ "nic", true, IGNORED, 0 },
	{ "overcommit", true, IGNORED, 0 },
	{ "parallel", true, IGNORED, 0 },
	{ "qmp", true, IGNORED, 0 },
	{ "rtc", true, IGNORED, 0 },
	{ "sandbox", true, IGNORED, 0 },
	{ "serial", true, IGNORED, 0 },
	{ "smp", true, IGNORED, 0 },
	{ "uuid", true, IGNORED, 0 },
	{ "vga", true, IGNORED, 0 },
};

void vus_fake_usage(struct vus_text *ret)
{
	VUS_AUTO_TEXT control = { 0 };

	vus_text_add(&control,
		     "connect, then do what is said on this socket: ");
	vus_stimulus_list(&control);
	vus_text_add(ret, "%s", usage);
	vus_text_wrap(ret, vus_text_str(&control), INDENT, WIDTH);
	vus_text_add(ret, "%s", usage_behind);
}

static bool keep_option(struct vus_fake_options *o, enum vus_fake_word word,
			const char *value, struct vus_err *err)
{
	if (o->nsaid == VUS_FAKE_MAX_GIVEN)
		return vus_fail(err, VUS_ERR_USAGE,
				"more than %u words about memory and devices",
				VUS_FAKE_MAX_GIVEN);
	o->said[o->nsaid].word = word;
	o->said[o->nsaid++].value = value;
	return true;
}

static bool keep_fault(struct vus_fake_options *o, const char *name,
		       struct vus_err *err)
{
	if (o->nfaults == VUS_FAKE_MAX_FAULTS)
		return vus_fail(err, VUS_ERR_USAGE, "more than %u faults",
				VUS_FAKE_MAX_FAULTS);
	o->faults[o->nfaults++] = name;
	return true;
}

bool vus_fake_list_faults(void)
{
	return vus_fault_book_list(&vus_fe_fault_book);
}

bool vus_fake_list_value_faults(void)
{
	return vus_fault_book_list_made(&vus_fe_fault_book);
}

static bool take_notify(struct vus_fake_options *o, const char *value,
			struct vus_err *err)
{
	if (strcmp(value, "eventfd") == 0)
		o->notify = VUS_EVENTFD;
	else if (strcmp(value, "pipe") == 0)
		o->notify = VUS_PIPE;
	else
		return vus_fail(err, VUS_ERR_USAGE,
				"notify '%.40s': neither eventfd nor pipe",
				value);
	return true;
}

/* Options without a value. */
static void take_switch(struct vus_fake_options *o, enum which which)
{
	switch (which) {
	case LIST_FAULTS:
		o->mode = VUS_FAKE_LIST_FAULTS;
		break;
	case LIST_VALUE_FAULTS:
		o->mode = VUS_FAKE_LIST_VALUE_FAULTS;
		break;
	case ALLOW_WRITES:
		o->allow_writes = true;
		break;
	case STAY:
		o->stay = true;
		break;
	case VERBOSE:
		o->verbose = true;
		break;
	case HELP:
		o->mode = VUS_FAKE_HELP;
		break;
	case VERSION:
		o->mode = VUS_FAKE_VERSION;
		break;
	default:
		break;
	}
}

static bool take_option(struct vus_fake_options *o, const struct word *w,
			const char *value, struct vus_err *err)
{
	switch (w->which) {
	case SAID:
		return keep_option(o, w->said, value, err);
	case NOTIFY:
		return take_notify(o, value, err);
	case SLOTS:
		return vus_keyval_bool(w->name, value, &o->slots, err);
	case TIMEOUT:
		return vus_keyval_number(w->name, value, 1, 86400, &o->timeout,
					 err);
	case REQUESTS:
		return vus_keyval_number(w->name, value, 0, UINT32_MAX,
					 &o->requests, err);
	case RECORD:
		o->record = value;
		return true;
	case CONTROL:
		o->control = value;
		return true;
	case FAULT:
		return keep_fault(o, value, err);
	default:
		take_switch(o, w->which);
		return true;
	}
}

static const struct word *find_option(const char *arg)
{
	if (arg[0] != '-')
		return NULL;
	arg += arg[1] == '-' ? 2 : 1;
	for (size_t i = 0; i < VUS_COUNT(words); i++)
		if (strcmp(words[i].name, arg) == 0)
			return &words[i];
	return NULL;
}

static bool has_device(const struct vus_fake_options *o)
{
	for (unsigned i = 0; i < o->nsaid; i++)
		if (o->said[i].word == VUS_WORD_DEVICE)
			return true;
	return false;
}

bool vus_fake_parse_argv(int argc, char **argv, struct vus_fake_options *ret,
			 struct vus_err *err)
{
	struct vus_fake_options o = {
		.slots = true,
		.timeout = 10,
		.requests = 64,
		.decide = vus_fe_honest,
	};

	for (int i = 1; i < argc; i++) {
		const struct word *w = find_option(argv[i]);

		if (!w)
			return vus_fail(err, VUS_ERR_USAGE, "%s '%.80s'",
					argv[i][0] == '-' ? "unknown option"
							  : "not an option:",
					argv[i]);
		if (w->has_value && i + 1 == argc)
			return vus_fail(err, VUS_ERR_USAGE,
					"%s needs an argument", argv[i]);
		i += w->has_value;
		if (!take_option(&o, w, argv[i], err))
			return false;
	}
	if (!vus_fault_book_install(&vus_fe_fault_book, &o.decide, o.faults,
				    o.nfaults, err))
		return false;
	if (o.mode == VUS_FAKE_RUN && !has_device(&o))
		return vus_fail(err, VUS_ERR_USAGE,
				"nothing to do: -device vhost-user-... is "
				"missing");
	*ret = o;
	return true;
}
