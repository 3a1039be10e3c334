/* Certificates as PEM (RFC 7468). Private to the core. */
#ifndef COOL_SRC_PEM_H
#define COOL_SRC_PEM_H

#include <stddef.h>

/* Why a text is not one or more PEM certificates; NULL if it is. Text between them is ignored. */
const char *cool_pem_problem(const char *text);

#endif
