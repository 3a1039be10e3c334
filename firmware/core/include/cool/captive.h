/**
 * @file captive.h
 * The name server of the access point: every name is the device itself, so that a phone finds its form by itself (RFC 1035).
 */
#ifndef COOL_CAPTIVE_H
#define COOL_CAPTIVE_H

#include "cool/types.h"

enum { COOL_DNS_SIZE = 512 /**< bytes of a message over UDP */ };

/**
 * Writes the answer to a query: address (IPv4, in the order of the network) for type A, no record for other types. Returns its length, 0 if
 * the message is no query with one question, or its answer does not fit.
 */
size_t cool_captive_answer(const uint8_t *query, size_t len, const uint8_t address[4], uint8_t *out, size_t size);

#endif
