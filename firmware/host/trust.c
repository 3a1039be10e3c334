#include "trust.h"

#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

static bool is_address(const char *name) {
	unsigned char bytes[16];
	return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

/** Adds every certificate of a PEM text; how many there were, -1 if one cannot be read. */
static int add_certificates(X509_STORE *store, const char *pem, size_t len) {
	BIO *text = BIO_new_mem_buf(pem, (int)len);
	if (!text) return -1;
	int count = 0;
	for (X509 *cert; (cert = PEM_read_bio_X509(text, NULL, NULL, NULL)) != NULL; count++) {
		X509_STORE_add_cert(store, cert);
		X509_free(cert);
	}
	BIO_free(text);
	/* The end of the text is an error of its own kind, and not one for us. */
	bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
	ERR_clear_error();
	return at_end ? count : -1;
}

/** Says in plain words why a certificate is refused. */
static void explain(trust_t *t, int error, X509 *cert) {
	char who[128] = "";
	switch (error) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH: snprintf(t->why, sizeof t->why, "the broker's certificate is not for %s", t->name); return;
	case X509_V_ERR_CERT_HAS_EXPIRED: snprintf(t->why, sizeof t->why, "the broker's certificate has expired"); return;
	case X509_V_ERR_CERT_NOT_YET_VALID:
		snprintf(t->why, sizeof t->why, "the broker's certificate is not valid yet: is this machine's clock right?");
		return;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
		if (cert) X509_NAME_get_text_by_NID(X509_get_issuer_name(cert), NID_commonName, who, sizeof who);
		snprintf(t->why, sizeof t->why, "the broker's certificate was issued by \"%s\", which is not among the trusted authorities", who);
		return;
	default: snprintf(t->why, sizeof t->why, "the broker's certificate is refused: %s", X509_verify_cert_error_string(error));
	}
}

static int on_verify(int ok, X509_STORE_CTX *store) {
	if (ok) return 1;
	const SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	trust_t *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	if (t->why[0] == '\0') explain(t, X509_STORE_CTX_get_error(store), X509_STORE_CTX_get_current_cert(store));
	return 0;
}

/** The client library names the host of the URL in the handshake; what counts is the name that is checked. */
static void on_info(const SSL *ssl, int where, int value) {
	(void)value;
	if (!(where & SSL_CB_HANDSHAKE_START)) return;
	const trust_t *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
	/* OpenSSL hands out a const pointer to a connection that is about to begin, which is where the name belongs. */
	SSL *begin = (SSL *)(uintptr_t)ssl;
	if (t->address)
		SSL_set_tlsext_host_name(begin, NULL); /* an address is no server name (RFC 6066, section 3) */
	else
		SSL_set_tlsext_host_name(begin, t->name);
}

bool trust_init(trust_t *t, const char *pem, size_t len, const char *name) {
	memset(t, 0, sizeof *t);
	snprintf(t->name, sizeof t->name, "%s", name);
	t->address = is_address(name);
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx) {
		snprintf(t->why, sizeof t->why, "the TLS library gives no context");
		return false;
	}
	SSL_CTX_set_app_data(t->ctx, t);
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, on_verify);
	SSL_CTX_set_info_callback(t->ctx, on_info);
	X509_VERIFY_PARAM *check = SSL_CTX_get0_param(t->ctx);
	X509_VERIFY_PARAM_set_hostflags(check, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
	if ((t->address ? X509_VERIFY_PARAM_set1_ip_asc(check, t->name) : X509_VERIFY_PARAM_set1_host(check, t->name, 0)) != 1) {
		snprintf(t->why, sizeof t->why, "%s cannot be a certificate's name", t->name);
		return false;
	}
	if (!pem)
		SSL_CTX_set_default_verify_paths(t->ctx);
	else if (add_certificates(SSL_CTX_get_cert_store(t->ctx), pem, len) < 1) {
		snprintf(t->why, sizeof t->why, "the authorities to trust are not certificates in PEM");
		return false;
	}
	return true;
}

void trust_free(trust_t *t) {
	SSL_CTX_free(t->ctx);
	t->ctx = NULL;
}
