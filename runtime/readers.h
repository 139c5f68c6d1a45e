/* readers.h - inside data.c and its readers: what a format hands over, and to whom.
 *
 * A reader turns the bytes of a file into records of doubles, one after the other, and gives each to the intake, which applies the
 * arithmetic, checks the declared range and stores.  A new format is one file with one function, and one row in data.c. */
#ifndef NN_READERS_H
#define NN_READERS_H

#include "data.h"
#include "file.h"
#include "message.h"
#include "program.h"

enum { NN_PLACE_MAX = 1024 }; /* "points.csv:17: column 2", "x.npy: record 4, value 3" */

struct nn_part { /* the piece of a record that fills one input */
	const struct nn_input *input;
	const struct nn_arith *arith;
	size_t arith_count;
	struct nn_column_data out;
};

struct nn_intake {
	const struct nn_program *program;
	const struct nn_source *source; /* NULL: a file typed on the command line */
	const char *found;              /* the file as found, for messages; for a literal "spiral.nn:16" */
	struct nn_part *parts;          /* side by side in a record */
	size_t part_count;
	size_t width;                   /* values in a record */
	size_t first, last;             /* the records wanted, both included */
	size_t seen, kept, room;        /* records so far: met, stored, with memory */
	double *scratch;                /* [width] */
	size_t line;                    /* of the record in hand, 0 where records have no lines */
	const size_t *columns;          /* [width] where in a row a value stood; NULL where values are merely counted */
};

/* "'x' takes 2 values a sample (spiral.nn:5)", or the same for several inputs */
void nn_intake_takes(const struct nn_intake *in, char text[NN_PLACE_MAX]);
/* memory for exactly this many records, before they come; for a file that has said how many it holds and is as long as that */
int nn_intake_expect(struct nn_intake *in, size_t records, struct nn_error *e);
/* the next record, [width]; records outside first..last are only counted */
int nn_intake_record(struct nn_intake *in, const double values[], struct nn_error *e);

static inline int
nn_intake_wants(const struct nn_intake *in, size_t record)
{
	return record >= in->first && record <= in->last;
}

/* a type of number as stored */
struct nn_element {
	const char *name; /* "float64" */
	size_t size;
	void (*decode)(const unsigned char *from, size_t n, int big_endian, double to[]);
};
/* by numpy's kind and size: 'f' 8 is float64, 'b' 1 is bool; NULL where there is none */
const struct nn_element *nn_element_find(char kind, size_t size);

/* an array as it lies in a file: the first axis counts the records */
enum { NN_BLOCK_RANK = 64 };
struct nn_block {
	const struct nn_element *element;
	int big_endian, fortran; /* fortran: the first index runs fastest */
	size_t rank, shape[NN_BLOCK_RANK];
	const unsigned char *bytes;
	size_t size; /* bytes there are */
};
/* checks the block's shape against its size and against the inputs, then takes in its records */
int nn_block_read(struct nn_intake *in, const struct nn_block *block, struct nn_error *e);

/* bytes[size] is a zero byte */
typedef int nn_reader(struct nn_intake *in, const unsigned char *bytes, size_t size, struct nn_error *e);
nn_reader nn_csv_read, nn_idx_read, nn_npy_read;

/* the first bytes of an .npy file */
int nn_npy_recognise(const unsigned char *bytes, size_t size);

#endif
