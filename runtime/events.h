/* events.h - the figures of a run for TensorBoard. */
#ifndef NN_EVENTS_H
#define NN_EVENTS_H

#include "training.h"

/* begins a file of events in the folder of the run; a viewer drops what an earlier one says of later steps */
int nn_events_open(struct nn_training_run *t, struct nn_error *e);
/* the figures of the epoch that has ended: loss/train, loss/validation, and each metric alike */
int nn_events_epoch(struct nn_training_run *t, struct nn_error *e);

#endif
