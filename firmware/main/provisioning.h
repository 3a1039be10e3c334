/**
 * @file provisioning.h
 * What the device was told when it was set up, kept in flash and shared by cable, access point and radio.
 */
#ifndef MAIN_PROVISIONING_H
#define MAIN_PROVISIONING_H

#include "cool/provision.h"
#include "cool/wifi_list.h"

/** Reads what is kept; before every other function here, and before the radio is started. */
void provisioning_init(void);

/** What is in effect since the start. It does not change while the device runs. */
const cool_provision_t *provisioning_get(void);

/** A copy of the known networks. */
void provisioning_networks(cool_wifi_list_t *out);

/** The access point's password. It is printed on the console and never sent. */
const char *provisioning_ap_password(void);

/** A draft on the heap that begins with what is kept, with room for certificates; NULL without memory. Free it with provisioning_drop. */
cool_draft_t *provisioning_draft(void);
void provisioning_drop(cool_draft_t *d);

/** Checks a draft and keeps it for the next start. False, with the reason, if it is wrong or cannot be kept; the device goes on as it was then. */
bool provisioning_apply(cool_draft_t *d, char reason[COOL_REASON_SIZE]);

/** Lets an answer get out, and asks for the restart that makes a draft take effect. Takes a second. */
void provisioning_restart(void);

/** Puts a network first, and lets the radio try it at once. */
bool provisioning_add_network(const char *ssid, const char *password, char reason[COOL_REASON_SIZE]);

/** Forgets all networks. */
bool provisioning_forget_networks(void);

#endif
