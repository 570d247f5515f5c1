#include "proto/review.h"

const char *const characteristic_names[CHARACTERISTIC_COUNT] = {"Fit", "Length", "Comfort", "Quality", "Width", "Size"};
