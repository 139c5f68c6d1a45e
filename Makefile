# nnc - a compiler from .nn model files to specialised C.     make, make test, make bless; README.md has the rest.

CC      := $(shell for c in clang-19 clang gcc; do command -v $$c && break; done)
BISON   ?= bison
FLEX    ?= flex
BUILD   ?= build
VERSION := 0.1.0

WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wstrict-prototypes -Wmissing-prototypes
CFLAGS  ?= -O2 -g
override CFLAGS += -std=c11 -D_POSIX_C_SOURCE=200809L -DNNC_VERSION='"$(VERSION)"' $(WARN) -ffp-contract=off $(SANITIZE)
INCLUDE := -Icompiler -I. -I$(BUILD)

SOURCES := $(wildcard compiler/core/*.c compiler/front/*.c compiler/derive/*.c compiler/plan/*.c compiler/emit/*.c compiler/driver/*.c compiler/plot/*.c compiler/data/*.c)
# of the runtime, what reads and writes files: nnc plot uses it, too
SOURCES += $(patsubst %,runtime/%.c,message wrap number json file safetensors npy idx block intake store leave labels column view map)
OBJECTS := $(SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/grammar/nn.o $(BUILD)/grammar/lex.o $(BUILD)/embedded.o
# pictures are read by libpng and libjpeg where these are there to build with
HEADER   = $(shell printf '\043include <stdio.h>\n\043include <%s>\n' $(1) | $(CC) -x c -fsyntax-only - 2>/dev/null && echo yes)
ifeq ($(call HEADER,png.h),yes)
$(BUILD)/compiler/data/png.o: override CFLAGS += -DNNC_HAVE_PNG
PICTURES += -lpng
endif
ifeq ($(call HEADER,jpeglib.h),yes)
$(BUILD)/compiler/data/jpeg.o: override CFLAGS += -DNNC_HAVE_JPEG
PICTURES += -ljpeg
endif
LIBRARY := $(filter-out %/main.o,$(OBJECTS))

# what nnc carries inside: the prelude, the stories of `nnc explain`, and the runtime that it hands out with a trainer
EMBEDDED := compiler/prelude.nn $(sort $(wildcard compiler/explain/*.md)) $(sort $(wildcard runtime/*.c runtime/*.h))

all: $(BUILD)/nnc

$(BUILD)/nnc: $(OBJECTS)
	$(CC) $(SANITIZE) $^ $(PICTURES) -lm -o $@

$(BUILD)/libnnc.a: $(LIBRARY)
	rm -f $@ && ar rcs $@ $^

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(INCLUDE) -MMD -MP -c $< -o $@

$(BUILD)/grammar/nn.c $(BUILD)/grammar/nn.h &: grammar/nn.y
	@mkdir -p $(@D)
	$(BISON) -Wall -Werror --header=$(BUILD)/grammar/nn.h -o $(BUILD)/grammar/nn.c $<
$(BUILD)/grammar/lex.c: grammar/nn.l
	@mkdir -p $(@D)
	$(FLEX) -o $@ $<
$(BUILD)/grammar/%.o: $(BUILD)/grammar/%.c $(BUILD)/grammar/nn.h
	$(CC) $(CFLAGS) $(INCLUDE) -Wno-unused-function -Wno-unused-but-set-variable -Wno-missing-prototypes -Wno-shadow -Wno-sign-compare -MMD -MP -c $< -o $@
$(filter $(BUILD)/compiler/front/%,$(OBJECTS)): $(BUILD)/grammar/nn.h

$(BUILD)/embed: compiler/embed.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $< -o $@
$(BUILD)/embedded.c: $(BUILD)/embed $(EMBEDDED)
	$(BUILD)/embed $(EMBEDDED) > $@
$(BUILD)/embedded.o: $(BUILD)/embedded.c
	$(CC) $(CFLAGS) $(INCLUDE) -c $< -o $@

# data for the examples: points, digits, coloured shapes in the format of CIFAR-10, fables
MAKERS := $(patsubst examples/data/%.c,$(BUILD)/%,$(wildcard examples/data/make_*.c))
$(MAKERS): $(BUILD)/%: examples/data/%.c
$(MAKERS):
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $< -lm -o $@

digits: examples/digits/train-images-idx3-ubyte
cifar: examples/cifar/test_batch.bin
text: examples/text/fables.txt
examples/digits/train-images-idx3-ubyte: $(BUILD)/make_digits
examples/cifar/test_batch.bin: $(BUILD)/make_cifar
examples/text/fables.txt: $(BUILD)/make_text
examples/digits/train-images-idx3-ubyte examples/cifar/test_batch.bin examples/text/fables.txt:
	$< $(@D)

test: all digits cifar text
	@BUILD=$(BUILD) REQUIRE="$(REQUIRE)" tests/run
bless: all
	@BUILD=$(BUILD) BLESS=1 sh tests/suites/golden.sh
# the fuzzers for longer than in the tests, and bugs planted for them to find
fuzz:
	@BUILD=$(BUILD) sh tests/fuzz/planted.sh
# N inputs for each reader of files, or for one (READER=csv); goes on where it was stopped: docs/testing.md
fuzz-readers:
	@BUILD=$(BUILD) N=$(or $(N),20000000) sh tests/fuzz/campaign.sh $(READER)
# the systems of the lecture, trained and drawn: docs/lecture
lecture: all digits
	@BUILD=$(BUILD) docs/lecture/run
	@BUILD=$(BUILD) docs/lecture/mnist
	@BUILD=$(BUILD) docs/lecture/run
lecture-quick: all digits
	@BUILD=$(BUILD) docs/lecture/run quick
bench: all
	@BUILD=$(BUILD) bench/run

# long campaigns: random models (FIRST=1 COUNT=2000), trainings killed at random moments (KILLS=500), and mistakes put into the derivation one by one (ONLY=word)
random: all
	@BUILD=$(BUILD) RANDOM_FIRST=$(or $(FIRST),1) RANDOM_COUNT=$(or $(COUNT),2000) RANDOM_OPTIONS=--full sh tests/suites/random.sh
kill: all
	@KILLS=$(or $(KILLS),500) BUILD=$(BUILD) tests/run runs && grep ' kills ' $(BUILD)/tests/runs.log
mutants: all
	@BUILD=$(BUILD) PYTHONDONTWRITEBYTECODE=1 python3 tests/mutants/mutants.py --only "$(ONLY)"

# every name of the prelude renamed by machine: the compiler's C and the generated arithmetic must not change
check-names: all
	@BUILD=$(BUILD) tests/check-names

clean:
	rm -rf $(BUILD)

.PHONY: all digits cifar text test bless fuzz fuzz-readers bench lecture lecture-quick random kill mutants check-names clean
-include $(OBJECTS:.o=.d)
