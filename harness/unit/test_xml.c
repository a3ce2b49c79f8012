/* SPDX-License-Identifier: BSD-3-Clause */
/* test_xml.c — XML as it is written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "../base/xml.h"

static void elements_nest(void **state)
{
	VUS_AUTO_XML x = { 0 };

	(void)state;
	vus_xml_start(&x, "a");
	vus_xml_start(&x, "b");
	vus_xml_attr(&x, "n", "1");
	vus_xml_end(&x);
	vus_xml_start(&x, "c");
	vus_xml_content(&x, "text");
	vus_xml_end(&x);
	vus_xml_end(&x);
	assert_string_equal(vus_text_str(&x.text), "<a>\n"
						   " <b n=\"1\"/>\n"
						   " <c>text</c>\n"
						   "</a>");
}

static void what_means_something_is_named(void **state)
{
	VUS_AUTO_XML x = { 0 };

	(void)state;
	vus_xml_start(&x, "a");
	vus_xml_attr(&x, "n", "<\"&\n\t>'");
	vus_xml_content(&x, "]]> <b> \"&amp;\"\r\n");
	vus_xml_end(&x);
	assert_string_equal(vus_text_str(&x.text),
			    "<a n=\"&lt;&quot;&amp;&#10;&#9;&gt;'\">"
			    "]]&gt; &lt;b&gt; \"&amp;amp;\"&#13;\n</a>");
}

static void a_part_is_written_for_its_place(void **state)
{
	VUS_AUTO_XML whole = { 0 };
	VUS_AUTO_XML part = { .depth = 1 };

	(void)state;
	vus_xml_start(&part, "p");
	vus_xml_start(&part, "q");
	vus_xml_end(&part);
	vus_xml_end(&part);
	vus_xml_start(&whole, "a");
	vus_xml_element(&whole, vus_text_str(&part.text));
	vus_xml_end(&whole);
	assert_string_equal(vus_text_str(&whole.text), "<a>\n"
						       " <p>\n"
						       "  <q/>\n"
						       " </p>\n"
						       "</a>");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(elements_nest),
		cmocka_unit_test(what_means_something_is_named),
		cmocka_unit_test(a_part_is_written_for_its_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
