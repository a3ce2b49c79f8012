/* SPDX-License-Identifier: BSD-3-Clause */
/* qemu_args.c — all of QEMU's words: what each says, and whether they agree. */
#include "options.h"

#include "chardev.h"
#include "honest.h"
#include "qemu_device.h"

/* ---- what is decided ---- */

bool vus_fe_honest_is_shared(const struct vus_object *o)
{
	return o->opts.share == VUS_ON ||
	       (o->opts.share == VUS_DEFAULT && o->opts.kind != VUS_FILE);
}

bool vus_fe_honest_takes_mem_path(void)
{
	return false;
}

/* ---- words ---- */

static bool read_option_value(struct vus_fake_options *o,
			      enum vus_fake_word word, const char *value,
			      struct vus_err *err)
{
	switch (word) {
	case VUS_WORD_M:
		return vus_machine_m(&o->machine, value, err);
	case VUS_WORD_OBJECT:
		/* Other objects are about other things. */
		return !vus_machine_is_memory(value) ||
		       vus_machine_object(&o->machine, value, err);
	case VUS_WORD_MACHINE:
		return vus_machine_machine(&o->machine, value, err);
	case VUS_WORD_NUMA:
		return vus_machine_numa(&o->machine, value, err);
	case VUS_WORD_CHARDEV:
		return vus_fake_chardev_read(o, value, err);
	default:
		return true; /* devices come last: they name the others */
	}
}

/* QEMU starts with memory that is private, and its vhost-user devices then
 * fail one way or another; here it is said.  Plain RAM is left out beside
 * memory that is shared, as QEMU does it. */
static bool memory_is_shared(const struct vus_fake_options *o,
			     struct vus_err *err)
{
	const struct vus_object *unshared = NULL;
	unsigned shared = 0;

	for (unsigned i = 0; i < o->nmemory; i++) {
		const struct vus_object *obj =
			&o->machine.objects[o->memory[i]];

		if (o->decide.is_shared(obj))
			shared++;
		else if (!unshared || unshared->ram)
			unshared = obj;
	}
	if (!unshared || (unshared->ram && shared > 0))
		return true;
	return vus_fail(err, VUS_ERR_USAGE,
			"memory backend '%s' is private, no back-end would see "
			"it: memory-backend-%s needs share=on",
			unshared->id,
			unshared->ram ? "ram"
				      : vus_backing_name(unshared->opts.kind));
}

/* QEMU's system/vl.c. */
static bool mem_path_fits(const struct vus_fake_options *o, struct vus_err *err)
{
	if (!o->machine.memory_backend[0] || o->decide.takes_mem_path())
		return true;
	for (unsigned i = 0; i < o->nsaid; i++)
		if (o->said[i].word == VUS_WORD_MEM_PATH)
			return vus_fail(err, VUS_ERR_USAGE,
					"'-mem-path' can't be used together "
					"with '-machine memory-backend'");
	return true;
}

static void set_memory_rules(struct vus_fake_options *o)
{
	for (unsigned i = 0; i < o->machine.nobjects; i++)
		o->machine.objects[i].opts.rules = &o->decide.backing;
}

bool vus_fake_parse_values(struct vus_fake_options *o, struct vus_err *err)
{
	o->machine.rules = &o->decide.object;
	for (unsigned i = 0; i < o->nsaid; i++)
		if (!read_option_value(o, o->said[i].word, o->said[i].value,
				       err))
			return false;
	for (unsigned i = 0; i < o->nsaid; i++)
		if (o->said[i].word == VUS_WORD_DEVICE &&
		    !vus_fake_device_read(o, o->said[i].value, err))
			return false;
	if (o->ndevices == 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"none of the devices is a vhost-user device");
	if (!mem_path_fits(o, err) ||
	    !vus_machine_check(&o->machine, o->memory, &o->nmemory, err))
		return false;
	set_memory_rules(o);
	return memory_is_shared(o, err);
}
