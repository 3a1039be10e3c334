#include "cool/home.h"

#include <string.h>

#include "cool/crc.h"
#include "cool/device.h"
#include "text.h"

/** A position in a blob that is written or read. */
typedef struct {
	uint8_t *out;
	const uint8_t *in;
	size_t at, size;
	bool bad;
} cursor_t;

static void put_byte(cursor_t *c, uint8_t v) {
	if (c->at >= c->size) {
		c->bad = true;
		return;
	}
	c->out[c->at++] = v;
}

static uint8_t get_byte(cursor_t *c) {
	if (c->at >= c->size) {
		c->bad = true;
		return 0;
	}
	return c->in[c->at++];
}

static void put_number(cursor_t *c, uint32_t v) {
	for (int i = 0; i < 4; i++)
		put_byte(c, (uint8_t)(v >> (8 * i)));
}

static uint32_t get_number(cursor_t *c) {
	uint32_t v = 0;
	for (int i = 0; i < 4; i++)
		v |= (uint32_t)get_byte(c) << (8 * i);
	return v;
}

static void put_text(cursor_t *c, const char *text) {
	size_t len = strlen(text);
	put_byte(c, (uint8_t)(len & 0xff));
	put_byte(c, (uint8_t)(len >> 8));
	for (size_t i = 0; i < len; i++)
		put_byte(c, (uint8_t)text[i]);
}

static void get_text(cursor_t *c, char *out, size_t size) {
	size_t len = get_byte(c);
	len |= (size_t)get_byte(c) << 8;
	if (len >= size || len > c->size - c->at) {
		c->bad = true;
		return;
	}
	memcpy(out, c->in + c->at, len);
	out[len] = '\0';
	c->at += len;
}

enum { NO_CA = 0xff /* in flash, where the number of blobs must not matter: a later firmware may have more */ };

static void put_endpoint(cursor_t *c, const cool_endpoint_t *e, uint8_t ca) {
	put_text(c, e->url);
	put_text(c, e->username);
	put_text(c, e->password);
	put_text(c, e->server_name);
	put_number(c, e->trial_s);
	put_byte(c, ca < COOL_BLOB_COUNT ? ca : NO_CA);
}

static void get_endpoint(cursor_t *c, cool_endpoint_t *e, uint8_t *ca) {
	get_text(c, e->url, sizeof e->url);
	get_text(c, e->username, sizeof e->username);
	get_text(c, e->password, sizeof e->password);
	get_text(c, e->server_name, sizeof e->server_name);
	e->trial_s = get_number(c);
	*ca = get_byte(c);
	if (*ca != COOL_BLOB_CA_PROVISIONED && *ca != COOL_BLOB_CA_A && *ca != COOL_BLOB_CA_B) *ca = COOL_BLOB_COUNT;
}

/** Tells one provisioning from another. */
static uint32_t origin_of(const cool_endpoint_t *e) {
	uint32_t sum = cool_crc32(0, (const uint8_t *)e->url, strlen(e->url) + 1);
	sum = cool_crc32(sum, (const uint8_t *)e->username, strlen(e->username) + 1);
	sum = cool_crc32(sum, (const uint8_t *)e->password, strlen(e->password) + 1);
	return cool_crc32(sum, (const uint8_t *)e->server_name, strlen(e->server_name) + 1);
}

size_t cool_home_store(const cool_home_t *h, void *out, size_t size) {
	cursor_t c = {.out = out, .size = size};
	put_number(&c, h->origin);
	put_byte(&c, h->moved);
	put_byte(&c, h->trying);
	put_byte(&c, (uint8_t)h->outcome);
	put_text(&c, h->reason);
	put_text(&c, h->command);
	if (h->moved) put_endpoint(&c, &h->confirmed, h->confirmed_ca);
	if (h->trying) put_endpoint(&c, &h->trial, h->trial_ca);
	return c.bad ? 0 : c.at;
}

/** Lives where it was provisioned to. */
static void settle(cool_home_t *h, const cool_endpoint_t *provisioned, uint8_t ca) {
	memset(h, 0, sizeof *h); // an assignment might pass a copy of it over the stack
	h->confirmed = *provisioned;
	h->confirmed_ca = ca;
	h->origin = origin_of(provisioned);
}

bool cool_home_load(cool_home_t *h, const cool_endpoint_t *provisioned, uint8_t ca, const void *content, size_t len) {
	settle(h, provisioned, ca);
	if (len == 0) return true;
	cursor_t c = {.in = content, .size = len};
	if (get_number(&c) != h->origin && !c.bad) return true; // the owner provisioned the device again; that is where it lives now
	h->moved = get_byte(&c) != 0;
	h->trying = get_byte(&c) != 0;
	uint8_t outcome = get_byte(&c);
	get_text(&c, h->reason, sizeof h->reason);
	get_text(&c, h->command, sizeof h->command);
	if (h->moved) get_endpoint(&c, &h->confirmed, &h->confirmed_ca);
	if (h->trying) get_endpoint(&c, &h->trial, &h->trial_ca);
	if (c.bad || c.at != len || outcome > COOL_HOME_ROLLED_BACK) {
		settle(h, provisioned, ca);
		return false;
	}
	h->outcome = (cool_outcome_t)outcome;
	return true;
}

void cool_home_confirm(cool_home_t *h) {
	h->confirmed = h->trial;
	h->confirmed_ca = h->trial_ca;
	h->moved = true;
	h->trying = false;
	h->outcome = COOL_HOME_CONFIRMED;
	h->reason[0] = '\0';
}

void cool_home_roll_back(cool_home_t *h, const char *reason) {
	cool_text_t t;
	cool_text_begin(&t, h->reason, sizeof h->reason);
	cool_text_add(&t, h->trial.url);
	cool_text_add(&t, ": ");
	cool_text_add(&t, reason);
	h->trying = false;
	h->outcome = COOL_HOME_ROLLED_BACK;
}

void cool_home_why(const cool_home_t *h, const cool_proof_t *p, char *out, size_t size) {
	cool_text_t t;
	cool_text_begin(&t, out, size);
	if (p->taken) {
		cool_text_add(&t, "the broker took the device, but no server said `committed` within ");
		cool_text_int(&t, h->trial.trial_s);
		cool_text_add(&t, " s; is one listening there?");
		return;
	}
	cool_text_add(&t, "not connected within ");
	cool_text_int(&t, h->trial.trial_s);
	cool_text_add(&t, " s");
	if (p->failure[0] != '\0') {
		cool_text_add(&t, ": ");
		cool_text_add(&t, p->failure);
	}
}

cool_endpoint_info_t cool_home_info(const cool_home_t *h) {
	if (h->trying) return (cool_endpoint_info_t){.url = h->trial.url, .state = "trial", .command = h->command};
	return (cool_endpoint_info_t){
		.url = h->confirmed.url,
		.state = h->outcome == COOL_HOME_ROLLED_BACK ? "rolled_back" : "confirmed",
		.reason = h->reason,
		.command = h->command,
	};
}

bool cool_home_proves(uint64_t said_boot, uint64_t through, bool retained, uint64_t boot, uint64_t known, uint64_t next) {
	return said_boot == boot && through < next && (!retained || through > known);
}

bool cool_proof_committed(cool_proof_t *p, const cool_committed_t *c, bool retained, uint64_t boot, uint64_t next) {
	if (c->boot == boot && c->through < next && c->through > p->most) p->most = c->through;
	if (!p->on_trial || p->proven) return true;
	p->proven = cool_home_proves(c->boot, c->through, retained, boot, p->known, next);
	return p->proven;
}
