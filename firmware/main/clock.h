/**
 * @file clock.h
 * Wall time by SNTP. TLS needs it: certificates are checked for their dates. It never begins before the firmware was built, so
 * that a certificate made before that is valid at once.
 */
#ifndef MAIN_CLOCK_H
#define MAIN_CLOCK_H

/** Sets the clock to the time of the build if it is earlier. */
void clock_init(void);

/** Begins to ask time servers: those named by DHCP, those of the list (parted by commas, may be ""), and public ones. */
void clock_start(const char *servers);

#endif
