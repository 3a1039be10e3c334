/**
 * @file cable_port.h
 * The serial lines of a chip, as streams of bytes. The log goes on over the same lines, through the same drivers, so that a packet is never torn by
 * a line of it.
 */
#ifndef MAIN_CABLE_PORT_H
#define MAIN_CABLE_PORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "esp_err.h"
#include "soc/soc_caps.h"

/** A line. */
typedef struct {
	const char *name;
	esp_err_t (*open)(void);
	bool (*read)(uint8_t *byte); /* waits; false after a while without one */
	void (*write)(const uint8_t *data, size_t len);
} cable_port_t;

#if SOC_USB_SERIAL_JTAG_SUPPORTED
enum { CABLE_PORTS = 2 };
#else
enum { CABLE_PORTS = 1 };
#endif

extern const cable_port_t cable_ports[CABLE_PORTS];

#endif
