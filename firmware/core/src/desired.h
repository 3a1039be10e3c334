/* What the files of the desired state share. Private to the core. */
#ifndef COOL_SRC_DESIRED_H
#define COOL_SRC_DESIRED_H

#include "field.h"

/* Reads an output; what is not said of it comes from the board's output of that name in defaults, or from its role and kind. */
bool cool_desired_output(const cool_fields_t *f, const cool_settings_t *defaults, cool_output_cfg_t *out);

/* Reads `auto`, the law and its input, into an output. */
bool cool_desired_law(const cool_fields_t *f, cool_output_cfg_t *out);

#endif
