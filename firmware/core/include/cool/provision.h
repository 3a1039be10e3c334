/**
 * @file provision.h
 * What a device is told when it is set up, over a cable or by the form of its access point: who it is, its broker and its time servers.
 * docs/provisioning.md says the same for people.
 */
#ifndef COOL_PROVISION_H
#define COOL_PROVISION_H

#include "cool/messages.h"
#include "cool/types.h"

enum {
	COOL_PEOPLE_SIZE = 65,      /**< bytes of a name for people with its NUL, UTF-8 */
	COOL_TIME_SERVERS = 3,      /**< how many can be named */
	COOL_TIME_SIZE = 257,       /**< bytes of their list with its NUL */
	COOL_PROVISION_SIZE = 2048, /**< the largest content that cool_provision_store writes */
};

/** The numbers of the values in COOL_IMPROV_PUT; the form's fields have the names behind them. */
typedef enum {
	COOL_FIELD_ID = 1,          /**< "id" */
	COOL_FIELD_NAME = 2,        /**< "name": for people */
	COOL_FIELD_URL = 3,         /**< "broker": mqtts://host:port */
	COOL_FIELD_USERNAME = 4,    /**< "username"; the id, if it is never said */
	COOL_FIELD_PASSWORD = 5,    /**< "password" */
	COOL_FIELD_SERVER_NAME = 6, /**< "server_name": the name in the broker's certificate, if it is not the host's */
	COOL_FIELD_CA = 7,          /**< "ca": PEM of the certificates to trust; "" : the public roots */
	COOL_FIELD_TIME = 8,        /**< "time": names or addresses of time servers, parted by commas */
} cool_field_t;

/** What is kept. The certificates stand by themselves in COOL_BLOB_CA_PROVISIONED. */
typedef struct {
	char id[COOL_DEVICE_ID_SIZE];
	char name[COOL_PEOPLE_SIZE];
	cool_endpoint_t broker; /**< url "" : none yet */
	bool ca;                /**< there are certificates */
	char time[COOL_TIME_SIZE];
} cool_provision_t;

/** Values while they arrive. Nothing is kept before cool_draft_check has found them right. */
typedef struct {
	cool_provision_t p;
	char *ca; /**< the caller's, ended by a NUL */
	size_t ca_size;
	bool ca_said; /**< certificates were said; otherwise those that are kept stay */
	uint32_t cut; /**< bit n: field n did not fit or has a NUL within */
} cool_draft_t;

/** Begins with what is kept; ca has room for ca_size bytes (COOL_CA_SIZE is enough), at least 1. */
void cool_draft_begin(cool_draft_t *d, const cool_provision_t *kept, char *ca, size_t ca_size);

/** Adds a piece of a value; begin says that the value begins with it. False if there is no such field. */
bool cool_draft_put(cool_draft_t *d, uint8_t field, bool begin, const void *piece, size_t len);

/** Takes the fields of a form. An empty `password` leaves the one that is kept. False, with the reason, if one is broken or too long. */
bool cool_draft_form(cool_draft_t *d, const char *body, size_t len, char reason[COOL_REASON_SIZE]);

/** Checks all of it and completes the address and the user name. False, with a reason that quotes no secret. */
bool cool_draft_check(cool_draft_t *d, char reason[COOL_REASON_SIZE]);

/** Writes the content of the blob; returns its length, 0 if it does not fit. */
size_t cool_provision_store(const cool_provision_t *p, char *out, size_t size);

/** Reads it; false, with *p empty, if it is none. */
bool cool_provision_load(cool_provision_t *p, const char *content, size_t len);

/** Whether two addresses (scheme://host, and perhaps a port or a path) name the same host, however it is capitalised. */
bool cool_same_host(const char *a, const char *b);

/** Copies the n-th time server of a list; false if there are not so many. */
bool cool_time_server(const char *list, int n, char *out, size_t size);

enum { COOL_AP_PASSWORD_SIZE = 15 };
/**
 * Makes the access point's password, "xxxx-xxxx-xxxx" of 32 letters and digits that are not mistaken for each other, from 12 random
 * bytes: 60 bits.
 */
void cool_ap_password(char out[COOL_AP_PASSWORD_SIZE], const uint8_t random[12]);

#endif
