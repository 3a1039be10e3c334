#include "cool/faults.h"

#include <stdio.h>

#include "test.h"

static cool_faults_t f;
static char reason[COOL_REASON_SIZE];

static void start(void) { f = (cool_faults_t){.count = 0}; }

TEST(a_fault_is_latched_until_it_is_cleared) {
	start();
	cool_faults_set(&f, "input_lost", false, true);
	CHECK(cool_faults_find(&f, "input_lost") == NULL);
	cool_faults_set(&f, "input_lost", true, true);
	cool_faults_set(&f, "input_lost", true, true);
	CHECK(cool_faults_critical(&f));
	CHECK(!cool_faults_clear(&f, "input_lost", 0, true, reason));
	CHECK_STR(reason, "what raised input_lost is still there");
	cool_faults_set(&f, "input_lost", false, true);
	const cool_fault_t *e = cool_faults_find(&f, "input_lost");
	CHECK(e != NULL && !e->active && e->occurrence == 1);
	CHECK(!cool_faults_critical(&f));
	cool_faults_set(&f, "input_lost", true, true);
	CHECK(!cool_faults_clear(&f, "input_lost", 1, false, reason));
	CHECK_STR(reason, "fault input_lost is at its occurrence 2, not 1");
	CHECK(cool_faults_clear(&f, "input_lost", 2, false, reason));
	CHECK(!cool_faults_clear(&f, "input_lost", 0, false, reason));
	CHECK_STR(reason, "there is no fault input_lost");
	CHECK(cool_faults_find(&f, "input_lost") == NULL);
	CHECK(!cool_faults_critical(&f));
	cool_faults_set(&f, "input_lost", true, false);
	CHECK_EQ_INT(cool_faults_find(&f, "input_lost")->occurrence, 3);
	CHECK(!cool_faults_critical(&f));
}

TEST(the_list_is_in_the_order_of_time) {
	start();
	cool_faults_set(&f, "a", true, false);
	cool_faults_event(&f, "b");
	cool_faults_set(&f, "c", true, false);
	cool_faults_set(&f, "a", false, false);
	cool_faults_set(&f, "a", true, false);
	cool_fault_t list[COOL_MAX_FAULTS];
	CHECK_EQ_INT(cool_faults_list(&f, list), 3);
	CHECK_STR(list[0].name, "b");
	CHECK(!list[0].active && list[0].latched);
	CHECK_STR(list[1].name, "c");
	CHECK_STR(list[2].name, "a");
	CHECK_EQ_INT(list[2].occurrence, 2);
}

TEST(a_full_table_makes_room) {
	start();
	char name[8];
	for (int i = 0; i < COOL_MAX_FAULTS; i++) {
		(void)snprintf(name, sizeof name, "f%d", i);
		cool_faults_set(&f, name, true, false);
	}
	cool_faults_event(&f, "f3");
	cool_faults_set(&f, "f3", true, false);
	cool_faults_set(&f, "f3", false, false); /* over, at its occurrence 2 */
	cool_faults_set(&f, "f5", false, false);
	CHECK(cool_faults_clear(&f, "f5", 0, false, reason));
	cool_faults_set(&f, "new", true, false); /* takes the room of what was cleared */
	CHECK(cool_faults_find(&f, "f3") != NULL);
	cool_faults_set(&f, "newer", true, false); /* and this one that of the oldest that is over */
	CHECK(cool_faults_find(&f, "f3") == NULL);
	cool_faults_set(&f, "newest", true, false); /* and this one that of the oldest at all */
	CHECK(cool_faults_find(&f, "f0") == NULL && cool_faults_find(&f, "newest") != NULL);
	CHECK_EQ_INT(f.count, COOL_MAX_FAULTS);
	cool_faults_set(&f, "f3", true, false);
	CHECK(cool_faults_find(&f, "f3")->occurrence > 2); /* an acknowledgement of the old one does not hit it */
}
