#include "cool/provision.h"

#include "cool/form.h"
#include "pem.h"

#include <string.h>

/* The values but the certificates, in the order in which they are kept. */
typedef struct {
	uint8_t field;
	const char *name;
	char *at;
	size_t size;
} slot_t;

enum { SLOTS = 7 };

static void slots(cool_provision_t *p, slot_t out[SLOTS]) {
	const slot_t all[SLOTS] = {
		{COOL_FIELD_ID, "id", p->id, sizeof p->id},
		{COOL_FIELD_NAME, "name", p->name, sizeof p->name},
		{COOL_FIELD_URL, "broker", p->broker.url, sizeof p->broker.url},
		{COOL_FIELD_USERNAME, "username", p->broker.username, sizeof p->broker.username},
		{COOL_FIELD_PASSWORD, "password", p->broker.password, sizeof p->broker.password},
		{COOL_FIELD_SERVER_NAME, "server_name", p->broker.server_name, sizeof p->broker.server_name},
		{COOL_FIELD_TIME, "time", p->time, sizeof p->time},
	};
	memcpy(out, all, sizeof all);
}

static bool say(char reason[COOL_REASON_SIZE], const char *a, const char *b) {
	(void)cool_copy(reason, COOL_REASON_SIZE, a);
	size_t n = strlen(reason);
	(void)cool_copy(reason + n, COOL_REASON_SIZE - n, b);
	return false;
}

void cool_draft_begin(cool_draft_t *d, const cool_provision_t *kept, char *ca, size_t ca_size) {
	memset(d, 0, sizeof *d);
	d->p = *kept;
	d->ca = ca;
	d->ca_size = ca_size;
	ca[0] = '\0';
}

bool cool_draft_put(cool_draft_t *d, uint8_t field, bool begin, const void *piece, size_t len) {
	char *at = NULL;
	size_t size = 0;
	slot_t all[SLOTS];
	slots(&d->p, all);
	for (size_t i = 0; i < SLOTS; i++) {
		if (all[i].field == field) {
			at = all[i].at;
			size = all[i].size;
		}
	}
	if (field == COOL_FIELD_CA) {
		at = d->ca;
		size = d->ca_size;
		d->ca_said = true;
	}
	if (at == NULL) {
		return false;
	}
	if (begin) {
		at[0] = '\0';
		d->cut &= ~(1U << field);
	}
	size_t had = strlen(at);
	if (len >= size - had || (len > 0 && memchr(piece, 0, len) != NULL)) {
		d->cut |= 1U << field;
		return true;
	}
	if (len > 0) {
		memcpy(at + had, piece, len);
	}
	at[had + len] = '\0';
	return true;
}

/* Reads a field of a form into a buffer that keeps its content where the form does not have it. */
static bool from_form(const char *body, size_t len, const char *name, char *out, size_t size, bool *said, char reason[COOL_REASON_SIZE]) {
	char probe[1];
	*said = cool_form_field(body, len, name, probe, sizeof probe, NULL) != COOL_FORM_MISSING;
	if (!*said) {
		return true;
	}
	switch (cool_form_field(body, len, name, out, size, NULL)) {
	case COOL_FORM_TOO_LONG: return say(reason, name, " is too long");
	case COOL_FORM_BROKEN: return say(reason, name, " is not encoded as a form is");
	default: return true;
	}
}

bool cool_draft_form(cool_draft_t *d, const char *body, size_t len, char reason[COOL_REASON_SIZE]) {
	char password[COOL_SECRET_SIZE];
	memcpy(password, d->p.broker.password, sizeof password);
	bool said = false;
	slot_t all[SLOTS];
	slots(&d->p, all);
	for (size_t i = 0; i < SLOTS; i++) {
		if (!from_form(body, len, all[i].name, all[i].at, all[i].size, &said, reason)) {
			return false;
		}
	}
	if (d->p.broker.password[0] == '\0') {
		memcpy(d->p.broker.password, password, sizeof password);
	}
	if (!from_form(body, len, "ca", d->ca, d->ca_size, &said, reason)) {
		return false;
	}
	d->ca_said = d->ca_said || said;
	return true;
}

/* Printable ASCII without blanks at its ends is not asked for: passwords may have them. */
static bool printable(const char *text) {
	for (; *text != '\0'; text++) {
		if (*text < ' ' || *text > '~') {
			return false;
		}
	}
	return true;
}

static bool host_like(const char *text) {
	for (const char *c = text; *c != '\0'; c++) {
		bool ok = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') || *c == '.' || *c == '-' || *c == ':';
		if (!ok) {
			return false;
		}
	}
	return text[0] != '\0';
}

static bool check_time(const char *list, char reason[COOL_REASON_SIZE]) {
	char host[COOL_HOST_SIZE];
	int n = 0;
	while (cool_time_server(list, n, host, sizeof host)) {
		if (!host_like(host)) {
			return say(reason, "time: ", "names or addresses of servers are wanted, parted by commas");
		}
		n++;
	}
	if (list[0] != '\0' && (n == 0 || n > COOL_TIME_SERVERS)) {
		return say(reason, "time: ", "one to three servers are wanted, parted by commas");
	}
	return true;
}

static bool check_ca(const char *ca, char reason[COOL_REASON_SIZE]) {
	const char *problem = ca[0] != '\0' ? cool_pem_problem(ca) : NULL;
	return problem == NULL || say(reason, "ca: ", problem);
}

bool cool_draft_check(cool_draft_t *d, char reason[COOL_REASON_SIZE]) {
	cool_endpoint_t *b = &d->p.broker;
	reason[0] = '\0';
	if (d->cut != 0) {
		return say(reason, "a value ", "does not fit, or has a zero byte within");
	}
	if (!cool_valid_device(d->p.id)) {
		return say(reason, "id: ", "1 to 32 of a-z, 0-9 and - are wanted, not a - at the begin");
	}
	char url[COOL_URL_SIZE];
	if (!cool_secure_url(b->url, url, reason)) {
		return false;
	}
	(void)cool_copy(b->url, sizeof b->url, url);
	if (b->username[0] == '\0') {
		(void)cool_copy(b->username, sizeof b->username, d->p.id);
	}
	if (!printable(b->username)) {
		return say(reason, "username: ", "up to 128 printable ASCII characters are wanted");
	}
	if (b->password[0] == '\0' || !printable(b->password)) {
		return say(reason, "password: ", "1 to 128 printable ASCII characters are wanted");
	}
	if (b->server_name[0] != '\0' && !host_like(b->server_name)) {
		return say(reason, "server_name: ", "the name of a host is wanted");
	}
	if (!check_time(d->p.time, reason) || (d->ca_said && !check_ca(d->ca, reason))) {
		return false;
	}
	if (d->ca_said) {
		d->p.ca = d->ca[0] != '\0';
	}
	return true;
}

size_t cool_provision_store(const cool_provision_t *p, char *out, size_t size) {
	cool_provision_t copy = *p; /* the table of slots may write */
	slot_t all[SLOTS];
	slots(&copy, all);
	if (size < 1) {
		return 0;
	}
	size_t n = 0;
	out[n++] = p->ca ? 1 : 0;
	for (size_t i = 0; i < SLOTS; i++) {
		size_t len = strlen(all[i].at) + 1;
		if (len > size - n) {
			return 0;
		}
		memcpy(out + n, all[i].at, len);
		n += len;
	}
	return n;
}

bool cool_provision_load(cool_provision_t *p, const char *content, size_t len) {
	memset(p, 0, sizeof *p);
	if (len < 1) {
		return false;
	}
	slot_t all[SLOTS];
	slots(p, all);
	const char *at = content + 1, *end = content + len;
	for (size_t i = 0; i < SLOTS; i++) {
		const char *nul = memchr(at, 0, (size_t)(end - at));
		if (nul == NULL || (size_t)(nul - at) >= all[i].size) {
			memset(p, 0, sizeof *p);
			return false;
		}
		memcpy(all[i].at, at, (size_t)(nul - at) + 1);
		at = nul + 1;
	}
	p->ca = content[0] == 1;
	return true;
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

/* Where the host of an address begins, and its length; an IPv6 address with its brackets. */
static const char *host_of(const char *url, size_t *len) {
	const char *at = strstr(url, "://");
	at = at != NULL ? at + 3 : url;
	*len = at[0] == '[' ? strcspn(at, "]/") : strcspn(at, ":/?#");
	return at;
}

bool cool_same_host(const char *a, const char *b) {
	size_t na, nb;
	a = host_of(a, &na);
	b = host_of(b, &nb);
	for (size_t i = 0; i < na && na == nb; i++) {
		if (lower(a[i]) != lower(b[i])) return false;
	}
	return na == nb && na > 0;
}

bool cool_time_server(const char *list, int n, char *out, size_t size) {
	for (const char *at = list; *at != '\0';) {
		size_t skip = strspn(at, ", ");
		at += skip;
		size_t len = strcspn(at, ", ");
		if (len > 0 && n-- == 0) {
			if (len >= size) {
				return false;
			}
			memcpy(out, at, len);
			out[len] = '\0';
			return true;
		}
		at += len;
	}
	return false;
}

void cool_ap_password(char out[COOL_AP_PASSWORD_SIZE], const uint8_t random[12]) {
	static const char letters[] = "abcdefghijkmnpqrstuvwxyz23456789"; /* without l, o, 0 and 1 */
	size_t n = 0;
	for (size_t i = 0; i < 12; i++) {
		if (i > 0 && i % 4 == 0) {
			out[n++] = '-';
		}
		out[n++] = letters[random[i] % (sizeof letters - 1)];
	}
	out[n] = '\0';
}
