/* data.h - from the sources of a `train` block to arrays of samples in memory. */
#ifndef NN_DATA_H
#define NN_DATA_H

#include "labels.h"
#include "map.h"
#include "message.h"
#include "program.h"

struct nn_element; /* a type of number as stored: readers.h */

/* All records of one input.  Stored values lie one after the other; record r starts at value r * stride, which is `count` apart, or less
 * where windows of a text overlap.  packed 0: as the model takes them, int32_t where the input is whole numbers, else float or double
 * (real_size).  packed 1 or 2: unsigned numbers of so many bytes, value - low where the input is whole numbers, else places in `table`. */
struct nn_column_data {
	void *values;
	size_t records, stride;
	unsigned packed;
	void *table; /* [256] of float or double; NULL where there is none */
	struct nn_map *map; /* the file in which `values` lie, and are not to be written; NULL: they are allocated */
	/* Real numbers of a mapped file in the file's own type, n bytes each: what they mean is worked out when they are taken.  `element` NULL: `values` are as
	 * `packed` says. */
	const struct nn_element *element;
	int big_endian;
	const struct nn_arith *arith;
	size_t arith_count;
	size_t height, width; /* of the stored images, where they are larger than the model takes them: the rest is cut off; else 0 */
};

/* What an image of a batch shows of a stored one, along one of its axes: place k < size shows place first + step k, step 1 or -1, where
 * low <= k < high, and nothing elsewhere. */
struct nn_axis {
	long first, step;
	size_t size;
	long low, high;
};
struct nn_view {
	struct nn_axis down, across;
};
/* bytes that one record of this input takes as the model takes it */
size_t nn_record_bytes(const struct nn_program *program, size_t input);
/* bytes that its stored values take, of those with an `element` as the model takes them */
size_t nn_column_bytes(const struct nn_program *program, size_t input, const struct nn_column_data *column);
/* n records as the model takes them, of larger images the middle, one after the other: order[0 .. n), or first .. first + n - 1 where order is NULL */
void nn_column_gather(const struct nn_program *program, size_t input, const struct nn_column_data *column, const uint32_t order[], size_t first,
    size_t n, void *to);
/* n values from place `at` on, as the model takes them */
void nn_column_take(const struct nn_program *program, size_t input, const struct nn_column_data *column, size_t at, size_t n, void *to);
/* these records of a mapped file are needed soon */
void nn_column_ahead(const struct nn_program *program, size_t input, const struct nn_column_data *column, const uint32_t order[], size_t n);
/* an image of [.., view->down.size, view->across.size]; `zero`, a value as the model takes it, stands where it shows nothing */
void nn_column_view(const struct nn_program *program, size_t input, const struct nn_column_data *column, size_t record, const struct nn_view *view,
    const void *zero, void *to);
/* whole numbers low + k become low + places[k] */
void nn_column_renumber(const struct nn_program *program, size_t input, struct nn_column_data *column, const uint32_t places[]);
void nn_column_free(struct nn_column_data *column);

/* one group (data, validation or test): the same number of records for every input that has a source */
struct nn_dataset {
	size_t records; /* 0: the group has no source at all */
	struct nn_column_data *inputs; /* [program->input_count]; values NULL where the input has no source */
};

/* Reads the sources of a group.  Relative paths are looked up in `folder`; NAME also finds NAME.gz.  The arithmetic of the source is
 * done in double and rounded once.  Errors: a missing file, a wrong magic number, a truncated or over-long file, ragged rows, a
 * record with another number of values than the input, a text shorter than a window, a value that is no number, a whole number outside
 * the declared range, groups whose inputs differ in their number of records - each with file, line, byte or record, and what the model
 * declares on which line.  Words of a CSV become the numbers that `labels` gives them, and those of NN_DATA settle what these are, where
 * nn_labels_begin was called before; labels may be NULL, then words are errors. */
int nn_data_read(const struct nn_program *program, enum nn_group group, const char *folder, struct nn_labels *labels, struct nn_dataset *out,
    struct nn_error *e);
void nn_data_free(const struct nn_program *program, struct nn_dataset *data);

/* the text that a model of one input learns from, `s = text("a.txt")`; NULL where it has no such */
const struct nn_source *nn_data_text(const struct nn_program *program);

/* A table of numbers from IN.csv or IN.npy for `predict` ("-" is CSV on standard input): records of `program`'s inputs that are not
 * targets, in the order of declaration, side by side in a row of a CSV.  A model that learns from a text takes one from IN.txt. */
int nn_data_read_rows(const struct nn_program *program, const char *path, struct nn_labels *labels, struct nn_dataset *out, struct nn_error *e);

/* The same piece by piece: a CSV is read as it comes, in memory for the rows of a piece, so that it may have no end.  Each call gives the rows
 * that are there, at least one, waiting for it where it must; records 0: that was all.  What it gives is valid until the next call. */
struct nn_rows;
struct nn_rows *nn_rows_open(const struct nn_program *program, const char *path, struct nn_labels *labels, struct nn_error *e);
int nn_rows_next(struct nn_rows *rows, struct nn_dataset *out, struct nn_error *e);
void nn_rows_close(struct nn_rows *rows);

/* a whole array from an .npy file for one input (used by `gradients --data.x X.npy`) */
int nn_data_read_array(const struct nn_program *program, int input, const char *path, struct nn_column_data *out, struct nn_error *e);

/* writes [records][shape] of real or int32 as .npy (version 1.0, little-endian, C order), atomically */
int nn_npy_write(const char *path, const void *values, size_t records, int rank, const size_t shape[], size_t real_size, int is_integer, struct nn_error *e);

#endif
