/* Any bytes as a command, and as the arguments of each command. */
#include "cool/messages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define MUST(cond)            \
	do {                      \
		if (!(cond)) abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void explained(cool_reject_t code, const cool_problem_t *p) {
	MUST(code == p->code && memchr(p->reason, 0, sizeof p->reason) != NULL && (p->reason[0] == 0) == (code == COOL_ACCEPTED));
}

static void arguments(cool_json_t args) {
	cool_problem_t p;
	cool_clear_fault_t c;
	cool_ota_t o;
	cool_zero_t z;
	cool_autotune_t a;
	cool_commission_t t;
	cool_reject_t code = cool_decode_clear_fault(args, &c, &p);
	explained(code, &p);
	if (code == COOL_ACCEPTED) MUST(c.fault[0] != 0);
	code = cool_decode_ota(args, &o, &p);
	explained(code, &p);
	if (code == COOL_ACCEPTED) MUST(strncmp(o.url, "https://", 8) == 0 && o.version[0] != 0);
	code = cool_decode_zero(args, &z, &p);
	explained(code, &p);
	if (code == COOL_ACCEPTED) {
		MUST(z.count >= 2 && z.count <= COOL_MAX_PROBES && z.seconds >= 5 && z.seconds <= 300);
		for (int i = 0; i < z.count; i++)
			MUST(cool_valid_metric(z.roles[i]));
	}
	code = cool_decode_autotune(args, &a, &p);
	explained(code, &p);
	if (code == COOL_ACCEPTED) MUST(cool_valid_metric(a.output) && a.minutes >= 10 && a.minutes <= 120 && a.setpoint >= -20 && a.setpoint < 60);
	code = cool_decode_commission(args, &t, &p);
	explained(code, &p);
	if (code == COOL_ACCEPTED) MUST(cool_valid_metric(t.output) && t.duty >= 0 && t.duty <= 100 && t.seconds >= 2 && t.seconds <= 60);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
	const char *text = (const char *)data;
	cool_command_t c;
	cool_problem_t p;
	cool_reject_t code = cool_decode_command(text, size, &c, &p);
	explained(code, &p);
	if (code == COOL_ACCEPTED) {
		MUST(c.id[0] != 0 && c.name[0] != 0 && c.expires_ms >= 1);
		MUST(c.args.at == NULL || (c.args.at >= text && c.args.at + c.args.len <= text + size));
		arguments(c.args);
	}
	cool_json_t whole = {text, size};
	if (size > 0) arguments(whole);
	return 0;
}
