/* SPDX-License-Identifier: BSD-3-Clause */
/* test_frontend.c — vuspec test-frontend: our back-end against a front-end. */
#include "cli.h"
#include "test_run.h"

#include "fake-backend/device.h"
#include "fake-backend/frontend_cases/fixture/watch.h"
#include "fake-frontend/decisions.h"
#include "fake-frontend/fault_registry.h"
#include "fake-frontend/program.h"

#include <string.h>

static const char usage[] =
	"Usage: vuspec test-frontend [options] [-- CMD ARG...]\n"
	"Test a vhost-user front-end; without CMD, the embedded fake "
	"front-end.\n"
	"\n"
	"vuspec is the back-end and listens; in CMD, {socket} becomes the path "
	"to\n"
	"connect to, {memory} what follows \"memory-backend-\": shm, memfd or\n"
	"file,mem-path=DIR, {device} the device's name, {dir} a private empty "
	"folder,\n"
	"{ctl} a path for a control socket, {queues} how many rings the case "
	"needs the\n"
	"device to have and {worker} a number.  CMD is started once for each "
	"case.\n"
	"\n";

/* The embedded fake; its options are QEMU's. */
static const char *const words[] = {
	"fake-frontend",
	"-m",
	"16M",
	"-machine",
	"memory-backend=mem",
	"-object",
	"memory-backend-{memory},id=mem,size=16M,share=on",
	"-chardev",
	"socket,id=c0,path={socket},reconnect=1",
	"--control",
	"{ctl}",
	NULL,
};

static void add_devices(const struct vus_test_options *o, struct vus_text *ret)
{
	(void)o;
	vus_device_names(ret);
}

static bool check_device(const struct vus_test_options *o, struct vus_err *err)
{
	VUS_AUTO_TEXT names = { 0 };

	if (vus_device_by_name(o->device))
		return true;
	vus_device_names(&names);
	return vus_fail(err, VUS_ERR_USAGE, "--device '%s': not one of %s",
			o->device, vus_text_str(&names));
}

static size_t embedded_args(const struct vus_test_options *o,
			    const char *args[VUS_EMBEDDED_ARGS])
{
	args[0] = "-device";
	/* Others have a fixed number of rings. */
	args[1] = strcmp(o->device, "blk") == 0
			  ? "vhost-user-{device},chardev=c0,"
			    "num-queues={queues}"
			  : "vhost-user-{device},chardev=c0";
	return 2;
}

static bool check_faults(const char *const *names, size_t n,
			 struct vus_err *err)
{
	struct vus_fe_decisions decide = vus_fe_honest;

	return vus_fault_book_install(&vus_fe_fault_book, &decide, names, n,
				      err);
}

const struct vus_option *vus_options_test_frontend(void)
{
	static struct vus_option rows[VUS_TEST_OPTIONS];

	return vus_test_options_rows(true, rows);
}

int vus_cmd_test_frontend(int argc, char **argv)
{
	struct vus_party party = vus_frontend_party;
	const struct vus_test_side side = {
		.command = "vuspec test-frontend",
		.usage = usage,
		.party = &party,
		.check_faults = check_faults,
		.faults = &vus_fe_fault_book,
		.devices = add_devices,
		.check_device = check_device,
		.embedded_args = embedded_args,
	};

	party.embedded = vus_fake_frontend_main;
	party.embedded_name = "fake-frontend";
	party.embedded_words = words;
	return vus_test_run(&side, argc, argv);
}
