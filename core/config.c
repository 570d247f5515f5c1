#include "core/config.h"

#include "core/config_option.h"
#include "core/log.h"

#include <stdlib.h>

// log.level is stored as an index, and promised to be an enum log_level.
_Static_assert(LOG_DEBUG == 0 && LOG_INFO == 1 && LOG_WARNING == 2 && LOG_ERROR == 3, "the list of log.level");

// A quarter of the CPUs for each kind of actor; the last quarter is for the kernel's share of the network's work.
enum {
    CPUS_PER_ACTOR_OF_A_KIND = 4,
    // Up to so many CPUs, one loop for all actors answers more: docs/performance.md.
    CPUS_FOR_ONE_LOOP_MAX = 2
};

void config_init(struct config *config) {
    *config = (struct config){0};
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        const struct option *option = &config_options[id];
        if (option->type != OPTION_TYPE_TEXT) {
            *option_number(option, config) = option->initial_number;
            continue;
        }
        struct buffer wrong = {0};
        if (!option_set(option, config, view_of(option->initial_text), &wrong)) {
            abort(); // config.def contradicts itself
        }
    }
}

void config_free(struct config *config) {
    for (enum option_id id = 0; id < OPTION_COUNT; id++) {
        if (config_options[id].type == OPTION_TYPE_TEXT) {
            free(*option_text(&config_options[id], config));
        }
    }
    *config = (struct config){0};
}

static void derive_actors(uint32_t *actors, unsigned cpus, uint32_t most) {
    if (*actors != 0) {
        return;
    }
    *actors = cpus / CPUS_PER_ACTOR_OF_A_KIND;
    *actors = *actors > most ? most : *actors;
    *actors = *actors == 0 ? 1 : *actors;
}

static uint32_t least_of(uint32_t a, uint32_t b) {
    return a < b ? a : b;
}

void config_derive(struct config *config, unsigned cpus) {
    uint32_t lanes = config->db_read_connections + config->db_write_connections;
    derive_actors(&config->actors_acceptors, cpus,
        least_of(config_options[OPTION_actors_acceptors].most, config->server_max_clients));
    derive_actors(
        &config->actors_db, cpus, least_of(config_options[OPTION_actors_db].most, config->db_connections / lanes));
    derive_actors(&config->actors_writers, cpus, config_options[OPTION_actors_writers].most);
    if (config->actors_placement == PLACEMENT_AUTO) {
        config->actors_placement = cpus <= CPUS_FOR_ONE_LOOP_MAX ? PLACEMENT_SHARED : PLACEMENT_OWN;
    }
}
