/* foreign.c - words, statements and declarations of Python, PyTorch, Keras and C, answered with how it is written here. */
#include "front/syntax.h"
#include <ctype.h>
#include <string.h>

static const struct start { /* a word that begins a statement elsewhere */
	const char *word, *title, *help;
	const char *instead; /* the word to type; NULL: more than this changes */
	bool (*rewrite)(const struct mistake *m, struct diagnostic *d, struct span word); /* all of it, where it can be done; NULL: it cannot */
} starts[] = {
	{"def", "a function is written with `fn`", "`fn name(x) = ...`, or `layer Name(x) = ...` where it has weights", NULL, rewrite_definition},
	{"function", "a function is written with `fn`", "`fn name(x) = ...`, or `layer Name(x) = ...` where it has weights", NULL, rewrite_definition},
	{"func", "a function is written with `fn`", "`fn name(x) = ...`, or `layer Name(x) = ...` where it has weights", NULL, rewrite_definition},
	{"fun", "a function is written with `fn`", "`fn name(x) = ...`, or `layer Name(x) = ...` where it has weights", NULL, rewrite_definition},
	{"lambda", "a function is written with `fn`", "`fn name(x) = ...`, or `layer Name(x) = ...` where it has weights", NULL, NULL},
	{"class", "there are no classes", "a network is written `model Name { ... }`, a part of one `layer Name(x) { ... }`", NULL, NULL},
	{"struct", "there are no structures", "a network is written `model Name { ... }`, a part of one `layer Name(x) { ... }`", NULL, NULL},
	{"for", "there are no loops", "copies of a layer are written `repeat 3 { h = h -> Block }`, sums `sum(i) ...`; an equation `y[i] = ...` holds for all i", NULL, rewrite_loop},
	{"while", "there are no loops", "copies of a layer are written `repeat 3 { h = h -> Block }`, sums `sum(i) ...`; an equation `y[i] = ...` holds for all i", NULL, NULL},
	{"end", "a block ends with `}`", "statements need no `end`", NULL, NULL},
	{"from", "only .nn files are imported", "for example `import \"blocks.nn\"`; the library is always there", NULL, NULL},
	{"import", "only .nn files are imported", "for example `import \"blocks.nn\"`; the library is always there", NULL, rewrite_import},
	{"include", "only .nn files are imported", "for example `import \"blocks.nn\"`; the library is always there", NULL, rewrite_import},
	{"elif", "an `elif` is written `else if`", "`y = if c then a else if d then b else e`", "else if", NULL},
	{"else", "`else` belongs to an `if` inside an expression", "write `y = if c then a else b`", NULL, NULL},
	{"then", "`then` belongs to an `if` inside an expression", "write `y = if c then a else b`", NULL, NULL},
	{"with", "there is no `with`", "a name is given to a value: `y = ...`", NULL, NULL},
	{"try", "there are no exceptions", "what can be wrong is found when compiling", NULL, NULL},
	{"print", "a model prints nothing", "what `predict` returns is an `output y`, what training shows a `metric m = ...`", NULL, NULL},
	{"assert", "a condition on sizes is written with `require`", "`require n > 0, \"what is wrong\"`", NULL, NULL},
	{"del", "values are not deleted", "what nothing reads is not computed", NULL, NULL},
	{"pass", "there is no `pass`", "a block may be empty: `{ }`", NULL, NULL},
	{"const", "a constant is written with `let`", "`let n = 3`", "let", NULL},
	{"var", "a constant is written with `let`, a value of the network without", "`let n = 3`, or `y = ...`", NULL, NULL},
	{"val", "a constant is written with `let`, a value of the network without", "`let n = 3`, or `y = ...`", NULL, NULL},
	{"auto", "a constant is written with `let`, a value of the network without", "`let n = 3`, or `y = ...`", NULL, NULL},
	{"int", "a constant is written with `let`", "`let n = 3`", "let", NULL},
	{"float", "a constant is written with `let`, a parameter with `param`", "`let n = 3`, or `param b: real = 0`", NULL, rewrite_constant},
	{"double", "a constant is written with `let`, a parameter with `param`", "`let n = 3`, or `param b: real = 0`", NULL, rewrite_constant},
	{"void", "a function is written with `fn`", "`fn name(x) = ...`", NULL, NULL},
	{"static", "a function is written with `fn`, a constant with `let`", "`fn name(x) = ...`, `let n = 3`", NULL, rewrite_constant},
	{"public", "a function is written with `fn`, a constant with `let`", "`fn name(x) = ...`, `let n = 3`", NULL, rewrite_constant},
	{"tensor", "a tensor from the data is an `input`, one that is learned a `param`", "`input x: [2]`, `param W: [3, 2] ~ glorot_uniform`", NULL, NULL},
	{"global", "names need no declaration", "a definition sees the names of its file", NULL, NULL},
	{"network", "a network is written `model Name { ... }`", "write `model` here", "model", NULL},
	{"net", "a network is written `model Name { ... }`", "write `model` here", "model", NULL},
};

static const char *const types[] = {"const", "unsigned", "int", "long", "float", "double", "bool", "real", "fn", "Tensor"};

static void
answer(const struct mistake *m, struct span word, const struct start *s)
{
	struct diagnostic *d = say(m, word, "", "%s", s->title);
	if (s->rewrite && s->rewrite(m, d, word)) return;
	size_t rest = skip_blanks(m, word.end), end = line_end(m, rest), next;
	for (size_t i = 0; s->instead && i < sizeof types / sizeof *types; i++) /* const int n = 3 */
		if (at_text(m, rest, types[i]) && word_end(m, rest) == rest + strlen(types[i])) rest = skip_blanks(m, word.end = word_end(m, rest));
	next = skip_blanks(m, word_end(m, rest));
	next = skip_blanks(m, word_end(m, rest));
	bool whole = s->instead && word.begin == line_start(m) && next > rest && (m->text[next] == '=' || m->text[next] == '{') && end - rest < 40;
	if (whole) advise(m, d, "write `%s %s`", s->instead, slice(m, rest, end));
	else advise(m, d, "%s", s->help);
	if (s->instead) diag_edit(m->p->diagnostics, d, word, "%s", s->instead);
}

bool
foreign_word(const struct mistake *m, const char *word, struct span where)
{
	for (size_t i = 0; i < sizeof starts / sizeof *starts; i++) {
		if (strcmp(starts[i].word, word)) continue;
		answer(m, where, &starts[i]);
		return true;
	}
	return false;
}

/* the first word of the statement */
static char *
first_word(const struct mistake *m)
{
	size_t i = line_start(m);
	return slice(m, i, word_end(m, i));
}

static struct span
first_word_span(const struct mistake *m)
{
	size_t i = line_start(m);
	return (struct span){m->p->source, i, word_end(m, i)};
}

static bool
misplaced_frozen(const struct mistake *m)
{
	if (!found_is(m, "frozen")) return false;
	struct diagnostic *d = say(m, m->at, "", "`frozen` stands in front of the layer that a name is given to");
	if (!behind(m, 0, "->") || !rewrite_frozen(m, d)) advise(m, d, "for example `layer enc = frozen Block(64)`, then `x -> enc`");
	return true;
}

/* where the expression that begins at i ends: in front of what closes a bracket around it, a comma, a comment, or the line's end */
static size_t
expression_end(const struct mistake *m, size_t i)
{
	int depth = 0;
	for (; i < m->p->source->length; i++) {
		char c = m->text[i];
		if (c == '#' || c == '\n' || c == ';' || c == '{' || c == '}') break;
		if ((c == ')' || c == ']') && depth-- == 0) break;
		if (c == ',' && depth == 0) break;
		depth += c == '(' || c == '[';
	}
	while (i > m->at.begin && strchr(" \t\r", m->text[i - 1])) i--;
	return i;
}

/* sum(i) if c then a else b */
static bool
choice_in_sum(const struct mistake *m)
{
	if (!found_is(m, "if") || !behind(m, 0, "redcall")) return false;
	size_t end = expression_end(m, m->at.begin), from = m->at.begin;
	int depth = 0;
	while (from > 0 && m->text[from - 1] != '\n') { /* back over `sum(i)` */
		char c = m->text[from - 1];
		depth += c == ')' ? 1 : c == '(' ? -1 : 0;
		from--;
		if (c == '(' && depth == 0) break;
	}
	while (from > 0 && word_end(m, from - 1) > from - 1) from--;
	char *choice = slice(m, m->at.begin, end), *sum = slice(m, from, m->at.begin);
	struct diagnostic *d = say(m, m->at, "", "a choice behind `%s` stands in parentheses", sum);
	if (!strstr(choice, " else ")) {
		advise(m, d, "write `%s (if c then a else b)`", sum);
		return true;
	}
	advise(m, d, "write `%s (%s)`", sum, choice);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, m->at.begin}, "(");
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, end, end}, ")");
	return true;
}

/* a if c else b */
static bool
python_choice(const struct mistake *m)
{
	if (!found_is(m, "if") || at_statement(m) || m->depth == 0) return false;
	size_t from = expression_start(m, m->at.begin), end = line_end(m, m->at.end), at = m->at.end;
	char *yes = slice(m, from, m->at.begin);
	if (!*yes || strchr("+-*/%@^<>=(,", yes[strlen(yes) - 1])) {
		struct diagnostic *d = say(m, m->at, "", "an `if` inside an expression stands in parentheses");
		if (m->bracket || memchr(m->text + at, '#', end - at)) advise(m, d, "write `(if c then a else b)`");
		else advise(m, d, "write `%s (%s)`", yes, slice(m, m->at.begin, end));
		if (!m->bracket && !memchr(m->text + at, '#', end - at)) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, end}, "(%s)", slice(m, m->at.begin, end));
		return true;
	}
	while (at < end && strncmp(m->text + at, " else ", 6)) at++;
	struct diagnostic *d = say(m, m->at, "", "a choice is written `if c then a else b`");
	if (at < end && !memchr(m->text + at, '#', end - at) && !m->bracket) {
		char *choice = arena_print(m->p->arena, "if %s then %s else %s", slice(m, skip_blanks(m, m->at.end), at), yes, slice(m, at + 6, end));
		advise(m, d, "write `%s`", choice);
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, end}, "%s", choice);
	} else {
		advise(m, d, "write `if c then %s else ...`", yes);
	}
	return true;
}

static bool
inside_choice(const struct mistake *m)
{
	for (int k = 0; k < m->depth && k < 8; k++) {
		if (behind(m, k, "stmts") || behind(m, k, "items")) return false;
		if (behind(m, k, "if")) return true;
	}
	return false;
}

/* Model Net {   Output y */
static bool
capital_keyword(const struct mistake *m)
{
	static const char *const keywords[] = {"Model", "Train", "Let", "Fn", "Layer", "Import", "Optimizer", "Input", "Target", "Output", "Param", "Loss", "Metric", "Repeat", "Return"};
	struct span word = first_word_span(m);
	char *text = slice(m, word.begin, word.end);
	if (m->at.begin > skip_blanks(m, word.end)) return false;
	for (size_t i = 0; i < sizeof keywords / sizeof *keywords; i++) {
		if (strcmp(keywords[i], text)) continue;
		text[0] = (char)tolower((unsigned char)text[0]);
		struct diagnostic *d = say(m, word, "", "keywords are written in small letters");
		advise(m, d, "write `%s`", text);
		diag_edit(m->p->diagnostics, d, word, "%s", text);
		return true;
	}
	return false;
}

/* nn::Linear(10)   Dense(10).relu */
static bool
member(const struct mistake *m)
{
	size_t from = m->at.begin, end;
	if (found_is(m, "':'") && m->text[m->at.end] == ':') {
		while (from > 0 && word_end(m, from - 1) > from - 1) from--;
		struct diagnostic *d = say(m, (struct span){m->p->source, from, m->at.end + 1}, "", "names have no package in front");
		end = word_end(m, m->at.end + 1);
		advise(m, d, "write `%s`", slice(m, m->at.end + 1, end));
		diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "%s", "");
		return true;
	}
	end = word_end(m, m->at.end);
	if (!found_is(m, "'.'") || char_before(m) != ')' || end == m->at.end || !can_be(m, "->")) return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, end}, "", "values have no methods");
	advise(m, d, "a function follows behind an arrow: `-> %s`", slice(m, m->at.end, end));
	diag_edit(m->p->diagnostics, d, m->at, " -> ");
	return true;
}

/* if c { */
static bool
block_of_choice(const struct mistake *m)
{
	if (!(found_is(m, "'{'") || found_is(m, "':'")) || !inside_choice(m)) return false;
	struct diagnostic *d = say(m, m->at, "", "the condition of an `if` is followed by `then`");
	advise(m, d, "write `y = if c then a else b`");
	return true;
}

static bool
foreign_statement(const struct mistake *m)
{
	const char *word = first_word(m);
	bool on_first_words = m->at.begin <= skip_blanks(m, first_word_span(m).end) + 1;
	if (!strcmp(word, "return") && found_is(m, "return")) {
		struct diagnostic *d = say(m, m->at, "", "`return` belongs into a function or layer");
		advise(m, d, "a model names what `predict` gives: `output y`");
		return true;
	}
	size_t path = skip_blanks(m, first_word_span(m).end), quote = path;
	if (m->text[path] == '"') quote++;
	while (m->text[quote] && !strchr("\"\n", m->text[quote])) quote++;
	if (!strcmp(word, "from") && m->text[path] == '"' && m->text[quote] == '"' && on_first_words) { /* from "blocks.nn" import Block */
		struct diagnostic *d = say(m, first_word_span(m), "", "an import brings all that a file defines");
		advise(m, d, "write `import %s`", slice(m, path, quote + 1));
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, line_start(m), line_end(m, path)}, "import %s", slice(m, path, quote + 1));
		return true;
	}
	if (!on_first_words && strcmp(word, "for") && strcmp(word, "def")) return false;
	if (m->depth && !at_statement(m) && !behind(m, 1, "stmts") && !behind(m, 1, "items") && !behind(m, 1, "entries") && !behind(m, 0, "import")) return false;
	return foreign_word(m, word, first_word_span(m));
}

/* model.add(Dense(3)), model.fit(x, y) */
static bool
method_call(const struct mistake *m)
{
	if (!found_is(m, "'.'") && !(found_is(m, "model") && m->text[m->at.end] == '.')) return false;
	bool model = found_is(m, "model") || (behind(m, 0, "model") && at_text(m, line_start(m), "model."));
	if (!model) return false;
	if (m->bracket == '(' && found_is(m, "model")) { /* Adam(model.parameters(), lr=1e-3) */
		size_t end = word_end(m, m->at.end + 1), close = at_text(m, end, "()") ? end + 2 : end;
		if (at_text(m, line_start(m), "loss") || behind(m, 0, "+")) { /* l2(model.weights) */
			struct diagnostic *w = say(m, (struct span){m->p->source, m->at.begin, close}, "", "a model has no methods: it is written as a block");
			advise(m, w, "all weights together are called `weights`");
			diag_edit(m->p->diagnostics, w, w->labels.at[0].span, "weights");
			return true;
		}
		struct diagnostic *o = say(m, (struct span){m->p->source, m->at.begin, close}, "", "an optimizer gets its options only");
		advise(m, o, "it trains all parameters of the model: leave this out");
		size_t next = m->text[close] == ',' ? skip_blanks(m, close + 1) : close;
		diag_edit(m->p->diagnostics, o, (struct span){m->p->source, m->at.begin, next}, "%s", "");
		return true;
	}
	size_t i = line_start(m);
	struct diagnostic *d = say(m, (struct span){m->p->source, i, word_end(m, i + strlen("model."))}, "", "a model has no methods: it is written as a block");
	advise(m, d, at_text(m, i, "model.add") ? "layers follow each other in a chain: `y = x -> A(64) -> B`" : "a network is `model Name { ... }`, its training `train Name { ... }`");
	return true;
}

/* model Net():   model Net(nn.Module) {   model Net: */
static bool
model_header(const struct mistake *m)
{
	if (!behind(m, 0, "a name") || (!behind(m, 1, "model") && !behind(m, 1, "train")) || !(found_is(m, "'('") || found_is(m, "':'") || found_is(m, "'='"))) return false;
	struct diagnostic *d = say(m, m->at, "", "the name of a %s is followed by a block", behind(m, 1, "model") ? "model" : "train block");
	size_t i = line_start(m), brace = m->at.begin, end = line_end(m, m->at.begin);
	while (brace < end && m->text[brace] != '{') brace++;
	bool named = word_end(m, m->at.end) > m->at.end && m->text[word_end(m, m->at.end)] == ':';
	if (found_is(m, "'('") && named) advise(m, d, "sizes are constants above it, `let units = 128`; `-D units=64` changes them");
	else advise(m, d, "write `%s {`", slice(m, i, m->at.begin));
	size_t first, stop;
	if (found_is(m, "':'") && skip_blanks(m, m->at.end) >= end && indented_block(m, i, &first, &stop)) { /* model Net: */
		diag_edit(m->p->diagnostics, d, m->at, " {");
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, stop, stop}, "\n}");
	}
	if (brace < end && !(found_is(m, "'('") && named)) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, brace}, " ");
	return true;
}

/* train(Net) { */
static bool
train_header(const struct mistake *m)
{
	size_t name = m->at.end, end = word_end(m, name);
	if (!behind(m, 0, "train") || !found_is(m, "'('") || end == name || m->text[end] != ')') return false;
	struct diagnostic *d = say(m, m->at, "", "the name of a train block is followed by a block");
	advise(m, d, "write `train %s {`", slice(m, name, end));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, end + 1}, " %s", slice(m, name, end));
	return true;
}

/* fn f(x): ..   layer L(x) -> relu */
static bool
definition_header(const struct mistake *m)
{
	if (!behind(m, 0, "')'") || !found_is(m, "':'")) return false;
	struct diagnostic *d = say(m, m->at, "", "a definition goes on with `=` or a block");
	size_t next = skip_blanks(m, m->at.end);
	if (at_text(m, next, "return ")) { /* fn f(x): return x^2 */
		size_t value = skip_blanks(m, next + 6);
		advise(m, d, "write `%s = %s`", slice(m, line_start(m), m->at.begin), slice(m, value, line_end(m, value)));
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, value}, " = ");
		return true;
	}
	advise(m, d, "write `%s = ...` or `%s { ... return y }`", slice(m, line_start(m), m->at.begin), slice(m, line_start(m), m->at.begin));
	return true;
}

/* the help says it without `: type`, where a value follows */
static void
drop_type(const struct mistake *m, struct diagnostic *d)
{
	size_t end = line_end(m, m->at.end), equals = m->at.end;
	while (equals < end && m->text[equals] != '=') equals++;
	if (equals < end) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, equals}, char_before(m) == ' ' ? "" : " ");
}

/* param w = randn(3, 4): the type and the start; NULL: it is something else */
static const char *
parameter_meant(const struct mistake *m, size_t value, size_t end)
{
	static const struct { const char *name, *start; } calls[] = {
		{"randn", "~ normal"}, {"normal", "~ normal"}, {"rand", "~ uniform"}, {"uniform", "~ uniform"}, {"zeros", "= 0"}, {"empty", "= 0"}, {"ones", "= 1"},
	};
	size_t open = value, name;
	while (word_end(m, open) > open || m->text[open] == '.') open++;
	for (name = open; name > value && word_end(m, name - 1) > name - 1;) name--;
	size_t from = open + 1, to;
	while (from < end && strchr(" ([", m->text[from])) from++;
	for (to = from; to < end && (word_end(m, to) > to || strchr(", ", m->text[to]));) to++;
	if (m->text[open] != '(' || to == from || !strchr(")]", m->text[to])) return NULL;
	for (size_t i = 0; i < sizeof calls / sizeof *calls; i++)
		if (strlen(calls[i].name) == open - name && at_text(m, name, calls[i].name)) return arena_print(m->p->arena, "[%s] %s", slice(m, from, to), calls[i].start);
	return NULL;
}

/* x: int = 3   input x = [2]   input x [2] */
static bool
declaration(const struct mistake *m)
{
	bool typed = behind(m, 0, "a name") && (behind(m, 1, "input") || behind(m, 1, "target") || behind(m, 1, "param"));
	if (typed && (found_is(m, "'='") || found_is(m, "'['") || found_is(m, "'('") || found_is(m, "a name") || found_is(m, "a number"))) {
		const char *what = m->before[1];
		struct diagnostic *d = say(m, m->at, "expected `:`", "the name of %s is followed by `:` and its type", *what == 'i' ? "an input" : *what == 't' ? "a target" : "a parameter");
		char *name = slice(m, line_start(m), m->at.begin);
		size_t type = found_is(m, "'='") ? skip_blanks(m, m->at.end) : m->at.begin, end = line_end(m, type);
		bool list = m->text[type] == '[' && memchr(m->text + type, ']', end - type);
		const char *open = memchr(m->text + type, '[', end - type), *close = open ? memchr(open, ']', (size_t)(m->text + end - open)) : NULL;
		if (!list && *what != 'p' && close && close[1] == ')' && m->text[word_end(m, type)] == '(') { /* Input(shape=[1, 28, 28]) */
			advise(m, d, "write `%s: %s`", name, slice(m, (size_t)(open - m->text), (size_t)(close + 1 - m->text)));
			diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin - (char_before(m) == ' '), end}, ": %s", slice(m, (size_t)(open - m->text), (size_t)(close + 1 - m->text)));
			return true;
		}
		const char *meant = *what == 'p' && found_is(m, "'='") ? parameter_meant(m, type, end) : NULL;
		if (meant) {
			advise(m, d, "write `%s: %s`", name, meant);
			diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin - (char_before(m) == ' '), end}, ": %s", meant);
			return true;
		}
		if (list) {
			size_t close_ = (size_t)((const char *)memchr(m->text + type, ']', end - type) - m->text) + 1;
			const char *start = *what != 'p' || skip_blanks(m, close_) < end ? "" : memchr(m->text + type, ',', close_ - type) ? " ~ glorot_uniform" : " = 0";
			advise(m, d, "write `%s: %s%s`", name, slice(m, type, close_), start);
			diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin - (char_before(m) == ' '), type}, ": ");
			if (*start) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, close_, close_}, "%s", start);
		}
		else if (*what == 'p') advise(m, d, "for example `%s: [10, 784] ~ glorot_uniform` or `%s: real = 0`", name, name);
		else advise(m, d, "for example `%s: [784]`, `%s: real` or `%s: 0..9`", name, name, name);
		return true;
	}
	size_t space = skip_blanks(m, m->at.end);
	bool real_space = typed && found_is(m, "in") && at_text(m, space, "R^");
	size_t size = space + (real_space ? 2 : 0), last = word_end(m, size);
	if (real_space && last > size) { /* input x in R^784 */
		struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, last}, "", "the name of a value is followed by `:` and its type");
		advise(m, d, "write `%s: [%s]`", slice(m, line_start(m), m->at.begin), slice(m, size, last));
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin - (char_before(m) == ' '), last}, ": [%s]", slice(m, size, last));
		return true;
	}
	if (found_is(m, "':'") && behind(m, 0, "a name") && behind(m, 1, "let")) {
		struct diagnostic *d = say(m, m->at, "", "a constant has no type");
		advise(m, d, "write `%s = ...`", slice(m, line_start(m), m->at.begin));
		drop_type(m, d);
		return true;
	}
	if (found_is(m, "':'") && behind(m, 0, "a name") && behind(m, 1, "entries") && m->text[skip_blanks(m, m->at.end)] == '{') { /* data: { */
		struct diagnostic *d = say(m, m->at, "", "a group of a train block is written without `:`");
		advise(m, d, "write `%s {`", slice(m, line_start(m), m->at.begin));
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, skip_blanks(m, m->at.end)}, " ");
		return true;
	}
	if (found_is(m, "':'") && behind(m, 0, "a name") && behind(m, 1, "entries")) {
		struct diagnostic *d = say(m, m->at, "", "a setting is written with `=`");
		advise(m, d, "write `%s = %s`", slice(m, line_start(m), m->at.begin), slice(m, skip_blanks(m, m->at.end), line_end(m, m->at.end)));
		diag_edit(m->p->diagnostics, d, m->at, " =");
		return true;
	}
	if (found_is(m, "':'") && behind(m, 1, "stmts") && (behind(m, 0, "a name") || behind(m, 0, "dotted"))) {
		struct diagnostic *d = say(m, m->at, "", "a value that is defined has no type");
		char *name = slice(m, line_start(m), m->at.begin);
		advise(m, d, "write `%s = ...`; from the data come `input %s: [784]`, `target %s: 0..9`", name, name, name);
		drop_type(m, d);
		return true;
	}
	return false;
}

static bool
keyword_argument(const struct mistake *m)
{
	if (!found_is(m, "':'") || m->bracket != '(' || (!behind(m, 0, "a name") && !behind(m, 0, "dotted"))) return false;
	size_t from = m->at.begin, end = skip_blanks(m, m->at.end), first = end;
	while (from > 0 && isspace((unsigned char)m->text[from - 1])) from--;
	size_t to = from;
	while (from > 0 && word_end(m, from - 1) > from - 1) from--;
	end = expression_end(m, end);
	size_t line = line_start(m), named = skip_blanks(m, word_end(m, line));
	bool signature = (at_text(m, line, "fn ") || at_text(m, line, "layer ") || at_text(m, line, "optimizer ")) && m->text[word_end(m, named)] == '(';
	struct diagnostic *d = say(m, m->at, "", signature ? "a default is given with `=`" : "an argument is given by name with `=`");
	diag_edit(m->p->diagnostics, d, m->at, "=");
	advise(m, d, "write `%s=%s`", slice(m, from, to), end > first ? slice(m, first, end) : "...");
	return true;
}

/* data = { x = .. } */
static bool
braces_after_equals(const struct mistake *m)
{
	if (!found_is(m, "'{'") || !behind(m, 0, "'='")) return false;
	bool entry = behind(m, 2, "entries");
	struct diagnostic *d = say(m, m->at, "", entry ? "a group of a train block is written without `=`" : "there are no sets and dictionaries");
	if (entry) advise(m, d, "write `%s{`", slice(m, line_start(m), m->at.begin - 1)[0] ? arena_print(m->p->arena, "%s ", first_word(m)) : "data ");
	else advise(m, d, "a list is written `[a, b]`");
	size_t equals = m->at.begin - 1;
	while (equals > 0 && m->text[equals] != '=') equals--;
	if (entry) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, equals, equals + 1}, "%s", "");
	return true;
}

static bool
decorator(const struct mistake *m)
{
	if (!found_is(m, "'@'") || !at_statement(m)) return false;
	struct diagnostic *d = say(m, m->at, "", "there are no decorators");
	advise(m, d, "everything is compiled; `@` multiplies matrices");
	return true;
}

static bool
python_call(const struct mistake *m)
{
	bool stars = found_is(m, "'*'") && m->bracket == '(' && (behind(m, 0, "'('") || behind(m, 0, "','"));
	if (!stars) return false;
	struct diagnostic *d = say(m, m->at, "", "arguments are written one by one");
	advise(m, d, "there is no `*args`");
	return true;
}

/* a value begins here */
static bool
can_start(const struct mistake *m)
{
	return found_is(m, "a name") || found_is(m, "a number") || found_is(m, "a reduction") || found_is(m, "'('");
}

/* loss: x   loss x   metric accuracy(y, t)   output softmax(y)   output y -> softmax */
static bool
unnamed_result(const struct mistake *m)
{
	bool loss = behind(m, 0, "loss") && behind(m, 1, "stmts");
	bool named = behind(m, 0, "a name") && (behind(m, 1, "metric") || behind(m, 1, "output")) && behind(m, 2, "stmts");
	size_t i = line_start(m), from, end = line_end(m, m->at.begin);
	if (loss && (found_is(m, "':'") || can_start(m))) {
		bool colon = found_is(m, "':'");
		struct diagnostic *d = say(m, m->at, "expected `=`", "the loss is written with `=`");
		from = colon ? skip_blanks(m, m->at.end) : m->at.begin;
		advise(m, d, "write `loss = %s`", slice(m, from, end));
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, from}, colon ? " = " : "= ");
		return true;
	}
	bool goes_on = found_is(m, "'('") || found_is(m, "->") || (m->found[0] == '\'' && strchr("+-*/%@^[", m->found[1]));
	if (!named || !goes_on) return false;
	from = skip_blanks(m, word_end(m, i));
	char *value = slice(m, from, end);
	const char *name = behind(m, 1, "output") ? "p" : arena_print(m->p->arena, "%.3s", value);
	struct diagnostic *d = say(m, m->at, "", "%s has a name", behind(m, 1, "output") ? "what is computed for an output" : "a metric");
	advise(m, d, "write `%s %s = %s`", m->before[1], name, value);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, from}, "%s = ", name);
	return true;
}

/* layer Block(x, int units) */
static bool
type_in_front(const struct mistake *m)
{
	bool signature = false;
	for (int k = 0; k < m->depth; k++) signature |= behind(m, k, "'('") && (behind(m, k + 2, "fn") || behind(m, k + 2, "layer") || behind(m, k + 2, "optimizer"));
	if (!found_is(m, "a name") || !behind(m, 0, "a name") || !signature || m->bracket != '(') return false;
	size_t to = m->at.begin, from;
	while (to > 0 && m->text[to - 1] == ' ') to--;
	for (from = to; from > 0 && word_end(m, from - 1) > from - 1;) from--;
	char *type = slice(m, from, to), *name = slice(m, m->at.begin, m->at.end);
	bool known = false;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) known |= !strcmp(types[i], type);
	if (!known) return false;
	const char *here = !strcmp(type, "int") || !strcmp(type, "fn") || !strcmp(type, "real") ? type : !strcmp(type, "float") || !strcmp(type, "double") ? "real" : NULL;
	struct diagnostic *d = say(m, (struct span){m->p->source, from, m->at.end}, "", "the type of a parameter stands behind its name");
	if (here) advise(m, d, "write `%s: %s`", name, here);
	else advise(m, d, "write `%s`", name);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, m->at.end}, "%s%s%s", name, here ? ": " : "", here ? here : "");
	return true;
}

/* layer Block {   layer Block(x) -> Dense(64) -> relu */
static bool
layer_header(const struct mistake *m)
{
	size_t i = line_start(m), name = skip_blanks(m, word_end(m, i)), end = word_end(m, name);
	bool layer = at_text(m, i, "layer "), definition = layer || at_text(m, i, "fn ");
	if (found_is(m, "'{'") && behind(m, 0, "a name") && (behind(m, 1, "layer") || behind(m, 1, "fn"))) {
		struct diagnostic *d = say(m, m->at, "expected `(`", "a definition names its parameters");
		advise(m, d, "write `%s(x) {`", slice(m, i, end));
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, end, end}, "(x)");
		return true;
	}
	if (!definition || !found_is(m, "->") || m->text[end] != '(' || m->bracket) return false;
	size_t first = skip_blanks(m, end + 1), word = word_end(m, first), close = word;
	while (m->text[close] && !strchr(")\n", m->text[close])) close++;
	if (m->text[close] != ')' || word == first) return false;
	size_t arrow = skip_blanks(m, close + 1);
	if (!at_text(m, arrow, "->")) return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, arrow, arrow + 2}, "", "a definition goes on with `=` or a block");
	advise(m, d, "write `%s = %s %s`", slice(m, i, close + 1), slice(m, first, word), slice(m, arrow, line_end(m, arrow)));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, arrow, arrow}, "= %s ", slice(m, first, word));
	return true;
}

/* repeat 3 times { */
static bool
repeat_header(const struct mistake *m)
{
	size_t i = line_start(m), brace = m->at.end;
	if (!at_text(m, i, "repeat ") || !(found_is(m, "a name") || found_is(m, "':'"))) return false;
	while (m->text[brace] && !strchr("{\n", m->text[brace])) brace++;
	if (m->text[brace] != '{' || memchr(m->text + m->at.end, '(', brace - m->at.end)) return false;
	struct diagnostic *d = say(m, m->at, "", "the number of a `repeat` is followed by a block");
	advise(m, d, "write `%s {`", slice(m, i, m->at.begin));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, brace}, "%s", char_before(m) == ' ' ? "" : " ");
	return true;
}

/* target t: {0, 1, 2} */
static bool
set_as_type(const struct mistake *m)
{
	if (!found_is(m, "'{'") || !behind(m, 0, "':'") || !(behind(m, 2, "target") || behind(m, 2, "input"))) return false;
	size_t close = m->at.end;
	int last = 0;
	while (m->text[close] && !strchr("}\n", m->text[close])) last += m->text[close++] == ',';
	struct diagnostic *d = say(m, (struct span){m->p->source, m->at.begin, m->text[close] == '}' ? close + 1 : m->at.end}, "", "classes are a range of whole numbers");
	advise(m, d, "write `0..%d`", last > 0 ? last : 9);
	if (last > 0 && m->text[close] == '}') diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "0..%d", last);
	return true;
}

/* sum_{j} x[j] */
static bool
sum_with_braces(const struct mistake *m)
{
	static const char *const reductions[] = {"sum_", "prod_", "max_", "min_", "mean_"};
	if (!found_is(m, "'{'")) return false;
	size_t word = m->at.begin, close = m->at.end;
	while (word > 0 && word_end(m, word - 1) > word - 1) word--;
	char *name = slice(m, word, m->at.begin);
	bool known = false;
	for (size_t i = 0; i < sizeof reductions / sizeof *reductions; i++) known |= !strcmp(name, reductions[i]);
	while (m->text[close] && !strchr("}\n", m->text[close])) close++;
	if (!known || m->text[close] != '}') return false;
	name[strlen(name) - 1] = 0;
	struct diagnostic *d = say(m, (struct span){m->p->source, word, close + 1}, "", "the indices of a sum stand in parentheses");
	advise(m, d, "write `%s(%s)`", name, slice(m, m->at.end, close));
	diag_edit(m->p->diagnostics, d, d->labels.at[0].span, "%s(%s)", name, slice(m, m->at.end, close));
	return true;
}

/* output y, x */
static bool
several_names(const struct mistake *m)
{
	bool statement = behind(m, 1, "output") || behind(m, 1, "input") || behind(m, 1, "target") || behind(m, 1, "param") || behind(m, 1, "metric") || behind(m, 1, "let");
	if (!found_is(m, "','") || !behind(m, 0, "a name") || !statement) return false;
	size_t next = skip_blanks(m, m->at.end);
	struct diagnostic *d = say(m, m->at, "", "`%s` takes one name", m->before[1]);
	if (word_end(m, next) > next) advise(m, d, "write a line for each: `%s`, then `%s %s`", slice(m, line_start(m), m->at.begin), m->before[1], slice(m, next, word_end(m, next)));
	else advise(m, d, "write a line for each name");
	if (behind(m, 1, "output") && word_end(m, next) > next) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, next}, "; output ");
	return true;
}

/* input x: [2], target t: 0..9;  let n = 1, m = 2 */
static bool
next_statement(const struct mistake *m)
{
	if (!found_is(m, "','") || m->bracket || !can_be(m, "the end of the line")) return false;
	size_t next = skip_blanks(m, m->at.end), end = word_end(m, next), behind_ = skip_blanks(m, end);
	static const char *const words[] = {"input", "target", "param", "output", "metric", "loss", "let"};
	bool statement = false, named = end > next && m->text[behind_] == '=' && m->text[behind_ + 1] != '=';
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) statement |= strlen(words[i]) == end - next && at_text(m, next, words[i]);
	if (!statement && !named) return false;
	const char *again = !statement && at_text(m, line_start(m), "let ") ? "let " : "";
	struct diagnostic *d = say(m, m->at, "", "statements stand on lines of their own, or behind `;`");
	advise(m, d, "write `; %s%s` here", again, slice(m, next, end));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, next}, "; %s", again);
	return true;
}

/* x -> Dense 10 */
static bool
number_behind_layer(const struct mistake *m)
{
	if (!behind(m, 0, "dotted") || !behind(m, 1, "->") || !(found_is(m, "a number") || found_is(m, "a name"))) return false;
	size_t from = m->at.begin, name;
	while (from > 0 && m->text[from - 1] == ' ') from--;
	for (name = from; name > 0 && (word_end(m, name - 1) > name - 1 || m->text[name - 1] == '.');) name--;
	char *argument = slice(m, m->at.begin, m->at.end);
	struct diagnostic *d = say(m, m->at, "", "arguments stand in parentheses");
	advise(m, d, "write `%s(%s)`", slice(m, name, from), argument);
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, m->at.end}, "(%s)", argument);
	return true;
}

bool
foreign(const struct mistake *m)
{
	static bool (*const all[])(const struct mistake *) = {
		rest_of_block, training_call, capital_keyword, member, method_call, foreign_statement, unnamed_result, type_in_front, model_header, train_header, layer_header, repeat_header, set_as_type, sum_with_braces, definition_header, keyword_argument, declaration, braces_after_equals, statement_if, block_of_choice, choice_in_sum, python_choice,
		misplaced_frozen, decorator, python_call, several_names, next_statement, number_behind_layer,
	};
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		if (all[i](m)) return true;
	return false;
}
