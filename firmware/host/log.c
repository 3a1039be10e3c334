#include "log.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

void log_line(log_level_t level, const char *format, ...) {
	static const char *const words[] = {[LOG_INFO] = "INFO", [LOG_WARN] = "WARN", [LOG_ERROR] = "ERROR"};
	char message[768], line[900], at[32];
	va_list args;
	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	for (char *c = message; *c != '\0'; c++)
		if ((unsigned char)*c < 0x20 || *c == 0x7f) *c = ' ';
	struct timespec now;
	struct tm utc;
	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(at, sizeof at, "%Y-%m-%dT%H:%M:%S", &utc);
	int n = snprintf(line, sizeof line, "%s.%03ldZ %s %s\n", at, now.tv_nsec / 1000000, words[level], message);
	/* One write for a line, so that lines of two threads do not mix. Where it fails there is nobody to tell. */
	if (n > 0 && write(STDERR_FILENO, line, (size_t)n) < 0) return;
}
