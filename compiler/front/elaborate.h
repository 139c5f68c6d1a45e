/* elaborate.h - from the syntax tree to equations with shapes.
 *
 * unit.c       a file: its models and trains
 * globals.c    the names at the top of files: definitions, imports; -D
 * declare.c    inputs, parameters, states: types and starting values
 * statement.c  the other statements: what a line of a model or layer does
 * value.c      values, scopes, and equations from values
 * expression.c expressions
 * message.c    what diagnostics say about values
 * advice.c     what would fit instead: names, layers and losses of the library, found by trying
 * probability.c probabilities where raw scores are taken
 * place.c      the place of a maximum where a loss needs scores
 * require.c    conditions that a definition puts to its arguments
 * apply.c      calls of layers and functions
 * copy.c       calls that were expanded before
 * signature.c  arguments against the signature of a definition
 * primitive.c  the primitives of docs/language.md
 * range.c      which range an index runs over, and the proof that every read stays inside
 * recurrence.c equations over time that read their own earlier steps
 * optimizer.c  optimizers and schedules
 * unused.c     names that nothing reads
 * dead.c       branches that are never taken
 * train.c      the train block */
#ifndef NNC_ELABORATE_H
#define NNC_ELABORATE_H

#include "core/equation.h"
#include "core/function.h"
#include "front/import.h"

/* ---- results -------------------------------------------------------------------------------------------------------------------------- */

struct layer_shape { /* a line of `nnc shapes` */
	const char *text; /* the call, as written */
	const char *path; /* of its weights; NULL when it has none */
	int rank;
	long shape[MAX_RANK];
	double parameters, frozen; /* frozen: how many of them are not learned */
	struct span span;
};

struct source_column {
	const char *name; /* NULL: by number */
	long number;
};

struct value;
struct source_step { /* arithmetic applied while reading */
	char op;
	double operand;
	bool left; /* operand OP value */
};

struct source_transform { /* `flip`, `shift(4)`, `crop(24, 24)` */
	const char *name;
	long argument[2];
	int after; /* so much of the arithmetic is done before it */
	struct span span;
};

struct source_entry { /* an input's data in a train block; see nn_source in runtime/program.h */
	int group, input;
	struct span span;
	const char *reader, *path, *part;
	LIST(struct source_column) columns;
	bool sliced;
	long first, last;
	LIST(struct source_step) steps;
	LIST(struct source_transform) transforms;
	LIST(double) literal;
	const struct value *list; /* where they stand in the file; NULL: no literal */
};

struct setting { /* of an optimizer, changeable when running */
	const char *name;
	double value;
	const char *schedule;  /* the function that this is the first argument of, which computes the option; NULL: none */
	struct tensor *tensor; /* the scalar that stands for it in the optimizer's equations */
};

struct optimizer { /* one element at a time: scalars w, grad, counters, settings, states; updates give the new values */
	const char *name;
	struct program *program;
	struct tensor *weight, *gradient;
	struct tensor *step, *steps, *epoch; /* counters: step counts from 1; steps in all; epochs before this step */
	LIST(struct setting) settings;       /* a list has one for each of its numbers, under one name */
	const char *method; /* of the runtime, which works on all gradients together; its numbers are the settings.  NULL: element by element */
	LIST(struct tensor *) states; /* those whose old value is read */
	struct span span;
	struct span call;                 /* in the train block */
	const struct optimizer *usual;    /* the same with all options as the definition has them; NULL: some have no default */
	const char *usual_text;
};

struct training { /* the train block; what it does not say has the language's defaults */
	bool present;
	LIST(struct source_entry *) sources;
	LIST(struct optimizer *) optimizers; /* the first is the default */
	double batch_size, epochs, steps, validation, early_stopping, seed, split_seed;
	double clip_norm; /* 0: none */
	const char *early_stopping_on;
	bool shuffle;
	struct span span;
};

struct mapped_layer { /* a layer that was repeated over the rows of an image */
	struct span span;
	const char *text, *flatten; /* the shape that it was given; the function that makes a vector of it, or NULL */
};

struct model {
	const char *name;
	struct span span;
	struct program *train; /* training mode: the loss; derivation adds the gradients */
	struct program *eval;  /* evaluation mode: outputs, metrics, the loss without penalties */
	LIST(struct tensor *) inputs; /* of `train`, in the order of the file; eval has the same under the same names */
	LIST(struct layer_shape) layers;
	struct training training;
	LIST(struct mapped_layer) mapped; /* over images */
	struct node *loss_text; /* what messages about the loss look at again: its text, and what names mean there */
	struct span loss_span;  /* of its statement */
	struct scope *scope, *globals;
	struct index *batch;
};

struct branch_verdict { /* of an `if` in the file, over all the calls in which it was evaluated */
	const struct node *node;
	bool held, failed, open; /* always true once, always false once, or neither */
	const char *ranges;      /* of the indices in it */
};

struct unit { /* one compilation */
	struct arena *arena;
	struct diagnostics diagnostics;
	struct node *prelude;
	struct module_list modules; /* what the file imports, and the file last */
	LIST(struct model *) models;
	long work; /* expressions evaluated and copies made so far: definitions that double can ask for any number */
	LIST(struct branch_verdict) verdicts;
	bool gave_up; /* it became too much, or went round in a circle: said once */
};

struct define_option { /* -D name=value */
	const char *name, *value;
	bool used;
};

/* Elaborates all models of the file (or the one named `only`).  The prelude and the files have been parsed already.  Errors are in
 * unit->diagnostics; models that have any are left out. */
void elaborate(struct unit *u, struct define_option *defines, int define_count, const char *only);

/* ---- values ------------------------------------------------------------------------------------------------------------------------------ */

enum value_kind {
	VALUE_ERROR, /* something was reported already: whatever uses it says nothing more */
	VALUE_NUMBER, VALUE_TRUTH, VALUE_WORD, VALUE_TEXT, VALUE_LIST,
	VALUE_TENSOR,
	VALUE_DEFINITION, /* fn, layer or optimizer of the language */
	VALUE_FUNCTION,   /* a row of the scalar table */
	VALUE_PRIMITIVE,  /* reshape, concat, zeros ...: a row of apply.c */
	VALUE_INSTANCE,   /* layer enc = ... */
	VALUE_WEIGHTS,
	VALUE_SEVERAL,    /* return h, c */
	VALUE_RECURRENCE, /* h[-1] was given, h[t] is still to come */
	VALUE_MODULE,     /* import "lib.nn" as lib */
};

struct made { /* a call of a definition, as messages look at what it gave */
	struct node *definition;
	struct span call;
	int mapped;              /* leading axes over which it was repeated */
	bool learns;             /* it has weights of its own */
	int n;
	struct value **argument; /* by parameter; NULL: the default */
	int *extra;              /* by parameter: how many of its axes are mapped */
};

struct quotient { /* a number that came from a division, as messages look at it */
	double dividend, divisor;
	const char *name; /* of the divisor; NULL: an expression */
	struct span span;
};

struct stage { /* how a value got its shape */
	struct stage *before;
	const struct made *by; /* NULL: no call of a definition */
	const char *text;
	int rank;
	long shape[MAX_RANK];
};

struct value {
	enum value_kind kind;
	struct span span;
	double number; /* also a truth, 0 or 1 */
	const char *text;
	int n; /* items of a list or of several; axes of a tensor; numbers behind a word: an initialiser's */
	union { /* by its kind */
		struct value **item;
		struct { /* a tensor: body is a function of these axes */
			struct index **axis;
			struct expr *body;
		};
		struct {
			struct node *definition;
			struct scope *home; /* where the definition stands */
		};
		const struct function *function;
		const struct primitive *primitive;
		struct instance *instance;
		const struct module *module;
	};
	struct stage *history;
	const char *maker;    /* the function whose probabilities these are; NULL: other numbers */
	struct span made;     /* where */
	const struct made *by;             /* the call that gave it */
	const struct quotient *quotient;   /* the division that gave a number */
	struct recurrence *recurrence; /* also of its finished tensor, inside the block that defines it */
};

struct instance {
	const char *name;
	struct value *callee;
	struct node *call; /* its arguments */
	struct scope *scope;
	int path_count;    /* where it is declared: the path of its weights, whoever uses it */
	const char **path;
	bool frozen;
	const char *place; /* where it is declared, as draws have it */
	int uses;
	bool used;
	bool again;        /* declared in a further use of a named layer: its weights are there from the first */
	int rank;
	long shape[MAX_RANK]; /* of the first input */
	struct span first;
};

struct binding {
	const char *name;
	struct value *value;
};

struct scope {
	struct scope *up;
	bool repeat; /* names of the enclosing scope are changed there */
	LIST(struct binding) bindings;
};

struct frame { /* a call of a definition written by the user, for messages */
	struct frame *up;
	const char *text;
	struct span span;
	struct scope *scope;
	struct node *definition;
	const struct value *first; /* argument; NULL: none */
};

struct access { /* a read that has to be proved inside its axis */
	struct expr *subscript;
	long size;
	int guard_count;
	struct expr **guards;
	struct span base, span;
	struct frame *frame;
};

struct state_binding { /* a state's name, and how many definitions of it were seen */
	struct scope *scope;
	const char *name;
	struct tensor *tensor;
};

enum { MOST_CALLS = 100 }; /* inside each other */

struct chained_call {
	const struct node *definition;
	struct span span;
};

struct elaborator {
	struct unit *unit;
	struct arena *arena;
	struct diagnostics *d;
	struct program *p;
	struct model *model;
	struct scope *globals;
	bool training;
	int quiet;     /* > 0: trying out, report nothing */
	int depth;     /* of expressions, calls and all */
	int calls;     /* that are being expanded, the outermost first */
	struct chained_call chain[MOST_CALLS];
	bool frozen;   /* parameters made now are not learned */
	const char *place; /* the first place_count names of the path, told apart by the uses of named layers: "enc@2.inner" */
	int place_count;
	int unknown_callee; /* > 0: inside the arguments of something unknown, which may want layers without an input */
	bool subscript; /* inside [..]: / and % are whole-number */
	LIST(struct index *) context; /* the indices that values may depend on: samples, mapped axes, the left side's */
	LIST(const char *) path;      /* of weights */
	struct map counts;            /* how often a layer was called in a place, by path and name: Dense1, Dense2 ... */
	LIST(struct expr *) guards;
	LIST(struct access) accesses;
	struct index *batch;
	struct frame *frame;
	struct instance *instance; /* being applied */
	struct node *statement;
	const struct node *train; /* the block that is being read */
	struct node *block; /* being run, and which of its statements */
	int position;
	struct span weights_used; /* where `weights` was used, and how many there were */
	int weights_count;
	struct span answered;       /* in this statement: what is wrong in it belongs to a mistake that is reported */
	LIST(const char *) unknown; /* names already reported in this statement */
	struct define_option *defines;
	int define_count;
	LIST(struct state_binding) states;
	LIST(struct expanded *) expanded; /* calls of layers, in the order in which they ended */
	struct expr *loss; /* what the `loss` statements so far add up to, penalties and all */
	struct optimizer *optimizer; /* being built */
	struct scope *counters; /* step, steps, epoch, in an optimizer and in what it calls; NULL: elsewhere */
};

/* value.c */
struct value *value_new(struct elaborator *e, enum value_kind kind, struct span span);
struct value *value_error(struct elaborator *e);
struct value *value_number(struct elaborator *e, double v, struct span span);
struct value *value_truth(struct elaborator *e, bool v, struct span span);
struct value *value_tensor(struct elaborator *e, int rank, struct index *const axes[], struct expr *body, struct span span);
struct value *value_of_tensor(struct elaborator *e, struct tensor *t, int leading, struct index *const lead[], struct span span);
struct value *as_tensor(struct elaborator *e, struct value *v); /* numbers and lists too; reports and gives NULL otherwise */
/* fresh axes, of the sizes and names of `like` */
void new_axes(struct elaborator *e, int rank, struct index *const like[], struct index *out[]);
/* the value at the last v->n of `n` indices */
struct expr *value_at_tail(struct elaborator *e, const struct value *v, int n, struct index *const axes[]);
struct expr *value_at(struct elaborator *e, const struct value *v, struct expr *const subscripts[]);
struct value *elementwise(struct elaborator *e, struct span span, struct span op, const char *name,
			  struct expr *(*f)(struct program *, struct expr *, struct expr *), struct value *a, struct value *b);
struct value *evaluate(struct elaborator *e, struct node *n, struct scope *s);
/* the same where `normal(0, 0.02)` says how a parameter starts, and draws nothing: an argument, its default, a `let` */
struct value *evaluate_argument(struct elaborator *e, struct node *n, struct scope *s);
/* counts one piece of work; true: it has become too much, which was reported at the first such span */
bool too_much_work(struct elaborator *e, struct span span);
/* from now on it is too much */
void give_up(struct elaborator *e);
struct value *materialise(struct elaborator *e, struct value *v, const char *name, bool force, struct span span);
struct value *reduce_value(struct elaborator *e, enum reduction r, int n, struct index *const bound[], struct value *body, struct span span);
struct value *reduce_all(struct elaborator *e, enum reduction r, struct value *v, struct span span);
/* draws without subscripts become one per element of the left side */
const char *draw_path(struct elaborator *e, const char *name); /* the path, with the uses of named layers: "enc@2.Dropout1.uniform1" */
struct expr *place_draws(struct elaborator *e, struct expr *body, int n, struct index *lhs[], const char *name);
int dependencies(struct elaborator *e, struct expr *body, int n, struct index *const minus[], struct index **out);
const char *path_name(struct elaborator *e, const char *base);
const char *shape_text(struct elaborator *e, const struct value *v);
const char *dims_text(struct arena *a, int rank, const long shape[]);
void value_shape(const struct value *v, long shape[]);
bool whole_number(struct elaborator *e, struct value *v, struct span span, const char *what, long *out);
void note_frames(struct elaborator *e, struct diagnostic *m);
void note_history(struct elaborator *e, struct diagnostic *m, const char *name, const struct value *v);
void note_stages(struct elaborator *e, struct diagnostic *m, const char *title, const struct stage *last);
struct value *with_stage(struct elaborator *e, struct value *v, struct stage *before, const char *text);
/* a place inside the library is the compiler's business: the user's call instead */
struct span own_place(const struct elaborator *e, struct span where);
/* a diagnostic, or NULL while only trying */
struct diagnostic *problem(struct elaborator *e, const char *code, struct span where, const char *label, const char *format, ...)
	__attribute__((format(printf, 5, 6)));

/* scopes (value.c) */
struct scope *scope_new(struct elaborator *e, struct scope *up);
void scope_bind(struct elaborator *e, struct scope *s, const char *name, struct value *v);
void rebind(struct elaborator *e, struct scope *s, const char *name, struct value *v); /* through repeat bodies */
struct value *look_up(const struct scope *s, const char *name);
struct value *own_value(const struct scope *s, const char *name); /* of this scope alone; NULL: none */
struct value *unknown_name(struct elaborator *e, struct node *n, struct scope *s);

/* apply.c */
struct value *apply_call(struct elaborator *e, struct node *call, struct scope *s, struct value *piped);
struct value *primitive_named(struct elaborator *e, const char *name); /* NULL: none */
/* the same elements in the same order; there are as many */
struct value *reshaped(struct elaborator *e, const struct value *x, int rank, const long dims[], struct span span);
/* `normal(0, 1)` where numbers are drawn; its two arguments, or NULL */
void report_drawn(struct elaborator *e, struct span call, const char *name, struct value *const numbers[]);
const char *primitive_name(int i);
int asked_rank(const struct node *definition); /* axes that the signature asks of the first argument; 0: it may be anything, or is no tensor */
/* a value for each of many scores, but one class: reported */
bool one_class_for_many(struct elaborator *e, const struct value *v);
bool is_schedule(struct elaborator *e, const struct value *v); /* a function that the library lists as such: it reads the counters */

/* advice.c */
/* the values that a list of the file or of the library holds: what messages know about definitions (docs/language.md, section 6.1) */
struct value *fact(struct elaborator *e, const char *name, int i);
/* what a definition gives for these arguments, quietly; an error value where they do not fit */
struct value *try_call(struct elaborator *e, struct value *callee, int n, struct value *const argument[]);
/* helps; each adds one to m where it finds something that fits */
/* `nn.Linear` where nothing is named nn: reported with what the last part is called here */
bool unknown_package(struct elaborator *e, struct node *dot, struct scope *s);
/* "x -> Dense(units)", or "mse(y, t)": what has to be written at least */
const char *call_text(struct elaborator *e, const struct node *definition);
/* `x.flatten` of a tensor, as a method: written as a chain */
void help_method(struct elaborator *e, struct diagnostic *m, const char *base, const char *name, struct scope *s);
void help_name(struct elaborator *e, struct diagnostic *m, const char *name, struct scope *s);
const char *known_as(struct elaborator *e, const char *name); /* what another library's name is called here; NULL: not known */
/* the user's call in which the library asks for something at `where`; NULL: it is not the library */
const char *asked_by(const struct elaborator *e, struct span where);
/* a function has to be a layer */
void help_layer(struct elaborator *e, struct diagnostic *m, const struct node *function);
void help_other_loss(struct unit *u, const struct model *m, struct diagnostic *d); /* a help for a loss without a derivative, where one fits */
void help_shortcut(struct elaborator *e, struct diagnostic *m, const struct value *a, const char *a_name, const struct value *b, const char *b_name);
void help_whole(struct elaborator *e, struct diagnostic *m, const struct value *v);
/* the function that makes one axis of all elements; NULL: there is none */
const char *flattening(struct elaborator *e, int rank, const long shape[], struct span span);
/* of an option that a definition does not have; false: nothing is known about it */
bool help_option(struct elaborator *e, struct diagnostic *m, const char *name, int n, const char *const options[]);
/* a loss whose second argument is one of as many classes as there are scores */
/* a schedule of another library, in an option of an optimizer */
void help_schedule(struct elaborator *e, struct diagnostic *m, const char *name);
/* an option that an optimizer does not have: a schedule or another optimizer that has it */
void help_option_elsewhere(struct elaborator *e, struct diagnostic *m, const struct node *call, const struct node *option);
/* two arguments of which one is a class: a loss that takes them, instead of the function of this name; false: there is none */
bool help_class_loss(struct elaborator *e, struct diagnostic *m, const struct value *scores, const struct value *class, struct span name);
/* `where(c, a, b)` and the like, a call of this name, which are operators here; false: it is none */
bool help_operator(struct elaborator *e, struct diagnostic *m, const struct node *callee, const char *name);
/* statement.c: a target that this depends on; NULL: none */
const struct tensor *target_behind(struct program *p, struct tensor *t);
/* a metric of two arguments that are both computed, where the model has a class that would take the place of the second: a warning */
void note_no_target(struct elaborator *e, struct node *call, struct scope *s, struct tensor *metric);
/* `net = Sequential(..)`, whose stages are written out: a layer above the model, called by its name; false: it is something else */
bool help_layer_of_stages(struct elaborator *e, struct diagnostic *m, const struct node *call, const char *stages);
bool takes_classes(struct elaborator *e, struct value *loss, const struct value *scores, const struct value *class);
void help_divisor(struct elaborator *e, struct diagnostic *m, const struct value *v);

/* place.c: the place of a maximum that is all that a loss depends on; false: it is none of the file's own */
bool report_loss_of_place(struct unit *u, const struct model *m, struct tensor *place);

/* probability.c */
bool is_probability(struct elaborator *e, const struct value *v);
bool is_of_one(struct elaborator *e, const struct value *v);  /* each probability is that of one score: sigmoid */
/* a warning where the result of a call is a probability of one score among one, which is 1 */
void note_certain(struct elaborator *e, const struct node *call_, const struct value *v, const struct value *piped, const char *name);
/* a loss or logarithm of what are probabilities already: what it makes of raw scores itself */
enum makes_probabilities { MAKES_NONE, MAKES_SIGMOID, MAKES_SOFTMAX } takes_logarithm_of(struct elaborator *e, const struct value *result, const struct value *v);

/* require.c */
/* NULL: the requirement holds; else an error value, which ends the definition */
struct value *run_require(struct elaborator *e, struct node *n, struct scope *s);

/* declare.c */
bool type_dims(struct elaborator *e, struct node *type, struct scope *s, int *rank, long shape[]);
void run_input(struct elaborator *e, struct node *n, struct scope *s);
void run_param(struct elaborator *e, struct node *n, struct scope *s);
void run_state(struct elaborator *e, struct node *n, struct scope *s);
/* the weight `name` of a named layer; NULL: there is none (yet) */
struct tensor *weight_of(struct elaborator *e, const struct instance *i, const char *name);

/* statement.c */
struct value *run_block(struct elaborator *e, struct node *block, struct scope *s);
int left_side(struct elaborator *e, struct node *indices, struct scope *outer, struct scope *inner, struct index *out[]);

/* globals.c */
/* the scopes of the library and of every file, anew for this elaborator; its globals are those of the file that is compiled */
void open_globals(struct elaborator *e);
/* reports each -D that replaced nothing */
void check_defines(struct elaborator *e);
struct value *value_of_module(struct elaborator *e, const struct value *lib, struct node *dot);
const char *name_elsewhere(struct elaborator *e, const struct source *file, const char *name, const char **longer);

/* range.c */
/* false: an index would run over two sizes, which was reported */
bool infer_ranges(struct elaborator *e, struct node *n, struct scope *s);
/* how far an index of time runs, from the statements that have it on their left side; 0: nothing says it */
long infer_time(struct elaborator *e, int n, struct node *const statements[], const char *time, struct scope *s);
bool require_range(struct elaborator *e, struct index *i, struct span span);
void prove_accesses(struct elaborator *e, int from);

/* recurrence.c */
bool is_start(const struct node *indexed);
void run_start(struct elaborator *e, struct node *n, struct scope *s, const char *name);
struct recurrence *recurrence_stepped(struct elaborator *e, struct scope *s, const char *name, bool *fine);
struct value *define_recurrence(struct elaborator *e, struct recurrence *r, int count, struct index *const indices[], struct value *v, struct node *n);
struct value *recurrence_at(struct elaborator *e, struct recurrence *r, struct scope *s, struct expr *at, struct node *n);
long recurrence_steps(const struct recurrence *r); /* 0: not known yet */
const struct value *recurrence_start(const struct recurrence *r);
bool recurrence_continues(struct elaborator *e, const struct recurrence *r, struct expr *at);
/* optimizer.c */
void add_optimizer(struct elaborator *e, struct model *m, struct node *n, bool first);
/* NULL: something was wrong, which was reported */
struct optimizer *elaborate_optimizer(struct elaborator *e, struct value *definition, struct node *call);

/* dead.c */
void note_verdict(struct elaborator *e, const struct node *n, const struct value *condition, const struct scope *s);
void check_verdicts(struct unit *u);

/* unused.c */
void check_unused(struct diagnostics *d, const struct node *file);

/* transform.c */
bool is_transformation(const char *name);
/* `flip`, `shift(4)` or `crop(24, 24)`, whose own arguments begin at `first`, behind what `s` has so far; false: reported */
bool read_transformation(struct elaborator *e, struct node *stage, int first, struct source_entry *s);
/* the transformation that cuts larger images to the size of the input; NULL: there is none */
const struct source_transform *find_crop(const struct source_entry *s);
/* is the input an image that they can be done to? */
bool check_transformations(struct elaborator *e, struct tensor *input, const struct source_entry *s);

/* arrow.c */
/* `h = h + h -> Dense(8)`: warns that the arrow takes the sum, where a shortcut was meant; `result` is that of the chain */
void note_doubled(struct elaborator *e, const struct node *chain, const struct value *result, struct scope *s);

/* records.c */
/* the number after the arithmetic of its source from the step `first` on, as trainers do it */
double after_steps(const struct source_entry *s, int first, double x);
/* a list of data: as many numbers in a record as the input has elements, each in its range?  And are there as many records for each input of a group? */
bool check_records(struct elaborator *e, const struct tensor *input, const struct source_entry *s);
void check_lengths(struct elaborator *e, const struct model *m, int group);

/* train.c */
void elaborate_train(struct elaborator *e, struct model *m, struct node *train, struct scope *globals);
struct span declared_name(const struct tensor *t); /* the name in `input x: [2]` */
const char *input_type_text(struct arena *a, const struct tensor *t); /* `[784]`, `0..9`, as in the file */

#endif
