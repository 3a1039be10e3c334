/**
 * @file wifi_list.h
 * The Wi-Fi networks that a device knows, the latest first. cool/networks.h decides which of them to try.
 */
#ifndef COOL_WIFI_LIST_H
#define COOL_WIFI_LIST_H

#include "cool/networks.h"
#include "cool/types.h"

enum {
	COOL_SSID_SIZE = 33,       /**< bytes of a network's name with its NUL (IEEE 802.11: 32) */
	COOL_PASSPHRASE_SIZE = 65, /**< of its password: none, 8 to 63 characters, or 64 hexadecimal digits */
	COOL_WIFI_LIST_SIZE = 1 + COOL_MAX_NETWORKS * (COOL_SSID_SIZE + COOL_PASSPHRASE_SIZE),
};

/** A network. */
typedef struct {
	char ssid[COOL_SSID_SIZE], password[COOL_PASSPHRASE_SIZE];
} cool_wifi_t;

/** Those that are known. */
typedef struct {
	cool_wifi_t known[COOL_MAX_NETWORKS];
	int count;
} cool_wifi_list_t;

/** Puts a network first. One of the same name is replaced; the last one falls out of a full list. False, with the reason, if it cannot be one. */
bool cool_wifi_add(cool_wifi_list_t *l, const char *ssid, const char *password, char reason[COOL_REASON_SIZE]);

/** Writes the content of the blob; returns its length, 0 if it does not fit. */
size_t cool_wifi_store(const cool_wifi_list_t *l, char *out, size_t size);

/** Reads it; false, with an empty list, if it is none. */
bool cool_wifi_load(cool_wifi_list_t *l, const char *content, size_t len);

#endif
