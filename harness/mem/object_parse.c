/* SPDX-License-Identifier: BSD-3-Clause */
/* object_parse.c — -object, -m, -machine and -numa, word by word. */
#include "object.h"

#include "base/keyval.h"
#include "base/size.h"

#include <ctype.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

#define TYPE_PREFIX "memory-backend-"
/* Rounded up, -m must still be a number. */
#define M_MAX (UINT64_MAX - 8191)

static const struct vus_object_rules *rules_of(const struct vus_machine *m)
{
	return m->rules ? m->rules : &vus_object_rules_of_qemu;
}

/* QEMU's identifiers begin with a letter. */
static bool copy_id(char dst[VUS_OBJECT_ID], const char *key, const char *value,
		    struct vus_err *err)
{
	const char *p = value;

	if (isalpha((unsigned char)*p))
		while (isalnum((unsigned char)*p) || (*p && strchr("-._", *p)))
			p++;
	if (p == value || *p)
		return vus_fail(err, VUS_ERR_USAGE,
				"parameter '%s' expects an identifier, not "
				"'%.80s'",
				key, value);
	return vus_keyval_copy(key, value, dst, VUS_OBJECT_ID, err);
}

/* ---- -object ---- */

enum property_type { IGNORED, SIZE, BOOL, SWITCH, ONOFFAUTO, PATH };

#define ANY        ((1u << VUS_NBACKINGS) - 1)
#define OF(kind)   (1u << VUS_##kind)
#define OPT(field) offsetof(struct vus_object, opts.field)

/* What QEMU 11's memory backends can be told.  Properties that change nothing
 * which a back-end could see are read and left. */
static const struct property {
	const char *name;
	unsigned kinds;
	enum property_type type;
	size_t at;
} properties[] = {
	{ "qom-type", ANY, IGNORED, 0 },
	{ "id", ANY, IGNORED, 0 },
	{ "size", ANY, SIZE, OPT(size) },
	{ "share", ANY, SWITCH, OPT(share) },
	{ "prealloc", ANY, BOOL, OPT(prealloc) },
	{ "prealloc-threads", ANY, IGNORED, 0 },
	{ "prealloc-context", ANY, IGNORED, 0 },
	{ "merge", ANY, IGNORED, 0 },
	{ "dump", ANY, IGNORED, 0 },
	{ "reserve", ANY, SWITCH, offsetof(struct vus_object, reserve) },
	{ "policy", ANY, IGNORED, 0 },
	{ "host-nodes", ANY, IGNORED, 0 },
	{ "x-use-canonical-path-for-ramblock-id", ANY, IGNORED, 0 },
	{ "mem-path", OF(FILE), PATH, offsetof(struct vus_object, path) },
	{ "offset", OF(FILE), SIZE, OPT(offset) },
	{ "readonly", OF(FILE), BOOL, OPT(readonly) },
	{ "align", OF(FILE), SIZE, offsetof(struct vus_object, align) },
	{ "discard-data", OF(FILE), IGNORED, 0 },
	{ "pmem", OF(FILE), IGNORED, 0 },
	{ "rom", OF(FILE), ONOFFAUTO, offsetof(struct vus_object, rom) },
	{ "hugetlb", OF(MEMFD), BOOL, OPT(hugetlb) },
	{ "hugetlbsize", OF(MEMFD), SIZE, OPT(hugetlbsize) },
	{ "seal", OF(MEMFD), SWITCH, OPT(seal) },
};

/* An object while its words are read. */
struct reading {
	const struct vus_object_rules *rules;
	struct vus_object o;
};

static const struct property *find_property(const char *name)
{
	for (size_t i = 0; i < VUS_COUNT(properties); i++)
		if (strcmp(properties[i].name, name) == 0)
			return &properties[i];
	return NULL;
}

static enum vus_property_use property_use(const struct reading *r,
					  const struct property *p)
{
	const struct vus_object *o = &r->o;

	return r->rules->property(o, p->name,
				  (p->kinds >> o->opts.kind & 1) &&
					  (!o->ram || p->kinds == ANY));
}

static const char *kind_of(const struct vus_object *o)
{
	return o->ram ? "ram" : vus_backing_name(o->opts.kind);
}

/* Zero is refused where it stands, as QEMU does. */
static bool take_size_property(struct reading *r, const struct property *p,
			       const char *value, uint64_t *at,
			       struct vus_err *err)
{
	uint64_t bytes;

	if (!vus_size_parse(value, r->rules->unit(), &bytes, err))
		return false;
	if (bytes == 0 && !r->rules->takes_zero(p->name))
		return vus_fail(err, VUS_ERR_USAGE,
				"property '%s' of " TYPE_PREFIX
				"%s doesn't take value '0': at least one page, "
				"%ld bytes, is needed",
				p->name, kind_of(&r->o), sysconf(_SC_PAGESIZE));
	*at = bytes;
	r->o.has_size |= p->at == OPT(size);
	return true;
}

static bool take_value(struct reading *r, const struct property *p,
		       const char *value, struct vus_err *err)
{
	void *at = (char *)&r->o + p->at;
	bool on;

	if (p->type == SIZE)
		return take_size_property(r, p, value, at, err);
	if (p->type == PATH)
		return vus_keyval_copy(p->name, value, at, sizeof(r->o.path),
				       err);
	if (p->type == IGNORED ||
	    (p->type == ONOFFAUTO && strcmp(value, "auto") == 0))
		return true;
	if (!vus_keyval_bool(p->name, value, &on, err))
		return false;
	if (p->type == BOOL)
		*(bool *)at = on;
	else
		*(enum vus_switch *)at = on ? VUS_ON : VUS_OFF;
	return true;
}

static bool take_property(void *ctx, const char *key, const char *value,
			  struct vus_err *err)
{
	struct reading *r = ctx;
	const struct property *p = find_property(key);

	switch (p ? property_use(r, p) : VUS_PROPERTY_UNKNOWN) {
	case VUS_PROPERTY_TAKEN:
		return take_value(r, p, value, err);
	case VUS_PROPERTY_IGNORED:
		return true;
	default:
		return vus_fail(err, VUS_ERR_USAGE,
				"Invalid parameter '%.80s' of " TYPE_PREFIX
				"%s",
				key, kind_of(&r->o));
	}
}

/* The first reading: what it is, and its name. */
struct header {
	char type[VUS_OBJECT_ID], id[VUS_OBJECT_ID];
};

static bool take_header(void *ctx, const char *key, const char *value,
			struct vus_err *err)
{
	struct header *h = ctx;

	if (strcmp(key, "qom-type") == 0)
		return vus_keyval_copy(key, value, h->type, sizeof(h->type),
				       err);
	if (strcmp(key, "id") == 0)
		return copy_id(h->id, key, value, err);
	return true;
}

bool vus_machine_is_memory(const char *value)
{
	struct header h = { 0 };

	return vus_keyval_read(value, "qom-type", take_header, &h, NULL) &&
	       strncmp(h.type, TYPE_PREFIX, strlen(TYPE_PREFIX)) == 0;
}

const struct vus_object *vus_machine_find(const struct vus_machine *m,
					  const char *id)
{
	for (unsigned i = 0; i < m->nobjects; i++)
		if (strcmp(m->objects[i].id, id) == 0)
			return &m->objects[i];
	return NULL;
}

static bool begin_object(const struct vus_machine *m, const struct header *h,
			 struct vus_object *o, struct vus_err *err)
{
	const size_t prefix = strlen(TYPE_PREFIX);

	o->ram = strcmp(h->type, TYPE_PREFIX "ram") == 0;
	if (o->ram)
		o->opts.kind = VUS_MEMFD;
	if (!h->type[0] || !h->id[0])
		return vus_fail(err, VUS_ERR_USAGE,
				"-object: Parameter '%s' is missing",
				h->type[0] ? "id" : "qom-type");
	if (strncmp(h->type, TYPE_PREFIX, prefix) != 0 ||
	    (!o->ram && !rules_of(m)->kind(h->type + prefix, &o->opts.kind)))
		return vus_fail(err, VUS_ERR_USAGE,
				"-object %s: not one of " TYPE_PREFIX
				"shm, -memfd, -file, -ram",
				h->type);
	if (!rules_of(m)->id_is_free(m, h->id))
		return vus_fail(err, VUS_ERR_USAGE,
				"-object: duplicate ID '%s'", h->id);
	if (m->nobjects == VUS_MAX_OBJECTS)
		return vus_fail(err, VUS_ERR_USAGE,
				"-object: object %u of at most %u",
				m->nobjects + 1, VUS_MAX_OBJECTS);
	memcpy(o->id, h->id, sizeof(o->id));
	return true;
}

/* All of its words are read: is one missing? */
static bool object_is_whole(const struct reading *r, struct vus_err *err)
{
	const struct vus_object *o = &r->o;

	if (!o->has_size && r->rules->needs_size(o))
		return vus_fail(err, VUS_ERR_USAGE,
				"-object %s: Parameter 'size' is missing",
				o->id);
	return o->path[0] || !r->rules->needs_path(o) ||
	       vus_fail(err, VUS_ERR_USAGE,
			"-object %s: Parameter 'mem-path' is missing", o->id);
}

/* And does none contradict another? */
static bool object_agrees(const struct reading *r, struct vus_err *err)
{
	const struct vus_object *o = &r->o;

	if (o->opts.kind == VUS_SHM && o->opts.share == VUS_OFF)
		return vus_fail(err, VUS_ERR_USAGE,
				"-object %s: can't create shm backend with "
				"`share=off`",
				o->id);
	if (!r->rules->reserve_fits(o))
		return vus_fail(err, VUS_ERR_USAGE,
				"-object %s: 'prealloc=on' and 'reserve=off' "
				"are incompatible",
				o->id);
	if (!r->rules->alignment_fits(o, err))
		return false;
	return r->rules->rom_fits(o) ||
	       vus_fail(err, VUS_ERR_USAGE,
			"-object %s: property 'rom' = 'on' is not supported "
			"with 'readonly' = 'off'",
			o->id);
}

bool vus_machine_object(struct vus_machine *m, const char *value,
			struct vus_err *err)
{
	struct reading r = { .rules = rules_of(m) };
	struct header h = { 0 };

	if (!vus_keyval_read(value, "qom-type", take_header, &h, err) ||
	    !begin_object(m, &h, &r.o, err) ||
	    !vus_keyval_read(value, "qom-type", take_property, &r, err) ||
	    !object_is_whole(&r, err) || !object_agrees(&r, err))
		return false;
	m->objects[m->nobjects++] = r.o;
	return true;
}

/* ---- -m ---- */

static bool take_m(void *ctx, const char *key, const char *value,
		   struct vus_err *err)
{
	struct vus_machine *m = ctx;
	const struct vus_object_rules *rules = rules_of(m);
	uint64_t bytes, slots;

	if (strcmp(key, "slots") == 0)
		return vus_keyval_number(key, value, 0, INT32_MAX, &slots, err);
	if (strcmp(key, "maxmem") == 0)
		return vus_size_parse(value, 1, &m->maxmem, err);
	if (strcmp(key, "size") != 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"-m: Invalid parameter '%.80s'", key);
	if (!vus_size_parse_by(rules->m_suffix, value, rules->m_unit(), &bytes,
			       err))
		return false;
	if (bytes > M_MAX)
		return vus_fail(err, VUS_ERR_USAGE,
				"-m: ram size %" PRIu64 " is above %" PRIu64
				" bytes",
				bytes, M_MAX);
	m->ram_size = rules->round_m(bytes);
	return true;
}

/* All of the words, or none. */
static bool read_all(struct vus_machine *m, const char *value,
		     const char *implied, vus_keyval_pair_fn *take,
		     struct vus_err *err)
{
	struct vus_machine next = *m;

	if (!vus_keyval_read(value, implied, take, &next, err))
		return false;
	*m = next;
	return true;
}

bool vus_machine_m(struct vus_machine *m, const char *value,
		   struct vus_err *err)
{
	return read_all(m, value, "size", take_m, err);
}

/* ---- -machine ---- */

static bool take_machine(void *ctx, const char *key, const char *value,
			 struct vus_err *err)
{
	struct vus_machine *m = ctx;

	if (strcmp(key, "type") == 0)
		return vus_keyval_copy(key, value, m->type, sizeof(m->type),
				       err);
	/* Other properties are about a machine, and there is none here. */
	return strcmp(key, "memory-backend") != 0 ||
	       copy_id(m->memory_backend, key, value, err);
}

bool vus_machine_machine(struct vus_machine *m, const char *value,
			 struct vus_err *err)
{
	return read_all(m, value, "type", take_machine, err);
}

/* ---- -numa ---- */

struct numa {
	char type[VUS_OBJECT_ID];
	uint64_t nodeid;
	struct vus_node node;
};

static bool take_numa(void *ctx, const char *key, const char *value,
		      struct vus_err *err)
{
	static const char *const ignored[] = { "cpus", "initiator" };
	struct numa *n = ctx;

	if (strcmp(key, "type") == 0)
		return vus_keyval_copy(key, value, n->type, sizeof(n->type),
				       err);
	if (!n->type[0])
		return vus_fail(err, VUS_ERR_USAGE,
				"-numa: the type is missing before '%.80s'",
				key);
	if (strcmp(n->type, "node") != 0)
		return true;
	if (strcmp(key, "nodeid") == 0)
		return vus_keyval_number(key, value, 0, VUS_MAX_NODES - 1,
					 &n->nodeid, err);
	if (strcmp(key, "memdev") == 0)
		return copy_id(n->node.memdev, key, value, err);
	for (size_t i = 0; i < VUS_COUNT(ignored); i++)
		if (strcmp(key, ignored[i]) == 0)
			return true;
	return vus_fail(err, VUS_ERR_USAGE,
			"-numa node,%.80s= is not supported%s", key,
			strcmp(key, "mem") == 0 ? ": use memdev= instead" : "");
}

bool vus_machine_numa(struct vus_machine *m, const char *value,
		      struct vus_err *err)
{
	static const char *const ignored[] = { "dist", "cpu", "hmat-lb",
					       "hmat-cache" };
	struct numa n = { .node.given = true };

	/* As QEMU counts: the nodes that were given, whatever their numbers. */
	for (unsigned i = 0; i < m->nnodes; i++)
		n.nodeid += m->nodes[i].given;
	if (!vus_keyval_read(value, "type", take_numa, &n, err))
		return false;
	for (size_t i = 0; i < VUS_COUNT(ignored); i++)
		if (strcmp(n.type, ignored[i]) == 0)
			return true;
	if (strcmp(n.type, "node") != 0)
		return vus_fail(err, VUS_ERR_USAGE,
				"-numa: there is no type '%s'", n.type);
	if (n.nodeid >= VUS_MAX_NODES)
		return vus_fail(err, VUS_ERR_USAGE,
				"-numa: node %" PRIu64 " of at most %u",
				n.nodeid + 1, VUS_MAX_NODES);
	if (m->nodes[n.nodeid].given)
		return vus_fail(err, VUS_ERR_USAGE,
				"-numa: duplicate NUMA nodeid: %" PRIu64,
				n.nodeid);
	m->nodes[n.nodeid] = n.node;
	m->nnodes = VUS_MAX(m->nnodes, (unsigned)n.nodeid + 1);
	return true;
}
