/* SPDX-License-Identifier: BSD-3-Clause */
/* list_devices.h — the drivers, for vuspec list. */
#ifndef VUS_CLI_LIST_DEVICES_H
#define VUS_CLI_LIST_DEVICES_H

#include <stdbool.h>

/* Print them all; returns the exit status. */
int vus_list_devices(bool json);

#endif
