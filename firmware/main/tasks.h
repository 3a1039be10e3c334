/**
 * @file tasks.h
 * Every task of the firmware: its priority and its stack, in one place, so that they can be compared.
 *
 * Wi-Fi has 23 and lwIP 18 (ESP-IDF's defaults). Control stands above lwIP: regulation never waits for the network. All that may
 * block on the network, on flash or on a slow bus stands below.
 */
#ifndef MAIN_TASKS_H
#define MAIN_TASKS_H

enum {
	PRIORITY_CONTROL = 19,
	PRIORITY_PROBES = 10, /* 1-Wire has its timing from hardware; this only starts and collects */
	PRIORITY_PANEL = 8,   /* LED and button */
	PRIORITY_WIFI = 7,
	PRIORITY_MQTT = 7, /* above the network task, or that could end a client whose task has not begun yet */
	PRIORITY_NETWORK = 6,
	PRIORITY_OTA = 4,
	PRIORITY_SETUP = 3, /* cable and access point */
};

/* Bytes. JSON is written by the core into static buffers, so that no stack has to hold a message. */
enum {
	STACK_CONTROL = 6144,
	STACK_PROBES = 4096,
	STACK_PANEL = 3072,
	STACK_WIFI = 4096,
	STACK_NETWORK = 6144,
	STACK_MQTT = 8192, /* a TLS handshake with RSA runs on it */
	STACK_OTA = 9216,  /* likewise, and the check of a signature */
	STACK_HTTPD = 6144,
	STACK_DNS = 3072,
	STACK_CABLE = 6144,
};

#endif
