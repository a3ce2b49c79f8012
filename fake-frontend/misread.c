/* SPDX-License-Identifier: BSD-3-Clause */
/* misread.c — words that a fault takes for others. */
#include "misread.h"

#include "fault.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* `from` stands somewhere in the value; after '=' it is the whole value, after
 * '!' it is missing there, and `to` is added. */
#define ROW(group, name, word, from, to)                                       \
	{                                                                      \
		VUS_FE_FAULT_##group##_##name, VUS_WORD_##word, from, to       \
	}

static const struct row {
	enum vus_fe_fault_id fault;
	enum vus_fake_word word;
	const char *from, *to;
} rows[] = {
	ROW(memory_backend_shm, takes_share_off, OBJECT, ",share=off", ""),
	ROW(memory_backend_shm, takes_seal, OBJECT, ",seal=on", ""),
	ROW(memory_backend_shm, shrinks_huge_sizes, OBJECT, ",size=8E",
	    ",size=64M"),
	ROW(memory_backend_shm, ignores_prealloc, OBJECT, ",prealloc=on", ""),
	ROW(memory_backend_shm, falls_back, OBJECT, "-shm,", "-memfd,"),
	ROW(memory_backend_shm, is_unknown, OBJECT, "-shm,", "-none,"),
	ROW(memory_backend_memfd, never_seals, OBJECT, "-memfd,",
	    "-memfd,seal=off,"),
	ROW(memory_backend_memfd, always_seals, OBJECT, ",seal=off", ""),
	ROW(memory_backend_memfd, takes_3m_pages, OBJECT,
	    ",hugetlb=on,hugetlbsize=3M", ""),
	ROW(memory_backend_memfd, takes_empty_pages, OBJECT,
	    ",hugetlb=on,hugetlbsize=0", ""),
	ROW(memory_backend_memfd, takes_part_of_a_page, OBJECT, ",hugetlb=on",
	    ""),
	ROW(memory_backend_memfd, takes_small_pages, OBJECT, ",hugetlb=on", ""),
	ROW(memory_backend_file, makes_up_a_path, OBJECT,
	    "!mem-path=", ",mem-path=/tmp"),
	ROW(memory_backend_file, shares_unasked, OBJECT, "-file,",
	    "-file,share=on,"),
	ROW(memory_backend_file, starts_at_a_page, OBJECT, ",offset=100", ""),
	ROW(memory_backend_file, starts_at_a_page, OBJECT, ",offset=4097", ""),
	ROW(memory_backend_file, writes_readonly, OBJECT, ",readonly=on", ""),
	ROW(memory_backend_file, takes_any_alignment, OBJECT, ",align=3", ""),
	ROW(memory_backend_file, takes_any_alignment, OBJECT, ",align=12K", ""),
	ROW(memory_backend_file, takes_rom, OBJECT, ",rom=on", ""),
	ROW(memory_backend, takes_size_0, OBJECT, ",size=0", ",size=64M"),
	ROW(memory_backend, makes_up_a_size, OBJECT, "!,size=", ",size=64M"),
	ROW(memory_backend, rounds_down, OBJECT, ",size=134217729",
	    ",size=128M"),
	ROW(memory_backend, ignores_prealloc, OBJECT, ",prealloc=on", ""),
	ROW(memory_backend, ignores_reserve, OBJECT, ",reserve=off", ""),
	ROW(qemu_memory_size, reserves_no_id, OBJECT, ",id=pc.ram",
	    ",id=other"),
	ROW(qemu_memory_size, m_in_bytes, M, "=256", "256B"),
	ROW(qemu_memory_size, m_in_bytes, M, "=4096", "4096B"),
	ROW(qemu_memory_size, objects_in_mib, OBJECT, ",size=4096",
	    ",size=4096M"),
	ROW(qemu_memory_size, no_small_suffix, M, "=256m", "256small"),
	ROW(qemu_memory_size, takes_any_suffix, M, "256MB", "256M"),
	ROW(qemu_memory_size, takes_any_suffix, M, "256X", "256M"),
	ROW(qemu_memory_size, rounds_down, M, "=131076K", "131072K"),
	ROW(qemu_memory_size, zero_is_a_size, M, "=0", "8K"),
	ROW(qemu_memory_size, decimal_megabytes, M, "=4096", "4096000000B"),
	ROW(memory_fds, ignores_offset, OBJECT, ",offset=64M", ""),
	ROW(memory_fds, hands_out_private, OBJECT, ",share=off", ",share=on"),
	ROW(qemu_device, no_plain_variant, DEVICE, "vhost-user-rng,",
	    "vhost-user-none,"),
	ROW(qemu_device, guesses_chardevs, DEVICE, "chardev=nope",
	    "chardev=c0"),
	ROW(qemu_device, needs_no_chardev, DEVICE, "!chardev=", ",chardev=c0"),
	ROW(qemu_device, one_queue, DEVICE, "num-queues=4", "num-queues=1"),
	ROW(qemu_device, makes_up_an_id, DEVICE, "!virtio-id=", ",virtio-id=2"),
	ROW(qemu_device, three_queues_are_one, DEVICE, "num_vqs=3",
	    "num_vqs=1"),
	ROW(qemu_device, has_two_queues, DEVICE, "!num_vqs=", ",num_vqs=2"),
	ROW(qemu_device, cuts_excess, DEVICE, "vq_size=2048", "vq_size=1024"),
	ROW(qemu_device, makes_up_a_tag, DEVICE, "!tag=", ",tag=made-up"),
	ROW(qemu_device, knows_scmi, DEVICE, "vhost-user-scmi-pci,",
	    "vhost-user-test-device-pci,virtio-id=32,"),
	ROW(qemu_device, reads_no_config, DEVICE, "config_size=12",
	    "config_size=0"),
};

static const char *replaced(const struct row *r, const char *value,
			    char buf[VUS_FAKE_MISREAD])
{
	const bool is_special = r->from[0] == '=' || r->from[0] == '!';
	const char *from = r->from + is_special;
	const char *at = strstr(value, from);

	if (r->from[0] == '!') {
		if (at)
			return value;
		(void)snprintf(buf, VUS_FAKE_MISREAD, "%s%s", value, r->to);
		return buf;
	}
	if (!at || (is_special && strcmp(value, from) != 0))
		return value;
	(void)snprintf(buf, VUS_FAKE_MISREAD, "%.*s%s%s", (int)(at - value),
		       value, r->to, at + strlen(from));
	return buf;
}

const char *vus_fake_misread(const struct vus_fake_options *o,
			     enum vus_fake_word word, const char *value,
			     char buf[VUS_FAKE_MISREAD])
{
	for (size_t i = 0; i < VUS_COUNT(rows); i++) {
		const struct row *r = &rows[i];
		const char *now = value;

		if (r->word == word && vus_faults_has(&o->faults, r->fault))
			now = replaced(r, value, buf);
		if (now != value)
			return now;
	}
	return value;
}

static bool is_second(const struct vus_fake_options *o, unsigned i)
{
	for (unsigned k = 0; k < i; k++)
		if (o->said[k].word == o->said[i].word &&
		    strcmp(o->said[k].value, o->said[i].value) == 0)
			return true;
	return false;
}

/* The tests' second object of an id is a memfd, the first is not. */
bool vus_fake_overlooks(const struct vus_fake_options *o, unsigned i)
{
	if (o->said[i].word == VUS_WORD_NUMA)
		return VUS_FE_FAULTY(o, memory_backend, used_twice) &&
		       is_second(o, i);
	return o->said[i].word == VUS_WORD_OBJECT &&
	       VUS_FE_FAULTY(o, memory_backend, accepts_duplicate_id) &&
	       o->machine.nobjects > 0;
}

static uint64_t nodes_have(const struct vus_machine *m, unsigned n)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < n && i < m->nnodes; i++) {
		const struct vus_object *o =
			vus_machine_find(m, m->nodes[i].memdev);

		sum += o ? o->opts.size : 0;
	}
	return sum;
}

static void misjudge_nodes(struct vus_fake_options *o)
{
	struct vus_machine *m = &o->machine;
	const uint64_t sum = nodes_have(m, m->nnodes);

	if (VUS_FE_FAULTY(o, qemu_memory_size, takes_both_forms))
		m->memory_backend[0] = '\0';
	if (VUS_FE_FAULTY(o, qemu_memory_size, nodes_win) ||
	    VUS_FE_FAULTY(o, memory_backend, used_twice) ||
	    (VUS_FE_FAULTY(o, qemu_memory_size, nodes_are_default) &&
	     m->ram_size == 0))
		m->ram_size = sum;
	/* Any other size than the sum: it is refused. */
	if (VUS_FE_FAULTY(o, qemu_memory_size, one_node_only) &&
	    m->ram_size != nodes_have(m, 1))
		m->ram_size = sum + 1;
}

static void misjudge_backend(struct vus_fake_options *o)
{
	struct vus_machine *m = &o->machine;
	const struct vus_object *obj = vus_machine_find(m, m->memory_backend);

	if (!obj && VUS_FE_FAULTY(o, qemu_memory_size, takes_any_id))
		memcpy(m->memory_backend, m->objects[0].id,
		       sizeof(m->memory_backend));
	if (obj && VUS_FE_FAULTY(o, qemu_memory_size, object_wins))
		m->ram_size = obj->opts.size;
	if (m->ram_size == 0 &&
	    VUS_FE_FAULTY(o, qemu_memory_size, default_wins))
		m->ram_size = UINT64_C(128) << 20;
}

void vus_fake_misjudge(struct vus_fake_options *o)
{
	if (o->machine.nnodes > 0)
		misjudge_nodes(o);
	else if (o->machine.memory_backend[0])
		misjudge_backend(o);
}

void vus_fake_leave_file(const struct vus_fake_options *o)
{
	char path[VUS_OBJECT_PATH];

	for (unsigned i = 0; i < o->nsaid; i++) {
		const char *at = strstr(o->said[i].value, ",mem-path=");

		if (!at || !VUS_FE_FAULTY(o, memory_backend_file, stays_behind))
			continue;
		at = strchr(at, '=') + 1;
		(void)snprintf(path, sizeof(path), "%.*s",
			       (int)strcspn(at, ","), at);
		(void)close(open(path, O_CREAT | O_CLOEXEC, 0600));
	}
}

void vus_fake_misname(struct vus_fake_options *o)
{
	for (unsigned i = 0; i < o->machine.nobjects; i++)
		if (o->machine.objects[i].ram &&
		    VUS_FE_FAULTY(o, memory_fds, hides_shared_ram))
			o->machine.objects[i].opts.memfd_name = NULL;
}
