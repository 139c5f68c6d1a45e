/* trainer_stub.c - stands for the trainer in a shared object of an emitted folder: compare.c calls the model's functions itself. */
struct nn_program;
int nn_trainer(const struct nn_program *program, int argc, char **argv);

int
nn_trainer(const struct nn_program *program, int argc, char **argv)
{
	(void)program, (void)argc, (void)argv;
	return 2;
}
