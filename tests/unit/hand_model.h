/* hand_model.h - a model written by hand behind the interface of runtime/program.h: logistic regression on two inputs. */
#ifndef HAND_MODEL_H
#define HAND_MODEL_H

#include "program.h"

extern const struct nn_program hand_double, hand_float;

/* a gradient that is wrong by this factor, for tests of gradcheck; 1 in all others */
extern double hand_gradient_factor;

#endif
