/**
 * @file ring.h
 * The ring of samples, and what is known of their fate on the way to the server.
 *
 * A sample leaves it when `committed` covers it; as long as `committed` was never heard, when it is
 * acknowledged. If the ring is full the oldest sample is dropped, and counted. The server's watermark is contiguous, so
 * a sample that is gone for good would stop it for ever: where the watermark stands before such a hole the
 * ring sends samples without readings, whose numbers alone count.
 *
 * contract/ring.json pins what it does; internal/sim does the same in Go. Times are monotonic milliseconds of 64 bits (cool/clock.h).
 */
#ifndef COOL_RING_H
#define COOL_RING_H

#include "cool/messages.h"
#include "cool/slots.h"
#include "cool/types.h"

enum {
	COOL_RING_DAY = 24 * 60, /**< samples of a day at one a minute */
	COOL_RING_ROOM = 120,    /**< for the fresh ones, and the minutes before a device alone takes fewer */
	COOL_RING_CAPACITY = COOL_RING_DAY + COOL_RING_ROOM,
	COOL_BATCH_SAMPLES = 60,            /**< samples of a message: about 10 kB */
	COOL_BATCH_EMPTIES = 500,           /**< the same without readings; they take 20 bytes each */
	COOL_PATIENCE_FIRST_MS = 10 * 1000, /**< with a watermark that stands still; doubles up to */
	COOL_PATIENCE_LAST_MS = 5 * 60 * 1000,
};

/** Where a sample is on its way. */
typedef enum {
	COOL_SAMPLE_WAITING, /**< to be sent, for the first time or again */
	COOL_SAMPLE_FLYING,  /**< sent, not acknowledged yet */
	COOL_SAMPLE_ACKED,   /**< acknowledged, not yet said to be committed */
} cool_sample_state_t;

/** The ring. Its members are its own; what others may look at is said beside them. */
typedef struct {
	cool_slot_t slots[COOL_RING_CAPACITY]; /**< the sample with number seq is at seq % capacity */
	cool_column_t columns[COOL_RING_METRICS];
	uint64_t boot;
	uint32_t capacity;             /**< COOL_RING_CAPACITY; tests take less */
	uint64_t first;                /**< read: the oldest number in the ring */
	uint64_t next;                 /**< read: the number of the next sample */
	bool heard;                    /**< read: a `committed` came */
	bool held;                     /**< an acknowledgement lets nothing leave for now */
	uint64_t through;              /**< read: what `committed` said of this boot */
	uint64_t still;                /**< since when nothing has left the ring for the server */
	uint64_t fresh;                /**< samples from this number on were made on this connection */
	uint64_t flights;              /**< counts batches */
	uint64_t empty_from, empty_to; /**< numbers to be sent without readings; to is exclusive */
	uint32_t patience_ms;
	uint64_t since;                   /**< patience runs from here, or from a later acknowledgement */
	uint64_t again_began, again_last; /**< of what was sent again: when, and the greatest number */
	uint32_t again_size;
	uint64_t dropped;  /**< read: samples that a full ring dropped */
	uint64_t left_out; /**< read: readings for which no column was free */
} cool_ring_t;

/** Makes an empty ring of a boot. capacity is at most COOL_RING_CAPACITY; 0 means that. */
void cool_ring_init(cool_ring_t *r, uint64_t boot, uint32_t capacity, uint64_t now);

/** How many samples it holds. */
size_t cool_ring_len(const cool_ring_t *r);

/** Keeps a sample, taken at the time now, and returns its number. A full ring drops the oldest one. */
uint64_t cool_ring_push(cool_ring_t *r, uint64_t now, const cool_metric_t *metrics, int count);

/** A connection begins: what it holds is backlog. */
void cool_ring_connected(cool_ring_t *r, uint64_t now);

/** The connection ended: nothing in flight will be acknowledged any more. */
void cool_ring_disconnected(cool_ring_t *r);

/** Another broker comes next: what the one before acknowledged, and no server is known to have, is sent again. */
void cool_ring_left(cool_ring_t *r);

/** While held an acknowledgement alone lets no sample leave: the broker has not proved itself. */
void cool_ring_hold(cool_ring_t *r, bool held);

/** How the times of samples are told: by the offset to Unix time (COOL_TS), by their age (COOL_AGE), or not at all. */
typedef struct {
	cool_stamp_t stamp;
	int64_t offset;
} cool_stamping_t;

/** Takes a sample into a message; false: it does not fit. Its metrics are valid during the call only. */
typedef bool (*cool_sample_sink_t)(void *ctx, const cool_sample_t *s);

/**
 * Hands the samples of this connection that were never sent to the sink, as many as go into one message.
 * Returns the batch's flight for cool_ring_settle, or 0 if there is nothing.
 */
uint64_t cool_ring_take_fresh(cool_ring_t *r, uint64_t now, cool_stamping_t how, cool_sample_sink_t sink, void *ctx);

/** The same with the oldest samples that wait, whatever for; or with numbers that are gone. */
uint64_t cool_ring_take_backlog(cool_ring_t *r, uint64_t now, cool_stamping_t how, cool_sample_sink_t sink, void *ctx);

/** The fate of a batch: acknowledged, or not. */
void cool_ring_settle(cool_ring_t *r, uint64_t flight, bool acked, uint64_t now);

/**
 * The server's word. Of another boot it only says that this server has such words; of numbers that were
 * never given it says nothing. It may go back: then the server was restored from a backup.
 */
void cool_ring_committed(cool_ring_t *r, uint64_t boot, uint64_t through, uint64_t now);

/** How long samples have been waiting and none of them got to the server, in milliseconds. */
uint64_t cool_ring_stuck(const cool_ring_t *r, uint64_t now);

#endif
