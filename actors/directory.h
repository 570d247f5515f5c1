// Who is who: the actors by their ids, fixed before the first loop starts, so that an envelope can name an actor.
#ifndef REVIEWD_ACTORS_DIRECTORY_H
#define REVIEWD_ACTORS_DIRECTORY_H

#include "core/actor.h"

struct directory {
    struct actor **actors; // by id
    size_t count;
};

static inline struct actor *directory_find(const struct directory *directory, uint16_t id) {
    return directory->actors[id];
}

#endif
