/* SPDX-License-Identifier: BSD-3-Clause */
/* list_devices.c — vuspec list --devices: the drivers, and what a request to
 * each device shows. */
#include "list_devices.h"

#include "cli.h"

#include "base/array.h"
#include "fake-frontend/drivers/driver.h"
#include "run/runner.h"

#include <stdio.h>

static const struct {
	unsigned bit;
	const char *word;
} shows[] = {
	{ VUS_SHOWS_READ, "read" },
	{ VUS_SHOWS_WRITTEN, "written" },
};

static json_t *device_object(const struct vus_driver *d)
{
	json_t *o = json_object(), *words = json_array();

	for (size_t i = 0; i < VUS_COUNT(shows); i++)
		if (d->shows & shows[i].bit)
			json_array_append_new(words,
					      json_string(shows[i].word));
	json_object_set_new(o, "name", json_string(d->name));
	json_object_set_new(o, "virtio_id", json_integer(d->virtio_id));
	json_object_set_new(o, "shows", words);
	json_object_set_new(o, "stores", json_boolean(d->keeps));
	return o;
}

static void print_device(const struct vus_driver *d)
{
	VUS_AUTO_TEXT words = { 0 };

	for (size_t i = 0; i < VUS_COUNT(shows); i++)
		if (d->shows & shows[i].bit)
			vus_text_add(&words, "%s%s",
				     vus_text_str(&words)[0] ? ", " : "",
				     shows[i].word);
	(void)printf("%s  (virtio device %u)\n", d->name, d->virtio_id);
	vus_cli_field("shows", d->shows ? vus_text_str(&words) : "nothing");
	vus_cli_field("stores", d->keeps ? "what is written to it" : "");
}

int vus_list_devices(bool json)
{
	json_t *array = json ? json_array() : NULL;
	VUS_AUTO_TEXT names = { 0 };
	char name[32];

	vus_driver_names(&names);
	for (size_t i = 0;
	     vus_word(vus_text_str(&names), ' ', i, name, sizeof(name)); i++) {
		const struct vus_driver *d = vus_driver_by_name(name);

		if (array)
			json_array_append_new(array, device_object(d));
		else
			print_device(d);
	}
	if (array)
		vus_cli_json(array);
	return vus_cli_flush("vuspec list", VUS_EXIT_PASS);
}
