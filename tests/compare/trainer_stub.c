/* trainer_stub.c - stands for the trainer in a shared object of an emitted folder: compare.c calls the model's functions itself.  Built with -I FOLDER. */
#include "runtime/program.h"

struct nn_format {
	int none;
};
const struct nn_format nn_csv = {0}, nn_idx = {0}, nn_npy = {0}, nn_npz = {0}, nn_text = {0}, nn_cifar10 = {0};

struct nn_method {
	int none;
};
const struct nn_method nn_lbfgs = {0};

int
nn_trainer(const struct nn_program *program, int argc, char **argv)
{
	(void)program, (void)argc, (void)argv;
	return 2;
}
