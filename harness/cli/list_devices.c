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

static json_t *words_of(unsigned mask)
{
	json_t *words = json_array();

	for (size_t i = 0; i < VUS_COUNT(shows); i++)
		if (mask & shows[i].bit)
			json_array_append_new(words,
					      json_string(shows[i].word));
	return words;
}

static json_t *device_object(const struct vus_driver *d)
{
	json_t *o = json_object();

	json_object_set_new(o, "name", json_string(d->name));
	json_object_set_new(o, "virtio_id", json_integer(d->virtio_id));
	json_object_set_new(o, "shows", words_of(d->shows));
	/* Where something behind it answers (--net-echo). */
	json_object_set_new(o, "shows_answered",
			    words_of(d->shows | d->shows_prepared));
	json_object_set_new(o, "stores", json_boolean(d->keeps));
	return o;
}

static void print_words(const char *label, unsigned mask)
{
	VUS_AUTO_TEXT words = { 0 };

	for (size_t i = 0; i < VUS_COUNT(shows); i++)
		if (mask & shows[i].bit)
			vus_text_add(&words, "%s%s",
				     vus_text_str(&words)[0] ? ", " : "",
				     shows[i].word);
	vus_cli_field(label, mask ? vus_text_str(&words) : "nothing");
}

static void print_device(const struct vus_driver *d)
{
	(void)printf("%s  (virtio device %u)\n", d->name, d->virtio_id);
	print_words("shows", d->shows);
	if (d->shows_prepared)
		print_words("answered", d->shows | d->shows_prepared);
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
