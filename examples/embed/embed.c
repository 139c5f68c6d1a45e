/* embed.c - the spiral model inside a program of one's own: trains on spiral.csv, then asks for one point.
 *
 *   build/nnc emit examples/spiral.nn -o build/embed-spiral
 *   cc -std=c11 -O3 -march=native -ffp-contract=off -fno-math-errno -Ibuild/embed-spiral \
 *      examples/embed/embed.c build/embed-spiral/spiral.c -o build/embed-spiral/embed
 *   build/embed-spiral/embed examples/spiral.csv
 *
 * What the model needs is in spiral.h; nothing here depends on the trainer or its runtime. */
#include "spiral.h"
#include <stdio.h>
#include <stdlib.h>

enum { POINTS = 450, BATCH = 45, EPOCHS = 100 };

static float x[POINTS][2];
static int32_t t[POINTS];

static int
read_points(const char *path)
{
	FILE *f = fopen(path, "r");
	int n = 0;

	if (!f)
		return 0;
	if (fscanf(f, "%*[^\n]\n") == EOF) /* the header */
		n = -1;
	while (n >= 0 && n < POINTS && fscanf(f, "%f,%f,%d", &x[n][0], &x[n][1], &t[n]) == 3)
		n++;
	fclose(f);
	return n == POINTS;
}

/* the model in memory of its own; nothing else is ever allocated */
static struct spiral *
open_model(void)
{
	size_t bytes = (spiral_memory(BATCH, NN_TRAIN) + 63) / 64 * 64;
	void *memory = bytes ? aligned_alloc(64, bytes) : NULL;

	return memory ? spiral_open(memory, bytes, BATCH, NN_TRAIN) : NULL;
}

/* returns 0 when the loss is not finite */
static int
train(struct spiral *m)
{
	const double adam[] = {1e-2, 0.9, 0.999, 1e-8}; /* lr, beta1, beta2, eps: the order stands in spiral.h */
	struct nn_when when = {0, EPOCHS * POINTS / BATCH, 0};

	for (int epoch = 0; epoch < EPOCHS; epoch++) {
		double sums[2] = {0}; /* loss, acc */
		for (int first = 0; first < POINTS; first += BATCH) {
			when.step++;
			when.epoch = epoch + (double)first / POINTS;
			if (spiral_step(m, 0, adam, when, BATCH, x[first], t + first, sums))
				return 0;
		}
		if (epoch % 25 == 0 || epoch == EPOCHS - 1)
			printf("epoch %3d  loss %.4f  acc %.1f %%\n", epoch + 1, sums[0] / POINTS, 100 * sums[1] / POINTS);
	}
	return 1;
}

int
main(int argc, char **argv)
{
	const float point[1][2] = {{0.5f, 0.5f}};
	float p[1][3];
	double sums[2] = {0};
	struct spiral *m = open_model();

	if (argc != 2 || !m || !read_points(argv[1])) {
		fprintf(stderr, "usage: embed spiral.csv\n");
		return 1;
	}
	for (size_t k = 0; k < spiral_tensor_count; k++)
		if (spiral_tensors[k].role == NN_PARAM)
			printf("%-9s %4zu numbers at byte %zu\n", spiral_tensors[k].path, spiral_tensors[k].count, spiral_tensors[k].offset);
	spiral_start(m, 1);
	if (!train(m)) {
		fprintf(stderr, "the loss is not finite\n");
		return 1;
	}
	spiral_prepare(m);
	spiral_evaluate(m, POINTS, x[0], t, sums);
	printf("evaluated: loss %.4f  acc %.1f %%\n", sums[0] / POINTS, 100 * sums[1] / POINTS);
	spiral_predict(m, 1, point[0], p[0]);
	printf("(%g, %g) is on arm 0, 1, 2 with %.4f, %.4f, %.4f\n", point[0][0], point[0][1], p[0][0], p[0][1], p[0][2]);
	free(m);
	return 0;
}
