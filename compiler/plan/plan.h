/* plan.h - from equations to kernels: which loops compute what, in which order, and where it lies.
 *
 * plan.c      the plan of an entry, and its text
 * schedule.c  the order of equations
 * roles.c     what an equation is by the roles of its indices: which register tile, which loops
 * taps.c      sums that slide a window: which of its elements hold where
 * fuse.c      kernels: contractions with the maps behind them, runs of sample-wise equations
 * storage.c   what is stored, as what, and for how long; views need no place
 * memory.c    offsets
 * chunks.c    a batch in pieces
 *
 * A plan belongs to one entry of the generated interface (predict, evaluate, train; the first two for a single sample, too).  Indices are recognised by their roles, never by how an equation
 * is spelled: rows belong to one factor, columns to the other, what both have and the result lacks is summed. */
#ifndef NNC_PLAN_H
#define NNC_PLAN_H

#include "core/lower.h"
#include "front/elaborate.h"

enum kernel_kind {
	KERNEL_TILE,    /* y[n,j,..] = sum(i,..) W[j,i,..] * x[n,i,..]: lanes are samples, 6 rows at a time; then maps of the same shape */
	KERNEL_PAIR,    /* s[n,i,j] = sum(k) q[n,i,k] * k[n,j,k]: both factors belong to samples: rows and columns for one vector of samples; then maps of the same shape */
	KERNEL_LANES,   /* maps and reductions of samples, a vector of samples at a time */
	KERNEL_ROWS,    /* a copy of a value with the samples as rows, for the outer product */
	KERNEL_OUTER,   /* dW[j,i] = sum(n,..) dz[n,..,j] * x[n,..,i]: lanes are i; then maps of the same shape; rows are handed to the update */
	KERNEL_DOT,     /* dW[f,a,..] = sum(n,i,..) dy[n,f,i,..] * x[n,a,..]: 16 running sums for each element of a tile of rows and columns */
	KERNEL_TAPS,    /* dW[f,a,u,v] = sum(n,i,j) dy[n,f,i,j] * x[n,a,i+u-1,j+v-1]: the same for a few rows and a whole window u, v */
	KERNEL_FOLD,    /* other sums over samples: 16 running sums and a tree */
	KERNEL_SCATTER, /* dE[p,k] = sum(n,t) if s[n,t] == p then g[n,t,k] else 0: each term goes to its place */
	KERNEL_PLAIN,   /* everything else: one number at a time */
};

struct stretch { /* for from .. to - 1 of an index of a sum: the taps first .. last - 1 */
	long from, to, first, last;
};

struct sliding { /* an index of a sum along which a window slides */
	struct index *tap;  /* that is left out at its ends; NULL: none is */
	LIST(struct stretch) stretches;
	struct expr *guard; /* without a tap: conditions on it and on loops around the tile; NULL: none */
};

struct merge { /* two indices that run through memory like one: c = b.size * a + b */
	struct index *a, *b, *c;
};

struct kernel {
	enum kernel_kind kind;
	LIST(struct equation *) equations; /* a contraction first, then what is fused behind it */
	const struct recurrence_of *loop; /* it computes one step of this recurrence; NULL: everything at once */
	struct tensor *rows;   /* KERNEL_ROWS: of which value; KERNEL_OUTER: the factor with the lanes */
	struct expr *left;     /* the factor that has the rows */
	struct expr *right;    /* the factor that is read as vectors, or has the columns */
	struct expr *guard;    /* a condition on indices in front of the product; NULL: none */
	LIST(struct merge) merges;
	LIST(struct index *) outer; /* loops around a tile */
	struct index *row;     /* 6 of these at a time */
	struct index *lane;    /* KERNEL_OUTER: of a vector */
	struct index *column;  /* KERNEL_DOT, KERNEL_PAIR: a few of these at a time; NULL: none */
	LIST(struct index *) sum; /* the loops inside a tile, in written order, without that over samples */
	LIST(struct index *) taps; /* KERNEL_TAPS: the indices of the window */
	LIST(struct sliding) slides; /* KERNEL_TAPS: for each of `sum` */
	struct index *scattered; /* KERNEL_SCATTER: the index that a look-up decides */
	struct expr *condition;  /* and by which condition */
	struct tensor *gradient; /* the parameter whose gradient this finishes; NULL: none */
	struct tensor *finished; /* that gradient */
	bool direct;             /* KERNEL_OUTER: rows are handed to the update as they are finished */
	bool early;              /* else the stored gradient is handed on right behind the kernel, or, where something reads the parameter later, at the end */
	bool over_samples;       /* a sum over the samples: begun in one chunk of a batch, carried on in the next */
	bool at_last;            /* reads such a sum: runs in the last chunk only */
	double carried;          /* over_samples: where its running sums lie between chunks, in reals from the start of their block */
	int parts;             /* pieces that may run at the same time; 1: not worth it.  0: as many as panels */
	bool split_outer;      /* parts are pieces of the first outer loop; else of the rows */
	struct emitted *function; /* what the printer made of it; equal kernels share one */
	struct operand_list *operands;
};

enum storage {
	NOT_STORED,   /* lives in registers of the one kernel that makes and reads it */
	CALLERS_ROWS, /* an input: the caller's array; panels are packed from it */
	IN_MODEL,     /* parameters, states */
	IN_PANELS,    /* [panels][features][PANEL] */
	IN_PLAIN,     /* [elements] */
	COMPUTED,     /* draws */
};

struct slot {
	enum storage storage;
	struct tensor *view; /* the same elements in the same order lie in this tensor's place; NULL: it has its own */
	bool panels;        /* an input that some kernel reads as panels */
	bool rows;          /* also kept as [samples][features] */
	bool own_rows;      /* these rows are the caller's */
	long row_stride;
	double offset;      /* bytes a sample (IN_PANELS), or in the plain block */
	double rows_offset; /* bytes a sample */
	int first, last;    /* kernels between which it lives */
	int rows_first, rows_last;
};

struct plan {
	struct program *program;
	const char *entry;
	bool single;           /* for one sample: nothing lies beside it */
	bool f64;
	bool keeps_gradients;  /* all gradients are stored until the last is there: their norm is wanted before any update */
	LIST(struct kernel *) kernels;
	int forward;           /* kernels before this one are needed for the loss */
	struct slot *place;    /* by tensor id */
	bool accumulates;      /* a batch can be worked on in chunks */
	double carried;        /* reals for the running sums between chunks */
	double sample_bytes;   /* of workspace for each sample; of a single one, all */
	double plain_bytes;
	double lower_bound;    /* the most that is alive at once, a sample */
	double flops;          /* multiply-adds of the contractions for one sample, times two */
};

/* the entries of the generated interface; each has a plan of its own, and the first two one more for a single sample */
enum entry { PREDICT, EVALUATE, TRAIN, PREDICT_ONE, EVALUATE_ONE, ENTRIES };

/* The plan for predict, evaluate or train of a model; NULL when the model has no use for it. */
struct plan *plan_entry(struct model *m, enum entry entry, bool f64);

/* The same kernels for a single sample; NULL when one of them adds samples up. */
struct plan *plan_for_one(const struct plan *plan, const char *entry);

/* All plans of a model.  Those for a single sample are there together, for all that it predicts and evaluates, or not at all. */
void plan_model(struct model *m, bool f64, struct plan *plans[ENTRIES]);

/* the plan as text, a line a kernel */
void plan_print(const struct plan *plan, struct text *t);

/* the most samples side by side for a batch of this size */
int panel_width(double batch_size);

/* A plan for what `wanted` (by tensor id) asks for. */
struct plan *plan_program(struct program *p, const char *entry, const char *wanted, bool f64, bool keeps_gradients);

/* the tensor in whose place t lies: t itself, unless it is a view */
struct tensor *plan_root(const struct plan *plan, struct tensor *t);

/* ---- schedule.c -------------------------------------------------------------------------------------------------------------------------- */

struct schedule { /* equations in order, views left out */
	struct program *p;
	struct equation **of;  /* by tensor id */
	int n;
	struct equation **order;
	int *position;         /* by tensor id: of its equation; -1: none, views have that of their root */
	const struct recurrence_of **loop; /* by position: the recurrence that the equation belongs to; NULL: none */
	struct readers { int n; int *at; } *readers; /* by tensor id: positions of the equations that read it */
};

/* `need` and `forward`, by tensor id: what the entry needs, and what of that the loss needs; parameters are updated after all that reads them */
struct schedule schedule_equations(struct plan *plan, const char *need, const char *forward);
struct tensor *param_of_gradient(const struct tensor *t); /* the parameter whose gradient t is; NULL: none */

/* ---- roles.c --------------------------------------------------------------------------------------------------------------------------------- */

bool has_batch_bound(const struct equation *q);
/* the index of time of an equation of the kernel's recurrence; NULL: none */
struct index *kernel_time(const struct kernel *k, const struct equation *q);
/* the offset of a read inside one sample (or the tensor), with the kernel's merged indices; NULL when a subscript is no affine form */
struct affine *flat_access(struct program *p, const struct kernel *k, struct expr *read);
bool in_access(const struct affine *a, const struct index *i);
long stride_in(const struct affine *a, const struct index *i); /* 0: it is not in it */
/* is the index, or a number made of it, more than a subscript: compared, or part of a value? */
bool computes_with(struct program *p, const struct equation *q, const struct index *i);
/* A kernel for the equation as a contraction, without its loops; NULL: it is none. */
struct kernel *contraction(struct program *p, struct equation *q, const struct recurrence_of *loop);
/* its loops, once all its equations are known; false: none fit */
bool contraction_loops(struct program *p, struct kernel *k);
/* a sum over samples that is kept as 16 running sums */
bool has_running_sums(const struct kernel *k);
/* KERNEL_OUTER over more than the samples: its sums wait in memory while it works on a few samples at a time; both factors are read as rows */
bool sums_in_memory(const struct kernel *k);
double contraction_size(const struct kernel *k); /* multiply-adds for one sample */
/* KERNEL_TAPS: so many rows and so many of the innermost loop around them are summed together; tap_blocks: how often */
enum { TAP_ROWS = 6, TAP_PLACES = 8 };
long tap_blocks(const struct kernel *k);
int contraction_parts(struct kernel *k, int samples); /* how many pieces are worth it for so many samples */

/* ---- taps.c ------------------------------------------------------------------------------------------------------------------------------------ */

/* Finds among these indices a window that slides along the kernel's sums and fits into a tile.  Sets taps and slides, and makes the factor
 * without taps the left one.  False: there is none. */
bool find_taps(struct program *p, struct kernel *k, struct index *const list[], int n);

/* ---- fuse.c, storage.c, memory.c ------------------------------------------------------------------------------------------------------------- */

void form_kernels(struct plan *plan, struct schedule *s);
/* views among the equations; before the schedule */
void find_views(struct plan *plan, const char *wanted);
void find_gradients(struct plan *plan);
void decide_storage(struct plan *plan, const char *wanted);
void place_memory(struct plan *plan);
/* which kernels wait for the last chunk; plan->accumulates */
void plan_chunks(struct plan *plan);

#endif
