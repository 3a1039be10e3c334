/* The address of a broker: mqtts://host:port and nothing else, as internal/wire/endpoint.go has it. */
#include "cool/messages.h"

#include "json_scan.h"
#include "text.h"

#include <string.h>

static const char scheme[] = "mqtts://";

enum {
	SCHEME = sizeof scheme - 1,
	MAX_HOST = COOL_HOST_SIZE - 1, /* RFC 1035, without the final dot */
};

static bool refuse(char *reason, const char *why) {
	cool_copy(reason, COOL_REASON_SIZE, why);
	return false;
}

static bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

static bool is_hex(char c) { return cool_is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

/* Whether text is a number from 0 to 255 without leading zeros. */
static bool is_byte(const char *text, size_t len) {
	int v = 0;
	if (len == 0 || len > 3 || (len > 1 && text[0] == '0')) return false;
	for (size_t i = 0; i < len; i++) {
		if (!cool_is_digit(text[i])) return false;
		v = v * 10 + (text[i] - '0');
	}
	return v <= 255;
}

static bool is_ipv4(const char *text, size_t len) {
	int parts = 0;
	size_t from = 0;
	for (size_t i = 0; i <= len; i++) {
		if (i < len && text[i] != '.') continue;
		if (!is_byte(text + from, i - from)) return false;
		parts++;
		from = i + 1;
	}
	return parts == 4;
}

/* RFC 4291, section 2.2: eight groups, one run of zeros left out, the last two perhaps as IPv4. Zones are of one host only and not taken. */
static bool is_ipv6(const char *text, size_t len) {
	int groups = 0;
	bool gap = false;
	size_t i = 0;
	if (len >= 2 && text[0] == ':' && text[1] == ':') {
		gap = true;
		i = 2;
	}
	while (i < len) {
		size_t n = 0;
		while (i + n < len && is_hex(text[i + n]))
			n++;
		if (i + n < len && text[i + n] == '.') {
			groups += 2;
			return is_ipv4(text + i, len - i) && (gap ? groups < 8 : groups == 8);
		}
		if (n == 0 || n > 4) return false;
		groups++;
		i += n;
		if (i == len) break;
		if (text[i] != ':' || ++i == len) return false;
		if (text[i] == ':') {
			if (gap) return false;
			gap = true;
			i++;
		}
	}
	return gap ? groups < 8 : groups == 8;
}

/* The parts of an address behind its scheme; port has no colon and may be empty. */
typedef struct {
	const char *host;
	size_t host_len;
	const char *port;
	size_t port_len;
	bool brackets;
} parts_t;

/* Splits host, [host], host:port or [host]:port, of len bytes; false if it is none of them. */
static bool split(const char *text, size_t len, parts_t *p) {
	size_t at = 0;
	p->brackets = len > 0 && text[0] == '[';
	if (p->brackets) {
		const char *close = memchr(text, ']', len);
		if (close == NULL) return false;
		p->host = text + 1;
		p->host_len = (size_t)(close - p->host);
		at = (size_t)(close - text) + 1;
	} else {
		while (at < len && text[at] != ':')
			at++;
		p->host = text;
		p->host_len = at;
	}
	if (at < len && text[at++] != ':') return false;
	p->port = text + at;
	p->port_len = len - at;
	return p->host_len > 0;
}

/* The number of a port; 0 if it is none from 1 to 65535. */
static uint16_t port_number(const char *text, size_t len) {
	uint32_t v = 0;
	for (size_t i = 0; i < len; i++) {
		if (!cool_is_digit(text[i])) return 0;
		v = v * 10 + (uint32_t)(text[i] - '0');
		if (v > 65535) return 0;
	}
	return (uint16_t)v;
}

static bool is_host(const parts_t *p) {
	if (p->brackets) return is_ipv6(p->host, p->host_len);
	for (size_t i = 0; i < p->host_len; i++) {
		char c = p->host[i];
		if (!is_letter(c) && !cool_is_digit(c) && (c == 0 || strchr("-._~!$&()*+,;=", c) == NULL)) return false;
	}
	return true;
}

/* Whether text begins with mqtts://, in any case. */
static bool has_scheme(const char *text) {
	for (size_t i = 0; i < SCHEME; i++) {
		char c = is_letter(text[i]) ? (char)(text[i] | 0x20) : text[i];
		if (c != scheme[i]) return false;
	}
	return true;
}

bool cool_secure_url(const char *text, char out[COOL_URL_SIZE], char reason[COOL_REASON_SIZE]) {
	size_t len = strlen(text);
	parts_t p;
	if (len >= COOL_URL_SIZE) return refuse(reason, "an address has at most 256 characters");
	for (size_t i = 0; i < len; i++) {
		if (text[i] <= ' ' || text[i] > '~') return refuse(reason, "an address has printable ASCII characters only, and no spaces");
	}
	if (!has_scheme(text)) return refuse(reason, "an address such as mqtts://broker.example:8883 is expected; a device speaks MQTT over TLS only");
	if (strchr(text, '@') != NULL) return refuse(reason, "the address must not hold a user name or password; they have members of their own");
	if (strpbrk(text, "?#") != NULL) return refuse(reason, "an address has no ? and no #");
	const char *from = text + SCHEME;
	size_t n = strcspn(from, "/");
	if (strspn(from + n, "/") != strlen(from + n)) return refuse(reason, "an mqtts:// address has no path");
	if (!split(from, n, &p) || !is_host(&p)) return refuse(reason, "a host such as broker.example, 192.0.2.1 or [2001:db8::1] is expected");
	if (p.host_len > MAX_HOST) return refuse(reason, "the host has at most 253 characters");
	if (p.port_len == 0) {
		p.port = "8883";
		p.port_len = 4;
	}
	if (port_number(p.port, p.port_len) == 0) return refuse(reason, "the port must be a number from 1 to 65535");
	if (SCHEME + p.host_len + (p.brackets ? 3 : 1) + p.port_len >= COOL_URL_SIZE)
		return refuse(reason, "an address has at most 256 characters with its port");

	/* Put together elsewhere first: text may be out. */
	char made[COOL_URL_SIZE];
	char *at = made;
	memcpy(at, scheme, SCHEME);
	at += SCHEME;
	if (p.brackets) *at++ = '[';
	memcpy(at, p.host, p.host_len);
	at += p.host_len;
	if (p.brackets) *at++ = ']';
	*at++ = ':';
	memcpy(at, p.port, p.port_len);
	at[p.port_len] = '\0';
	memcpy(out, made, sizeof made);
	return true;
}

bool cool_split_url(const char *url, char host[COOL_HOST_SIZE], uint16_t *port) {
	parts_t p;
	if (strncmp(url, scheme, SCHEME) != 0 || !split(url + SCHEME, strlen(url + SCHEME), &p) || p.host_len >= COOL_HOST_SIZE) return false;
	uint16_t n = port_number(p.port, p.port_len);
	if (n == 0) return false;
	memcpy(host, p.host, p.host_len);
	host[p.host_len] = '\0';
	*port = n;
	return true;
}
