/* emit.h - from kernels to C text.  The only folder that prints C; it decides nothing.
 *
 * names.c    .nn names as C names
 * value.c    the arithmetic of one equation as a C expression
 * kernel.c   a kernel as a C function
 * uniform.c  numbers computed once a step
 * model.c    m.h and m.c: the model
 * training.c those of its functions that train
 * helpers.c  the small functions that m.c may need
 * trainer.c  m_main.c: the tables that runtime/ works from */
#ifndef NNC_EMIT_H
#define NNC_EMIT_H

#include "plan/plan.h"

struct c_names { /* C names in use, and what each .nn name became */
	struct arena *arena;
	LIST(struct c_name) taken;
};

struct c_name {
	const char *from, *to;
};

/* a C name for a .nn name: dots become underscores, keywords and names of the generated code's own get one more; unique in the table */
const char *c_name(struct c_names *names, const char *from);
/* the same for something whose key in the table is not the name that it would like */
const char *c_name_as(struct c_names *names, const char *key, const char *wanted);
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
};

struct emitted { /* a kernel's text, to share equal ones */
	const char *key, *name;
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
	LIST(struct emitted) emitted;
	struct text kernels;
	LIST(const char *) buffers;  /* members that point into the workspace */
	LIST(bool) buffer_is_integer;
};

/* how an expression is computed */
enum lanes_are { LANES_ARE_SAMPLES, LANES_ARE_LAST_AXIS, LANES_ARE_ELEMENTS, NO_LANES };

struct index_text {
	const struct index *index;
	const char *text;
};

struct local { /* a pointer at the head of a function */
	const char *name, *declaration;
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
	const char *lane;          /* LANES_ARE_LAST_AXIS: its text is in `index` */
	const struct index *lane_index;
	const char *part;          /* lanes of the last vector, where it may be partial */
	LIST(struct index_text) index;
	LIST(const struct index *) open; /* loops around what is being written */
	LIST(struct local) locals;
	LIST(struct held) held;
	struct c_names names;
	struct text body;
	int indent;
	const char **temp;         /* by code id: the variable that holds it */
	bool *temp_vector;
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

void write_line(struct writer *w, const char *format, ...) __attribute__((format(printf, 2, 3)));
struct value_text write_value(struct writer *w, const struct lowered *l);
const char *as_vector(struct writer *w, struct value_text v);
const char *as_vector_or_scalar(struct writer *w, struct value_text v, bool vector);
const char *whole_text(struct writer *w, struct expr *e, int level); /* a whole number without data */
const char *whole_lanes_text(struct writer *w, struct expr *e);      /* lanes of whole numbers, one a sample */
/* where an element lies: an lvalue without `&` */
const char *element_text(struct writer *w, struct expr *read, bool *vector);
/* the member of the struct that holds it */
const char *uniform_name(struct emission *e, struct expr *x);
void write_batch_uniforms(struct emission *e, struct text *t);
void write_optimizer_uniforms(struct emission *e, struct text *t, const struct optimizer *o);
void bind_index(struct writer *w, const struct index *i, const char *text);
const char *name_of_index(struct writer *w, const struct index *i);
const char *buffer_name(struct emission *e, const struct tensor *t, const char *suffix);
const char *local_pointer(struct writer *w, const struct tensor *t, long stride, bool rows);

/* the place of a parameter among those of the table */
int param_number(struct emission *e, const struct tensor *param);
/* writes the kernel into e->kernels (unless an equal one is there) and names it */
void write_kernel(struct emission *e, struct plan *plan, struct kernel *k);

/* parts of m.c (model.c) */
int count_role(const struct emission *e, enum role role);
const char *shape_comment(struct emission *e, const struct tensor *t);
const char *input_member(struct emission *e, const struct tensor *t);
const char *input_arguments(struct emission *e, bool targets, bool declare); /* ", const float *x_in, const int32_t *t_in" */
const char *input_rows(struct emission *e, bool targets);                    /* ", x_in + first * 784, t_in + first" */
void write_packing(struct emission *e, struct text *t, const struct plan *plan);
void write_calls(struct emission *e, struct text *t, struct plan *plan, int from, int to);
void write_totals(struct emission *e, struct text *t, const struct program *p);

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
/* the helper functions that `body` calls */
void write_helpers(struct text *t, const char *body);
void write_optimizer(struct emission *e, struct optimizer *o, struct text *out);

#endif
