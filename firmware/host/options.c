#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"Usage: firmware-host --url mqtts://HOST:PORT --id ID --state DIR [OPTION]..\n"
	"\n"
	"The firmware of a Coolant device as a Linux program, on a simulated loop. It regulates by itself and speaks MQTT over TLS.\n"
	"\n"
	"  --url URL             the broker; the port is 8883 where it names none\n"
	"  --ca FILE             PEM of the authorities to trust (default: those of this system)\n"
	"  --server-name NAME    the name that the broker's certificate has to carry, if it is not the host of the URL\n"
	"  --id ID               the device's id\n"
	"  --name NAME           what its owner calls it\n"
	"  --user NAME           user at the broker (default: the id)\n"
	"  --password-file FILE  file whose first line is the password; without it COOLANT_FIRMWARE_PASSWORD has it\n"
	"  --state DIR           directory that stands for the flash; made where it is missing\n"
	"  --seed N              seed of the loop and of the day (default: 1)\n"
	"  --interval TIME       between samples, 1s to 1h, until it is told otherwise (default: 10s)\n"
	"  --heat WATTS          constant heat of the host, 0 to 500 (default: a workday)\n"
	"  --backlog TIME        live through so much of the past before the first connection, at most 24h: the samples of\n"
	"                        that time have its timestamps and are sent as the backlog of a device that was offline\n"
	"  --fault NAME@TIME[+DURATION]\n"
	"                        let something fail, such as probe-lost@30s or wifi-lost@1m+20s; may be repeated\n"
	"  --version, --help\n";

enum {
	OPT_URL = 256,
	OPT_CA,
	OPT_SERVER_NAME,
	OPT_ID,
	OPT_NAME,
	OPT_USER,
	OPT_PASSWORD_FILE,
	OPT_STATE,
	OPT_SEED,
	OPT_INTERVAL,
	OPT_HEAT,
	OPT_BACKLOG,
	OPT_FAULT,
	OPT_VERSION,
	OPT_HELP,
};

static const struct option known[] = {
	{"url", required_argument, NULL, OPT_URL},
	{"ca", required_argument, NULL, OPT_CA},
	{"server-name", required_argument, NULL, OPT_SERVER_NAME},
	{"id", required_argument, NULL, OPT_ID},
	{"name", required_argument, NULL, OPT_NAME},
	{"user", required_argument, NULL, OPT_USER},
	{"password-file", required_argument, NULL, OPT_PASSWORD_FILE},
	{"state", required_argument, NULL, OPT_STATE},
	{"seed", required_argument, NULL, OPT_SEED},
	{"interval", required_argument, NULL, OPT_INTERVAL},
	{"heat", required_argument, NULL, OPT_HEAT},
	{"backlog", required_argument, NULL, OPT_BACKLOG},
	{"fault", required_argument, NULL, OPT_FAULT},
	{"version", no_argument, NULL, OPT_VERSION},
	{"help", no_argument, NULL, OPT_HELP},
	{NULL, 0, NULL, 0},
};

/** Copies a text that must fit; false with the reason otherwise. */
static bool take(char *out, size_t room, const char *text, const char *what, char *why, size_t size) {
	if (cool_copy(out, room, text) && *text != '\0') return true;
	snprintf(why, size, "%s: 1 to %zu characters are expected", what, room - 1);
	return false;
}

static bool take_seed(uint64_t *out, const char *text) {
	char *end = NULL;
	errno = 0;
	unsigned long long v = strtoull(text, &end, 10);
	*out = v;
	return errno == 0 && *text >= '0' && *text <= '9' && *end == '\0';
}

static bool take_watts(double *out, const char *text) {
	char *end = NULL;
	*out = strtod(text, &end);
	return end != text && *end == '\0' && *out >= 0 && *out <= 500;
}

/** Reads the first line of the password's file. */
static bool read_password(const char *file, char out[COOL_SECRET_SIZE], char *why, size_t size) {
	FILE *f = fopen(file, "re");
	if (!f) {
		snprintf(why, size, "--password-file %s: %s", file, strerror(errno));
		return false;
	}
	char line[COOL_SECRET_SIZE + 2];
	bool ok = fgets(line, sizeof line, f) != NULL;
	fclose(f);
	if (ok) line[strcspn(line, "\r\n")] = '\0';
	if (!ok || line[0] == '\0' || !cool_copy(out, COOL_SECRET_SIZE, line)) {
		snprintf(why, size, "--password-file %s: its first line has to have 1 to %d characters", file, COOL_SECRET_SIZE - 1);
		return false;
	}
	return true;
}

static bool take_password(options_t *o, const char *file, char *why, size_t size) {
	if (file) return read_password(file, o->broker.password, why, size);
	const char *env = getenv("COOLANT_FIRMWARE_PASSWORD");
	if (!env || *env == '\0') {
		snprintf(why, size, "the device's password is missing: give --password-file FILE or set COOLANT_FIRMWARE_PASSWORD");
		return false;
	}
	return take(o->broker.password, sizeof o->broker.password, env, "COOLANT_FIRMWARE_PASSWORD", why, size);
}

/** What depends on several options, or is missing. */
static bool complete(options_t *o, const char *url, const char *user, const char *password_file, char *why, size_t size) {
	if (!o->id || !cool_valid_device(o->id)) {
		snprintf(why, size, "--id %s: a-z, 0-9 and -, at most 32 characters, and not - first", o->id ? o->id : "is missing");
		return false;
	}
	char reason[COOL_REASON_SIZE];
	if (!url || !cool_secure_url(url, o->broker.url, reason)) {
		snprintf(why, size, "--url %s: %s", url ? url : "is missing", url ? reason : "mqtts://HOST:PORT is expected");
		return false;
	}
	if (!o->state) {
		snprintf(why, size, "--state is missing: a directory that stands for the device's flash");
		return false;
	}
	return take(o->broker.username, sizeof o->broker.username, user ? user : o->id, "--user", why, size) &&
		take_password(o, password_file, why, size);
}

options_result_t options_parse(options_t *o, int argc, char **argv, char *why, size_t size) {
	*o = (options_t){.name = "", .seed = 1, .interval_ms = 10000, .heat = -1};
	const char *url = NULL, *user = NULL, *password_file = NULL;
	int64_t ms = 0;
	why[0] = '\0';
	opterr = 0;
	for (int c; (c = getopt_long(argc, argv, "", known, NULL)) != -1;) {
		switch (c) {
		case OPT_URL: url = optarg; break;
		case OPT_CA: o->ca_file = optarg; break;
		case OPT_SERVER_NAME:
			if (!take(o->broker.server_name, sizeof o->broker.server_name, optarg, "--server-name", why, size)) return OPTIONS_WRONG;
			break;
		case OPT_ID: o->id = optarg; break;
		case OPT_NAME: o->name = optarg; break;
		case OPT_USER: user = optarg; break;
		case OPT_PASSWORD_FILE: password_file = optarg; break;
		case OPT_STATE: o->state = optarg; break;
		case OPT_SEED:
			if (!take_seed(&o->seed, optarg)) {
				snprintf(why, size, "--seed %s: a whole number is expected", optarg);
				return OPTIONS_WRONG;
			}
			break;
		case OPT_INTERVAL:
			if (!duration_parse(optarg, &ms) || ms < 1000 || ms > 3600000) {
				snprintf(why, size, "--interval %s: 1s to 1h is expected", optarg);
				return OPTIONS_WRONG;
			}
			o->interval_ms = (uint32_t)ms;
			break;
		case OPT_HEAT:
			if (!take_watts(&o->heat, optarg)) {
				snprintf(why, size, "--heat %s: 0 to 500 W is expected", optarg);
				return OPTIONS_WRONG;
			}
			break;
		case OPT_BACKLOG:
			if (!duration_parse(optarg, &o->backlog_ms) || o->backlog_ms > 24LL * 3600 * 1000) {
				snprintf(why, size, "--backlog %s: 0s to 24h is expected", optarg);
				return OPTIONS_WRONG;
			}
			break;
		case OPT_FAULT:
			if (!mishaps_add(&o->mishaps, optarg, why, size)) return OPTIONS_WRONG;
			break;
		case OPT_VERSION: printf("firmware-host %s\n", FIRMWARE_VERSION); return OPTIONS_DONE;
		case OPT_HELP: fputs(usage, stdout); return OPTIONS_DONE;
		default: snprintf(why, size, "%s is not an option, or its value is missing; see --help", argv[optind - 1]); return OPTIONS_WRONG;
		}
	}
	if (optind < argc) {
		snprintf(why, size, "%s: no argument is expected here; see --help", argv[optind]);
		return OPTIONS_WRONG;
	}
	return complete(o, url, user, password_file, why, size) ? OPTIONS_RUN : OPTIONS_WRONG;
}
