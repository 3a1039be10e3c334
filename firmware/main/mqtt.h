/**
 * @file mqtt.h
 * The connection to the broker: MQTT 3.1.1 over TLS by esp-mqtt. It never connects by itself; when and where is decided by the core. Only
 * the network task uses it.
 */
#ifndef MAIN_MQTT_H
#define MAIN_MQTT_H

#include "cool/device.h"

/** Once, before the network task starts. The client's id is the device's. */
void mqtt_init(const char *id);

/** Carries out COOL_DO_CONNECT. What comes of it is told to the device later. */
void mqtt_connect(const cool_action_t *a);

/** Carries out COOL_DO_CLOSE: with goodbye the broker does not send the last will. */
void mqtt_close(bool goodbye);

void mqtt_subscribe(const char *topic, int qos);

/** Carries out COOL_DO_PUBLISH; it never waits for the network. */
void mqtt_publish(const cool_action_t *a);

/** Ends an attempt from which nothing is heard: a client that has no memory for its transport ends without a word. Now and then. */
void mqtt_watch(void);

/**
 * Reads the certificates of a blob into new memory, as PEM ended by a NUL; *pem is NULL for the public roots. False if they cannot be used. Free
 * *pem when the connection is over.
 */
bool mqtt_certificates(cool_blob_t blob, char **pem);

#endif
