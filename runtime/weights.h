/* weights.h - the memory of a model, and its tensors to and from safetensors files. */
#ifndef NN_WEIGHTS_H
#define NN_WEIGHTS_H

#include "labels.h"
#include "message.h"
#include "pool.h"
#include "program.h"

/* count * size bytes of zeros, 64-byte aligned; NULL with a message naming `what` */
void *nn_allocate(size_t count, size_t size, const char *what, struct nn_error *e);

/* an open model */
struct nn_model {
	const struct nn_program *program;
	enum nn_use use;
	size_t batch;   /* samples the memory plan has room for */
	unsigned char *memory;
	size_t bytes;
	void *handle;   /* what program->open returned */
	struct nn_pool *pool;
	const struct nn_labels *labels; /* saved with the weights; NULL: none */
};
int nn_model_open(struct nn_model *m, const struct nn_program *program, size_t batch, enum nn_use use, size_t threads, struct nn_error *e);
/* The same to train with batches of `batch` samples: in memory for `chunk` of them, where that is less and the model accumulates.  It is an
 * error when it does not and `insist`. */
int nn_model_open_training(struct nn_model *m, const struct nn_program *program, size_t batch, size_t chunk, int insist, size_t threads,
    struct nn_error *e);
void nn_model_close(struct nn_model *m);

size_t nn_count(const struct nn_program *program, enum nn_role role); /* numbers in all tensors of a role */
void *nn_tensor_values(const struct nn_model *m, size_t tensor);
double nn_real(const void *values, size_t k, size_t real_size);
void nn_set_real(void *values, size_t k, size_t real_size, double value);
int nn_all_finite(const void *values, size_t count, size_t real_size);
/* the first tensor from tensor `tensor` on (program->tensor_count: none) that holds a number that is not finite */
size_t nn_next_not_finite(const struct nn_model *m, size_t tensor);

double nn_norm(const void *values, size_t count, size_t real_size); /* the square root of the sum of the squares */

/* A place for the gradient of each parameter, in the order of the table, then NULL. */
void **nn_gradients_open(const struct nn_program *program, struct nn_error *e);
void nn_gradients_close(void **gradients);

/* Copies of all tensors, one after the other. */
void *nn_snapshot_open(const struct nn_model *m, const char *what, struct nn_error *e);
void nn_snapshot_take(const struct nn_model *m, void *snapshot);
void *nn_snapshot_values(const struct nn_program *program, void *snapshot, size_t tensor);
void nn_snapshot_put(struct nn_model *m, const void *snapshot);

/* Parameters and states, under their paths.  Saving refuses numbers that are not finite; loading wants exactly the tensors of the
 * model (float and double are converted) and names all that are missing, extra or of another shape.  A checkpoint has them, too.  The path of
 * the folder of a run stands for its best weights, else its last. */
int nn_weights_save(const struct nn_model *m, void *snapshot, const char *path, struct nn_error *e); /* of a snapshot; NULL: of the model */
int nn_weights_load(struct nn_model *m, const char *path, struct nn_error *e);
/* The labels that are kept with weights, into lists that are open; a file without any is no error. */
int nn_weights_labels(const char *path, struct nn_labels *labels, struct nn_error *e);
/* Takes what the file has under paths of the model: other models may share some of its layers.  Returns how many tensors were taken; the
 * others keep their values and are named in `anew`.  Fails (-1) where one is of another shape, and where there is none. */
enum { NN_ANEW = 600 };
int nn_weights_take(struct nn_model *m, const char *path, char anew[NN_ANEW], struct nn_error *e);

#endif
