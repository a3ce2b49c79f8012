/* SPDX-License-Identifier: BSD-3-Clause */
/* main.c — the program fake-backend. */
#include "program.h"

int main(int argc, char **argv)
{
	return vus_fake_backend_main(argc, argv);
}
