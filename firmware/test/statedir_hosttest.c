/* The directory that stands for flash, where the disk is full. */
#define _GNU_SOURCE

#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

/* It belongs to the program, which no test is linked with. */
#include "statedir.c"

#include "test.h"

static char path[64];
static statedir_t dir;

static void begin(void) {
	char why[256];
	(void)snprintf(path, sizeof path, "/tmp/coolant-statedir-XXXXXX");
	CHECK(mkdtemp(path) != NULL);
	CHECK(statedir_open(&dir, path, why, sizeof why));
}

static bool there(const char *name) { return faccessat(dir.fd, name, F_OK, 0) == 0; }

/* Lets no file become larger than so many bytes, as a full disk does. */
static void limit(rlim_t bytes) {
	struct rlimit r;
	CHECK(signal(SIGXFSZ, SIG_IGN) != SIG_ERR && getrlimit(RLIMIT_FSIZE, &r) == 0);
	r.rlim_cur = bytes;
	CHECK(setrlimit(RLIMIT_FSIZE, &r) == 0);
}

static void end(void) {
	CHECK(unlinkat(dir.fd, "lock", 0) == 0);
	CHECK(close(dir.lock) == 0 && close(dir.fd) == 0);
	CHECK(rmdir(path) == 0); /* so nothing else is left in it */
}

TEST(what_does_not_fit_leaves_the_old_one_and_no_rest) {
	char got[64];
	begin();
	CHECK(statedir_save(&dir, COOL_BLOB_HOME, "the old one", 11));
	limit(16);
	CHECK(!statedir_save(&dir, COOL_BLOB_HOME, "a new one that is larger than there is room for", 47));
	limit(RLIM_INFINITY);
	CHECK(!there("home.new"));
	CHECK_EQ_INT(statedir_load(&dir, COOL_BLOB_HOME, got, sizeof got), 11);
	CHECK(statedir_erase(&dir));
	CHECK(!there("home"));
	end();
}

TEST(erasing_takes_what_a_power_cut_left) {
	begin();
	int fd = openat(dir.fd, "home.new", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	CHECK(fd >= 0 && write(fd, "a password", 10) == 10 && close(fd) == 0);
	CHECK(statedir_erase(&dir));
	CHECK(!there("home.new"));
	end();
}
