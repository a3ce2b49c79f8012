/* SPDX-License-Identifier: BSD-3-Clause */
/* test_backend.c — vuspec test-backend: our front-end against a back-end. */
#include "cli.h"
#include "test_run.h"

#include "fake-backend/device.h"
#include "fake-backend/fault_registry.h"
#include "fake-backend/program.h"
#include "fake-frontend/drivers/driver.h"
#include "fake-frontend/backend_cases/fixture/fixture.h"

#include <string.h>

static const char usage[] =
	"Usage: vuspec test-backend [options] [-- CMD ARG...]\n"
	"       vuspec test-backend [options] --socket PATH\n"
	"Test a vhost-user back-end; without CMD, the embedded fake back-end.\n"
	"\n"
	"In CMD, {socket} becomes the path of a Unix socket to listen on (or, "
	"with\n"
	"--reverse, to connect to), {fd} the number of a connected "
	"descriptor, {dir} a\n"
	"private empty folder and {worker} a number.\n"
	"\n";

static bool is_embedded(const struct vus_test_options *o)
{
	return !o->run.command && !o->run.socket;
}

static void add_devices(const struct vus_test_options *o, struct vus_text *ret)
{
	if (is_embedded(o))
		vus_device_names(ret);
	else
		vus_driver_names(ret);
	vus_text_add(ret, " generic");
}

/* A driver for it must exist; for the embedded back-end the device itself. */
static bool check_device(const struct vus_test_options *o, struct vus_err *err)
{
	const bool embedded = is_embedded(o);
	VUS_AUTO_TEXT names = { 0 };

	if (strcmp(o->device, "generic") == 0)
		return true;
	if (embedded ? vus_device_by_name(o->device) != NULL
		     : vus_driver_by_name(o->device) != NULL)
		return true;
	add_devices(o, &names);
	return vus_fail(err, VUS_ERR_USAGE, "--device '%s': not one of %s%s",
			o->device, vus_text_str(&names),
			embedded ? " (devices of the embedded back-end)" : "");
}

static size_t embedded_args(const struct vus_test_options *o,
			    const char *args[VUS_EMBEDDED_ARGS])
{
	size_t n = 0;

	args[n++] = "--device";
	/* Cases without a driver run on any device. */
	args[n++] = strcmp(o->device, "generic") == 0 ? "blk" : o->device;
	if (o->run.listens)
		args[n++] = "--client";
	return n;
}

static bool check_faults(const char *const *names, size_t n,
			 struct vus_err *err)
{
	struct vus_be_decisions decide = vus_be_honest;

	return vus_fault_book_install(&vus_be_fault_book, &decide, names, n,
				      err);
}

const struct vus_option *vus_options_test_backend(void)
{
	static struct vus_option rows[VUS_TEST_OPTIONS];

	return vus_test_options_rows(false, rows);
}

int vus_cmd_test_backend(int argc, char **argv)
{
	struct vus_party party = vus_backend_party;
	const struct vus_test_side side = {
		.command = "vuspec test-backend",
		.usage = usage,
		.party = &party,
		.check_faults = check_faults,
		.faults = &vus_be_fault_book,
		.devices = add_devices,
		.check_device = check_device,
		.embedded_args = embedded_args,
	};

	party.embedded = vus_fake_backend_main;
	party.embedded_name = "fake-backend";
	return vus_test_run(&side, argc, argv);
}
