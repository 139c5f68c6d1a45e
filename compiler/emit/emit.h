/* emit.h - from kernels to C text.  The only folder that prints C; it decides nothing.
 *
 * names.c     .nn names as C names
 * value.c     the arithmetic of one equation as a C expression
 * function.c  C functions: loops, locals, and one function for all kernels that differ in their buffers only
 * alike.c     which kernels these are, before their text is written
 * tile.c      register tiles: contractions
 * lanes.c     the other kernels
 * single.c    those of a single sample
 * optimizer.c update kernels
 * uniform.c   numbers computed once a step
 * calls.c     sequences of calls, rolled up where they repeat
 * tensors.c   parameters and states: their places, the table of tensors, starting values
 * model.c     m.h and m.c: the model
 * training.c  those of its functions that train
 * helpers.c   the small functions that m.c may need
 * trainer.c   m_main.c: the tables that runtime/ works from */
#ifndef NNC_EMIT_H
#define NNC_EMIT_H

#include "plan/plan.h"

struct c_names { /* C names in use, and what each .nn name became */
	struct arena *arena;
	struct map from;  /* to a place in `to` */
	struct map taken;
	LIST(const char *) to;
};

/* a C name for a .nn name: dots become underscores, keywords and names of the generated code's own get one more; unique in the table */
const char *c_name(struct c_names *names, const char *from);
/* the same for something whose key in the table is not the name that it would like */
const char *c_name_as(struct c_names *names, const char *key, const char *wanted);
void c_reserve(struct c_names *names, const char *name);
bool c_is_keyword(const char *name);
/* text that may stand in a C comment or string literal */
const char *c_comment(struct arena *a, const char *text);
const char *c_string(struct arena *a, const char *text);
const char *c_number(struct arena *a, double v, bool f64);

/* names that the generated file uses itself */
struct emission;
void reserve_names(struct emission *e);

struct uniform { /* a number computed once a step, in double */
	struct expr *expr;
	const char *name;
	bool of_optimizer; /* it reads settings or counters; else the batch only */
	bool trains, evaluates; /* which kernels read it */
};

/* ---- functions ------------------------------------------------------------------------------------------------------------------------------------ */

enum operand_kind { /* what a kernel's text mentions of one model's, and another kernel of the same text of another's */
	OPERAND_PANELS,  /* a buffer as [features][PANEL] of a panel */
	OPERAND_SAMPLES, /* the same, for access to single samples */
	OPERAND_ROWS,    /* a copy as [samples][features] */
	OPERAND_PLAIN,   /* what belongs to no sample: [stride] wide rows, or elements (stride 0) */
	OPERAND_VALUE,   /* a variable for the value of the moment */
	OPERAND_BEST,    /* a variable for the largest so far */
	OPERAND_SITE,    /* of a draw: a number */
	OPERAND_PARAM,   /* of a parameter: its number in the table */
	OPERAND_CARRIED, /* running sums between the chunks of a batch */
};

struct operand {
	enum operand_kind kind;
	struct tensor *tensor;
	long stride;
};

struct operand_list {
	int n, room;
	struct operand *at;
};

struct emitted { /* a function: the kernels that became it differ in their operands only */
	const char *key;   /* its text, operands as marks */
	const char *name;
	const char *heading;
	struct c_names names; /* of its loops and temporaries */
	LIST(struct kernel *) kernels;
	LIST(struct plan *) plans; /* of each */
	bool shared;       /* operands come as offsets */
	const char *called, *called_guard; /* the text of its last call, */
	int called_parts;                  /* in so many parts */
};

struct number_of { /* a thing's, in one description */
	int description, number;
};

struct numbering { /* of things by their ids */
	struct number_of *at;
	int room, n;
};

LIST_TYPE(tensor_list, struct tensor *);

struct description { /* of a kernel: equal texts for kernels that are alike */
	const char *text;
	struct tensor_list tensors; /* in the order in which it mentions them */
};

struct alike { /* the first kernel of a description */
	struct emitted *function;
	const struct operand_list *operands;
	int *number; /* of each operand's tensor in the description */
};

struct original { /* a kernel that is no copy of an earlier one */
	const struct kernel *kernel;
	const struct plan *plan;
	int next; /* 1 + the place of another with the same hash; 0: none */
};

enum { BY_FORM = 1024 };

struct turned { /* a parameter of which memory for one sample has a copy, column by column */
	const struct tensor *tensor;
	long rows, columns; /* 0 columns: it is used as two different matrices, and there is no copy */
};

struct parameters { /* of one role, in the order of the model */
	int n;
	const struct tensor **at;
	long *offset; /* elements from the start of the block, multiples of 64 bytes */
	long total;
};

struct emission { /* of one model */
	struct arena *arena;
	struct plan **plans; /* by entry; NULL where the model has no use for it */
	struct model *model;
	const char *prefix;
	bool f64;
	int panel;
	struct c_names members;      /* of struct PREFIX: one name space for all plans */
	struct c_names functions;
	LIST(struct uniform) uniforms;
	LIST(struct emitted *) emitted;
	struct map by_text;          /* from an emitted's key to 1 + its place */
	LIST(struct original) originals;
	int by_form[BY_FORM];        /* 1 + the place in `originals` of the last with a hash */
	LIST(struct alike) alike;
	struct map by_description;   /* from a description's text to 1 + its place in `alike` */
	int descriptions;            /* made so far */
	struct numbering index_numbers, tensor_numbers, expr_numbers; /* of the description that is being made */
	LIST(const char *) buffers;  /* members that point into the workspace */
	LIST(bool) buffer_is_integer;
	struct map buffer_places;    /* by tensor and suffix: 1 + place in `buffers` */
	struct parameters params, states;
	struct map param_numbers;    /* by path */
	struct map used_params;      /* members that some text names */
	LIST(struct turned) turned;
	struct map turned_places;    /* by path: 1 + place in `turned` */
};

/* how an expression is computed */
enum lanes_are { LANES_ARE_SAMPLES, LANES_ARE_LAST_AXIS, LANES_ARE_ELEMENTS, NO_LANES };

struct index_text {
	const struct index *index;
	const char *text;
};

struct local { /* a pointer at the head of a function */
	const char *name, *declaration;
	bool of_panel; /* it points into the panel of the moment */
};

struct held { /* a value in a C variable */
	const struct tensor *tensor;
	const char *name;
	bool vector;
};

struct writer { /* one C function being written */
	struct emission *e;
	struct plan *plan;
	const struct kernel *kernel;
	enum lanes_are lanes;
	const char *sample;        /* the first sample of the vector, or the one sample */
	const struct index *lane_index; /* LANES_ARE_LAST_AXIS: the index that the lanes run over */
	const char *part;          /* lanes of the last vector, where it may be partial; NULL: it never is */
	LIST(struct index_text) index;
	LIST(const struct index *) open; /* loops around what is being written */
	LIST(struct local) locals;
	LIST(struct held) held;
	struct operand_list *operands;
	struct c_names *names;
	const char *time;          /* the parameter that says which step; NULL: none */
	struct text body;
	int indent;
	const char **temp;         /* by code id: the variable that holds it */
	bool *temp_vector;
	char *needs;               /* by code id: does it read what only a condition keeps inside? */
	int guarded;               /* > 0: inside a branch: nothing may be computed ahead */
	int temp_count;
	const char *accumulator;
	bool accumulator_vector;
};

struct value_text {
	const char *text;
	int level; /* of its outermost operator: 0 comparison, 1 sum, 2 product, 3 unary, 4 atom */
	bool vector;
};

/* value.c */
void write_line(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct value_text write_value(struct writer *w, const struct lowered *l);
const char *as_vector(struct writer *w, struct value_text v);
const char *as_vector_or_scalar(struct writer *w, struct value_text v, bool vector);
const char *whole_text(struct writer *w, struct expr *e, int level); /* a whole number without data */
const char *whole_lanes_text(struct writer *w, struct expr *e);      /* lanes of whole numbers, one a sample */
/* where an element lies: an lvalue without `&` */
const char *element_text(struct writer *w, struct expr *read, bool *vector);
/* the member of the struct that holds it */
const char *uniform_name(struct emission *e, const struct plan *plan, struct expr *x);
void write_batch_uniforms(struct emission *e, struct text *t, bool training, const char *samples);
void write_optimizer_uniforms(struct emission *e, struct text *t, const struct optimizer *o);
void bind_index(struct writer *w, const struct index *i, const char *text);
const char *name_of_index(struct writer *w, const struct index *i);
/* the member that points to a tensor's values, or to what the suffix says of it ("rows": a copy, row by row); and that only where some text names it, else NULL */
const char *buffer_name(struct emission *e, const struct tensor *t, const char *suffix);
const char *used_buffer(struct emission *e, const struct tensor *t, const char *suffix);
const char *local_pointer(struct writer *w, struct tensor *t, long stride, bool rows);

/* function.c */
struct writer writer_new(struct emission *e, struct plan *plan, const struct kernel *k, enum lanes_are lanes, struct operand_list *operands, struct c_names *names);
const char *operand_name(struct writer *w, enum operand_kind kind, struct tensor *t, long stride);   /* its C variable, as a mark */
const char *operand_memory(struct writer *w, enum operand_kind kind, struct tensor *t, long stride); /* where it is, as a mark */
const char *loop_name(struct writer *w, const struct index *i);
void open_loop(struct writer *w, const struct index *i);
void open_range(struct writer *w, const struct index *i, const char *low, const char *high);
/* loops over n indices in order, iterations outside the guard left out; returns how many braces are to be closed */
int open_guarded_loops(struct writer *w, int n, struct index *const indices[], struct expr *guard);
void enter_loop(struct writer *w, const struct index *i);
void close_brace(struct writer *w);
void close_loop(struct writer *w);
void close_loops(struct writer *w, int n);
void open_scalar_loop(struct writer *w, const struct index *i); /* over samples, too */
/* time is a parameter of the function where the kernel belongs to a recurrence */
void bind_time(struct writer *w, const struct equation *q);
const char *time_parameter(struct writer *w); /* ", int t" or "" */
const char *time_argument(struct writer *w);  /* ", t" or "" */
/* "@@_tile(m", the beginning of a call */
const char *inner_call(struct writer *w, const char *suffix); /* how the call of another function of this kernel begins: "@@_tile(m" */
/* type name(const struct PREFIX *m, parameters) { locals body } */
void finish_function(struct writer *w, struct text *out, const char *type, const char *name, const char *parameters);
/* pointers into the panel of the moment stand inside the loop over panels */
void write_panel_locals(struct writer *w);
struct held hold(struct writer *w, const struct tensor *t, const char *name, bool vector);
bool is_stored(const struct writer *w, const struct tensor *t);
struct expr *own_element(struct writer *w, const struct equation *q);
void write_map_value(struct writer *w, const struct equation *q, struct value_text v);
struct value_text map_value(struct writer *w, const struct equation *q);
const char *scaled_text(struct writer *w, const char *value, struct expr *scale, bool vector);

/* alike.c */
struct description describe(struct emission *e, const struct plan *plan, const struct kernel *k);
/* what kernels of this description may take from k, whose text is written */
void remember(struct emission *e, const struct description *d, const struct kernel *k);
/* gives k the function and the operands that it has if its text is not written; false: its description is new */
bool recall(struct emission *e, const struct description *d, struct kernel *k);

/* gives k the function and the operands that a copy of an earlier kernel has; false: it is none */
bool recall_copy(struct emission *e, const struct plan *plan, struct kernel *k);
/* the kernel, with its function, is one that others may be copies of */
void remember_original(struct emission *e, const struct plan *plan, const struct kernel *k);

/* makes the kernel's text, or finds the function that has it already */
void write_kernel(struct emission *e, struct plan *plan, struct kernel *k);
/* all functions */
void write_functions(struct emission *e, struct text *out);

/* ---- calls ------------------------------------------------------------------------------------------------------------------------------------------ */

enum { CALL_ARGUMENT = 1 }; /* stands in a call's text for each of its arguments */

enum argument_kind {
	ARGUMENT_PLACE,  /* an offset in memory */
	ARGUMENT_NUMBER, /* an int */
	ARGUMENT_SITE,   /* of a draw: any number */
};

struct call_argument {
	double value;
	enum argument_kind kind;
};

struct call {
	const char *text;  /* a statement */
	const char *alone; /* how it is written where it is not part of a loop; NULL: the same */
	const char *makes; /* what it computes, where the text does not say it: a comment; NULL: the text does */
	int n;
	struct call_argument *at;
};

struct call_list {
	int n, room;
	struct call *at;
	int *kind; /* equal for equal texts */
	int *next; /* call of the same kind; 0: none */
};

/* the calls in order; stretches of equal blocks as loops */
void write_sequence(struct arena *a, struct call_list *l, const char *indent, struct text *t);
/* `run(m, f, 2);`: the call of a kernel, with its step where there is one */
struct call kernel_call(struct emission *e, struct plan *plan, const struct kernel *k, const char *guard);
/* where the running sum of an element is kept between the chunks of a batch; of 16, the first */
const char *carried_sum(struct writer *w);

/* tile.c, outer.c, taps.c, lanes.c: a kernel's text, @@ for its name */
const char *outer_arguments(struct writer *w, bool declare); /* the loops around a tile as parameters or arguments: "int i, int j, " or "i, j, " */
void write_bounds_of_part(struct writer *w, long size); /* from .. to: the share of a part of so many iterations */
void open_outer_loops(struct writer *w, int n); /* the first n of them, those of this part */
void write_epilogue(struct writer *w, const char *sum, bool vector); /* the finished sum and the maps behind it, for one element of the tile */

void write_zero_sums(struct writer *w);
void open_tile_loops(struct writer *w); /* for each row r and vector v of the tile */
void close_tile_loops(struct writer *w);

/* how m rows are cut: sixes, then what is left as pieces of at least 3 where possible */
struct cut {
	long sixes;  /* rows covered by pieces of 6 */
	int n, piece[2];
};
struct cut cut_rows(long m);
void write_part_range(struct writer *w, struct cut c); /* what this part computes: rows from .. to in sixes, or a range of the first outer loop */
/* calls of the tile for all rows of the part */
void write_row_calls(struct writer *w, struct cut c, const char *row, void (*write)(struct writer *w, const char *rows, const char *first));

/* single.c */
void find_turned(struct emission *e); /* before any kernel is written */
/* the columns of the kernel's matrix; 0: there is no copy of it */
long turned_columns(const struct emission *e, struct program *p, const struct kernel *k);
long turned_columns_of(const struct emission *e, const struct tensor *t);
/* the calls that copy; false: there are none */
bool write_turns(struct emission *e, struct text *t);
void write_single_tile(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);
void write_single_pair(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);
enum { ROWS = 6, CHUNK = 1024 }; /* rows of a tile; columns of a block of gradients */
void write_tile(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);
void write_pair(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);
void write_outer(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);
void write_dot(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);
void write_taps(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);
void write_lanes(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);
void write_rows(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);
void write_fold(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);
void write_scatter(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);
void write_plain(struct emission *e, struct plan *plan, struct kernel *k, struct c_names *names, struct text *out);

/* parts of m.c (model.c) */
const char *input_member(struct emission *e, const struct tensor *t);
const char *input_arguments(struct emission *e, bool targets, bool declare); /* ", const float *x_in, const int32_t *t_in" */
const char *input_rows(struct emission *e, bool targets);                    /* ", x_in + first * 784, t_in + first" */
void write_packing(struct emission *e, struct text *t, const struct plan *plan);
void write_calls(struct emission *e, struct text *t, struct plan *plan, int from, int to);
void write_totals(struct emission *e, struct text *t, const struct program *p, const char *samples);
struct call sink_call(struct emission *e, const struct plan *plan, const char *guard, const struct kernel *k);

/* the functions that train (training.c) */
bool has_step(const struct model *m); /* is there an optimizer that works element by element, not by a method of the runtime? */
void write_training(struct emission *e, struct text *t, struct plan *plan);
void write_step(struct emission *e, struct text *t, const struct plan *plan);
void write_states(struct emission *e, struct text *t, const struct plan *plan);
void write_step_declaration(struct emission *e, struct text *t);
struct random_site { /* random numbers that some equation of the training program reads */
	const char *path;
	const struct tensor *tensor;
};
int list_draws(struct emission *e, struct random_site **out); /* how many; out may be NULL */
void write_draws(struct emission *e, struct text *t);
void write_carried(struct emission *e, struct text *t, const struct plan *plan);

/* the files; `command` is what was typed */
struct file_text {
	const char *name, *text;
};
LIST_TYPE(file_list, struct file_text);
void write_model(struct emission *e, const char *command, const char *file, const char *target, struct file_list *out);
void write_trainer(struct emission *e, const char *command, const char *file, const char *target, double flops, struct file_list *out);
/* which lines can make numbers that are not finite, as the table doubts[]; returns its rows (doubtful.c) */
int write_doubts(struct emission *e, struct text *t);
/* of all equations of a model and of its optimizers, whatever things are called: models with the same one compute the same (fingerprint.c) */
uint64_t fingerprint(const struct model *m);
/* the helper functions that `body` calls */
void write_helpers(struct text *t, const char *body);
/* tensors.c */
struct parameters list_role(struct emission *e, enum role role);
void number_params(struct emission *e);
/* the number of a parameter or state in the table of tensors */
int param_number(struct emission *e, const struct tensor *param);
/* elements from the start of the parameters to a parameter or state */
long param_place(struct emission *e, const struct tensor *t);
/* the member of the struct that points to it */
const char *param_member(struct emission *e, const struct tensor *t);
const char *shape_comment(struct emission *e, const struct tensor *t);
void write_param_members(struct emission *e, struct text *t);
void write_param_places(struct emission *e, struct text *t);
void write_table(struct emission *e, struct text *t);
void write_starts(struct emission *e, struct text *t);
void write_optimizer(struct emission *e, struct optimizer *o, struct text *out);

#endif
