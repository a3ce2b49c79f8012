/* SPDX-License-Identifier: BSD-3-Clause */
/* result_file.c — a file that --output json=FILE wrote.
 *
 * Somebody may have sent it: nothing in it is trusted. */
#include "result_file.h"

#include "base/array.h"
#include "run/report/document.h"

#include <stdlib.h>
#include <string.h>

#define SCHEMA 1 /* of the reports that can be read */

/* From what is shown least to what is shown most. */
const enum vus_verdict vus_result_order[VUS_RESULT_NVERDICTS] = {
	VUS_SKIP, VUS_PASS, VUS_WARN, VUS_BROKEN, VUS_FAIL
};

bool vus_result_file_read(const char *file, json_t **ret_root,
			  struct vus_err *err)
{
	json_error_t why;
	json_t *root = json_load_file(file, 0, &why);
	const char *program;

	if (!root)
		return vus_fail(err, VUS_ERR_USAGE, "%s: %s", file, why.text);
	program = json_string_value(json_object_get(root, "program"));
	if (!program || strcmp(program, "vuspec") != 0 ||
	    json_integer_value(json_object_get(root, "schema")) != SCHEMA ||
	    !json_is_array(json_object_get(root, "results"))) {
		json_decref(root);
		return vus_fail(err, VUS_ERR_USAGE,
				"%s: not a report of vuspec with schema %d",
				file, SCHEMA);
	}
	*ret_root = root;
	return true;
}

int vus_result_weight(const json_t *result)
{
	for (int i = 0; i < VUS_RESULT_NVERDICTS; i++)
		if (strcmp(vus_verdict_name(vus_result_order[i]),
			   vus_json_text(result, "verdict")) == 0)
			return i;
	return -1;
}

bool vus_result_is_bad(const json_t *result)
{
	const int i = vus_result_weight(result);

	return i >= 0 && vus_result_order[i] != VUS_SKIP &&
	       vus_result_order[i] != VUS_PASS;
}

json_t *vus_results_by_id(const json_t *root)
{
	const json_t *all = json_object_get(root, "results");
	json_t *by_id = json_object(), *r;
	size_t i;

	json_array_foreach(all, i, r)
	{
		const char *id = vus_json_text(r, "id");
		const json_t *worst = json_object_get(by_id, id);

		if ((!worst ||
		     vus_result_weight(r) > vus_result_weight(worst)) &&
		    json_object_set(by_id, id, r) != 0)
			abort();
	}
	return by_id;
}
