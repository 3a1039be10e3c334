#include "cable.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sdkconfig.h"

#include "esp_log.h"
#include "esp_wifi.h"
#include "freertos/FreeRTOS.h"
#include "freertos/task.h"

#include "board.h"
#include "cable_port.h"
#include "cool/improv.h"
#include "identity.h"
#include "provisioning.h"
#include "tasks.h"
#include "wifi.h"

static const char TAG[] = "cable";

enum {
	JOIN_MS = 40000, /* COOL_JOIN_MS and an address */
	LOOK_MS = 250,
	SCAN_MAX = 20,
	SETTLE_MS = 1000, /* from the list's change until the old connection is given up */
};

/* One cable. The draft lasts from the first value to its end. */
typedef struct {
	const cable_port_t *port;
	cool_improv_t parser;
	cool_draft_t *draft; /* NULL: none begun */
	uint8_t frame[COOL_IMPROV_FRAME];
} cable_t;

static void send(cable_t *c, size_t len) { c->port->write(c->frame, len); }

static void send_error(cable_t *c, cool_improv_error_t e) { send(c, cool_improv_write_error(c->frame, e)); }

static void send_state(cable_t *c, cool_improv_state_t s) { send(c, cool_improv_write_state(c->frame, s)); }

static void send_result(cable_t *c, cool_improv_command_t command, const char *const *texts, size_t count) {
	send(c, cool_improv_write_result(c->frame, command, texts, count));
}

/* A reason goes first, because an error ends the command for whoever waits. */
static void refuse(cable_t *c, cool_improv_command_t command, const char *reason) {
	send_result(c, command, &reason, 1);
	send_error(c, COOL_IMPROV_FAILED);
}

static void join(cable_t *c, const cool_improv_call_t *call) {
	char reason[COOL_REASON_SIZE];
	if (!provisioning_add_network(call->ssid, call->password, reason)) {
		send_error(c, COOL_IMPROV_INVALID);
		return;
	}
	send_state(c, COOL_IMPROV_PROVISIONING);
	vTaskDelay(pdMS_TO_TICKS(SETTLE_MS));
	for (int waited = 0; !wifi_joined() && waited < JOIN_MS; waited += LOOK_MS) {
		vTaskDelay(pdMS_TO_TICKS(LOOK_MS));
	}
	if (!wifi_joined()) {
		send_error(c, COOL_IMPROV_UNREACHABLE);
		send_state(c, COOL_IMPROV_READY);
		return;
	}
	send_state(c, COOL_IMPROV_PROVISIONED);
	send_result(c, COOL_IMPROV_WIFI, NULL, 0); /* the device has no page of its own */
}

/* Once it is provisioned, the state is followed by the result that provisioning had: ESP Web Tools waits for it. */
static void state(cable_t *c) {
	bool joined = wifi_joined();
	send_state(c, joined ? COOL_IMPROV_PROVISIONED : COOL_IMPROV_READY);
	if (joined) {
		send_result(c, COOL_IMPROV_GET_STATE, NULL, 0);
	}
}

static void info(cable_t *c) {
	const char *texts[] = {"Coolant", identity_version(), board_chip(), provisioning_get()->id};
	send_result(c, COOL_IMPROV_GET_INFO, texts, sizeof texts / sizeof texts[0]);
}

static void scan(cable_t *c) {
	uint16_t count = SCAN_MAX;
	wifi_ap_record_t *found = calloc(SCAN_MAX, sizeof *found);
	if (found == NULL || esp_wifi_scan_start(NULL, true) != ESP_OK || esp_wifi_scan_get_ap_records(&count, found) != ESP_OK) {
		count = 0; /* while the station joins it cannot scan; the list is empty then, and people type the name */
	}
	for (int i = 0; i < count; i++) {
		char rssi[8];
		(void)snprintf(rssi, sizeof rssi, "%d", found[i].rssi);
		const char *texts[] = {(const char *)found[i].ssid, rssi, found[i].authmode == WIFI_AUTH_OPEN ? "NO" : "YES"};
		send_result(c, COOL_IMPROV_SCAN, texts, sizeof texts / sizeof texts[0]);
	}
	free(found);
	send_result(c, COOL_IMPROV_SCAN, NULL, 0); /* the end of the list */
}

static void put(cable_t *c, const cool_improv_call_t *call) {
	if (c->draft == NULL) {
		c->draft = provisioning_draft();
	}
	if (c->draft == NULL) {
		refuse(c, COOL_IMPROV_PUT, "there is not enough memory; restart the device and try again");
	} else if (!cool_draft_put(c->draft, call->field, call->begin, call->piece, call->piece_len)) {
		send_error(c, COOL_IMPROV_INVALID);
	} else {
		send_result(c, COOL_IMPROV_PUT, NULL, 0);
	}
}

static void apply(cable_t *c) {
	char reason[COOL_REASON_SIZE];
	if (c->draft == NULL) {
		refuse(c, COOL_IMPROV_APPLY, "nothing was put");
		return;
	}
	bool ok = provisioning_apply(c->draft, reason);
	if (ok) {
		send_result(c, COOL_IMPROV_APPLY, NULL, 0);
	} else {
		refuse(c, COOL_IMPROV_APPLY, reason);
	}
	provisioning_drop(c->draft);
	c->draft = NULL;
	if (ok) provisioning_restart();
}

static void forget(cable_t *c) {
	if (provisioning_forget_networks()) {
		send_result(c, COOL_IMPROV_NETWORKS, NULL, 0);
	} else {
		send_error(c, COOL_IMPROV_FAILED);
	}
}

static void carry_out(cable_t *c) {
	cool_improv_call_t call;
	cool_improv_error_t error = cool_improv_call(&c->parser, &call);
	if (error != COOL_IMPROV_OK) {
		send_error(c, error);
		return;
	}
	send_error(c, COOL_IMPROV_OK); /* clears the last one, as Improv wants it */
	switch (call.command) {
	case COOL_IMPROV_WIFI: join(c, &call); break;
	case COOL_IMPROV_GET_STATE: state(c); break;
	case COOL_IMPROV_GET_INFO: info(c); break;
	case COOL_IMPROV_SCAN: scan(c); break;
	case COOL_IMPROV_PUT: put(c, &call); break;
	case COOL_IMPROV_APPLY: apply(c); break;
	case COOL_IMPROV_NETWORKS: forget(c); break;
	}
}

static void run(void *arg) {
	cable_t *c = arg;
	uint8_t byte;
	for (;;) {
		if (!c->port->read(&byte)) {
			continue;
		}
		switch (cool_improv_feed(&c->parser, byte)) {
		case COOL_IMPROV_CALL: carry_out(c); break;
		case COOL_IMPROV_BROKEN: send_error(c, COOL_IMPROV_INVALID); break;
		case COOL_IMPROV_NOTHING: break;
		}
	}
}

void cable_start(void) {
	for (int i = 0; i < CABLE_PORTS; i++) {
		const cable_port_t *port = &cable_ports[i];
		esp_err_t err = port->open();
		cable_t *c = err == ESP_OK ? calloc(1, sizeof *c) : NULL;
		if (c == NULL) {
			ESP_LOGE(TAG, "%s: %s", port->name, esp_err_to_name(err == ESP_OK ? ESP_ERR_NO_MEM : err));
			continue;
		}
		c->port = port;
		if (xTaskCreate(run, port->name, STACK_CABLE, c, PRIORITY_SETUP, NULL) != pdPASS) {
			ESP_LOGE(TAG, "%s: no memory", port->name);
			free(c);
		}
	}
}
