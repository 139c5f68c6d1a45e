/* data.h - from the sources of a `train` block to arrays of samples in memory. */
#ifndef NN_DATA_H
#define NN_DATA_H

#include "message.h"
#include "program.h"

/* all records of one input: [records][count], int32_t where the input is whole numbers, else float or double (real_size) */
struct nn_column_data {
	void *values;
	size_t records;
};

/* one group (data, validation or test): the same number of records for every input that has a source */
struct nn_dataset {
	size_t records; /* 0: the group has no source at all */
	struct nn_column_data *inputs; /* [program->input_count]; values NULL where the input has no source */
};

/* Reads the sources of a group.  Relative paths are looked up in `folder`; NAME also finds NAME.gz.  The arithmetic of the source is
 * done in double and rounded once.  Errors: a missing file, a wrong magic number, a truncated or over-long file, ragged rows, a
 * record with another number of values than the input, a value that is no number, a whole number outside the declared range,
 * groups whose inputs differ in their number of records - each with file, line or record, and what the model declares on which line. */
int nn_data_read(const struct nn_program *program, enum nn_group group, const char *folder, struct nn_dataset *out, struct nn_error *e);
void nn_data_free(const struct nn_program *program, struct nn_dataset *data);

/* A table of numbers from IN.csv or IN.npy for `predict` ("-" is CSV on standard input): records of `program`'s inputs that are not
 * targets, in the order of declaration, side by side in a row of a CSV. */
int nn_data_read_rows(const struct nn_program *program, const char *path, struct nn_dataset *out, struct nn_error *e);

/* a whole array from an .npy file for one input (used by `gradients --data.x X.npy`) */
int nn_data_read_array(const struct nn_program *program, int input, const char *path, struct nn_column_data *out, struct nn_error *e);

/* writes [records][shape] of real or int32 as .npy (version 1.0, little-endian, C order), atomically */
int nn_npy_write(const char *path, const void *values, size_t records, int rank, const size_t shape[], size_t real_size, int is_integer, struct nn_error *e);

#endif
