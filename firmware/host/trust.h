/**
 * @file trust.h
 * Whom a connection trusts: a TLS context that checks the chain, the validity and the name of the broker's certificate, and
 * remembers in plain words why it refused one.
 */
#ifndef COOL_HOST_TRUST_H
#define COOL_HOST_TRUST_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

/** The context of one connection; it must not move, and outlives the connection. */
typedef struct {
	SSL_CTX *ctx;
	char name[256]; /**< that the certificate has to carry, also the SNI if it is no address */
	bool address;   /**< name is an IP address */
	char why[384];  /**< why the certificate was refused; "" : it was not */
} trust_t;

/**
 * Makes a context that takes TLS 1.2 or later and trusts the certificates in pem (len bytes), or the roots of the system where
 * pem is NULL. Returns false with the reason in t->why.
 */
bool trust_init(trust_t *t, const char *pem, size_t len, const char *name);

/** Lets go of the context. */
void trust_free(trust_t *t);

#endif
