/* plan.h - from equations to kernels: which loops compute what, in which order, and where it lies.
 *
 * plan.c    kernels: contractions become register tiles, what follows them element by element is fused into their store
 * memory.c  buffers: lifetimes and offsets
 * chunks.c  a batch in pieces
 *
 * A plan belongs to one entry of the generated interface (predict, evaluate, train).  Indices are recognised by their roles, never by how an equation
 * is spelled: rows belong to one factor, lanes to the other, what both have and the result lacks is summed. */
#ifndef NNC_PLAN_H
#define NNC_PLAN_H

#include "core/lower.h"
#include "front/elaborate.h"

enum kernel_kind {
	KERNEL_TILE,  /* y[n,j] = sum(i) W[j,i] * x[n,i]: lanes are samples, 6 rows at a time; then maps of the same shape */
	KERNEL_LANES, /* maps and reductions of samples, a vector of samples at a time */
	KERNEL_ROWS,  /* a copy of a value with the samples as rows, for the outer product */
	KERNEL_OUTER, /* dW[j,i] = sum(n) dz[n,j] * x[n,i]: lanes are i; then maps of the same shape; rows are handed to the update */
	KERNEL_FOLD,  /* sums over samples with at most one axis left: 16 running sums and a tree */
	KERNEL_PLAIN, /* everything else: one number at a time */
};

struct merge { /* two indices that run through memory like one: c = b.size * a + b */
	struct index *a, *b, *c;
};

struct kernel {
	enum kernel_kind kind;
	LIST(struct equation *) equations; /* a contraction first, then what is fused behind it */
	struct tensor *rows;   /* KERNEL_ROWS: of which value; KERNEL_OUTER: the factor with the lanes */
	struct expr *left;     /* the factor that is broadcast */
	struct expr *right;    /* the factor that is read as vectors */
	LIST(struct merge) merges;
	LIST(struct index *) outer; /* loops around a tile */
	struct index *row;     /* 6 of these at a time */
	struct index *lane;    /* KERNEL_OUTER: of a vector */
	LIST(struct index *) sum; /* the loops inside a tile, in written order */
	struct tensor *gradient; /* the parameter whose gradient this finishes; NULL: none */
	struct tensor *finished; /* that gradient */
	bool direct;             /* KERNEL_OUTER: rows are handed to the update as they are finished; else the gradient is stored, and used at the end */
	bool over_samples;       /* a sum over the samples: begun in one chunk of a batch, carried on in the next */
	bool at_last;            /* reads such a sum: runs in the last chunk only */
	double carried;          /* over_samples: where its running sums lie between chunks, in reals from the start of their block */
	int parts;             /* pieces that may run at the same time; 1: not worth it.  0: as many as panels */
	const char *name;      /* of the C function; equal kernels share one */
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
	bool panels;        /* an input that some kernel reads as panels */
	bool rows;          /* also kept as [samples][features] */
	bool own_rows;      /* these rows are the caller's */
	long row_stride;
	double offset;      /* bytes for one panel (IN_PANELS), or in the plain block */
	double rows_offset; /* bytes for one panel */
	int first, last;    /* kernels between which it lives */
	int rows_first, rows_last;
};

struct plan {
	struct program *program;
	const char *entry;
	int panel;             /* samples side by side */
	bool f64;
	bool keeps_gradients;  /* all gradients are stored until the last is there: their norm is wanted before any update */
	LIST(struct kernel *) kernels;
	int forward;           /* kernels before this one are needed for the loss */
	struct slot *place;    /* by tensor id */
	bool accumulates;      /* a batch can be worked on in chunks */
	double carried;        /* reals for the running sums between chunks */
	double panel_bytes;    /* of workspace for each panel */
	double plain_bytes;
	double lower_bound;    /* the most that is alive at once, per panel */
	double flops;          /* multiply-adds of the contractions for one sample, times two */
};

/* the entries of the generated interface; each has a plan of its own */
enum entry { PREDICT, EVALUATE, TRAIN, ENTRIES };

/* The plan for an entry of a model; NULL when the model has no use for it. */
struct plan *plan_entry(struct model *m, enum entry entry, bool f64);

/* the plan as text, a line a kernel */
void plan_print(const struct plan *plan, struct text *t);

/* samples side by side for a batch of this size */
int panel_width(double batch_size);

/* A plan for what `wanted` (by tensor id) asks for. */
struct plan *plan_program(struct program *p, const char *entry, const char *wanted, int panel, bool f64, bool keeps_gradients);

/* the offset of a read inside one sample (or the tensor), with the kernel's merged indices; NULL when a subscript is no affine form */
struct affine *flat_access(struct program *p, const struct kernel *k, const struct expr *read);

void place_memory(struct plan *plan);
/* which kernels wait for the last chunk; plan->accumulates */
void plan_chunks(struct plan *plan);

#endif
