/* embed.c - a build tool: files as a C table, so that nnc is one program (struct embedded of driver/embedded.h). */
#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
	printf("#include \"driver/embedded.h\"\n");
	for (int i = 1; i < argc; i++) {
		FILE *f = fopen(argv[i], "rb");
		if (!f) {
			perror(argv[i]);
			return 1;
		}
		printf("static const unsigned char file_%d[] = {", i);
		int n = 0;
		for (int c; (c = getc(f)) != EOF; n++) printf("%s%d,", n % 32 ? "" : "\n", c);
		printf("0};\n");
		fclose(f);
	}
	printf("const struct embedded embedded_files[] = {\n");
	for (int i = 1; i < argc; i++) printf("\t{\"%s\", (const char *)file_%d, sizeof file_%d - 1},\n", argv[i], i, i);
	printf("\t{0, 0, 0},\n};\n");
	return 0;
}
