/* syntax.c - from the parser's state at a syntax error to a message that says what to write.
 *
 * First habits from other languages (habit.c), then the bracket left open, then what the state itself says: which construct has been begun,
 * by the symbols on the parser's stack, what could stand here, and how such a thing is written. */
#include "front/syntax.h"
#include "grammar/nn.h"
#include <ctype.h>
#include <string.h>

/* ---- looking ----------------------------------------------------------------------------------------------------------------------- */

bool
found_is(const struct mistake *m, const char *token)
{
	return !strcmp(m->found, token);
}

bool
can_be(const struct mistake *m, const char *token)
{
	for (int i = 0; i < m->n; i++)
		if (!strcmp(m->expected[i], token)) return true;
	return false;
}

bool
behind(const struct mistake *m, int k, const char *symbol)
{
	return k < m->depth && !strcmp(m->before[k], symbol);
}

bool
at_statement(const struct mistake *m)
{
	return m->depth == 0 || behind(m, 0, "items") || behind(m, 0, "stmts") || behind(m, 0, "entries");
}

size_t
word_end(const struct mistake *m, size_t i)
{
	while (isalnum((unsigned char)m->text[i]) || m->text[i] == '_') i++;
	return i;
}

size_t
skip_blanks(const struct mistake *m, size_t i)
{
	while (m->text[i] == ' ' || m->text[i] == '\t') i++;
	return i;
}

size_t
line_start(const struct mistake *m)
{
	size_t i = m->at.begin;
	while (i > 0 && !strchr("\n;{", m->text[i - 1])) i--;
	return skip_blanks(m, i);
}

size_t
line_end(const struct mistake *m, size_t i)
{
	while (i < m->p->source->length && !strchr("\n;#", m->text[i]) && !(m->text[i] == '}' && !memchr(m->text + line_start(m), '{', i - line_start(m)))) i++;
	while (i > m->at.begin && m->text[i] && strchr(";#}", m->text[i]) && strchr(" \t", m->text[i - 1])) i--;
	return i;
}

size_t
expression_start(const struct mistake *m, size_t i)
{
	int depth = 0;
	size_t k = i;
	for (; k > 0; k--) {
		char c = m->text[k - 1];
		if (c == ')' || c == ']') depth++;
		if ((c == '(' || c == '[') && depth-- == 0) break;
		if (depth == 0 && (c == ',' || c == ';' || c == '{')) break;
		if (depth == 0 && c == '=' && !strchr("=<>!", m->text[k - 2 < k ? k - 2 : 0])) break;
		if (depth == 0 && c == '\n' && !strstr("->", (char[]){m->text[k], 0})) break;
	}
	while (k < i && isspace((unsigned char)m->text[k])) k++;
	if (!strncmp(m->text + k, "return ", 7)) k += 7;
	return k;
}

char *
slice(const struct mistake *m, size_t from, size_t to)
{
	while (to > from && isspace((unsigned char)m->text[to - 1])) to--;
	return span_text(m->p->arena, (struct span){m->p->source, from, to});
}

/* ---- saying ------------------------------------------------------------------------------------------------------------------------ */

struct diagnostic *
say(const struct mistake *m, struct span at, const char *label, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *title = arena_vprint(m->p->arena, format, args);
	va_end(args);
	return diag_new(m->p->diagnostics, "syntax", at, label, "%s", title);
}

void
advise(const struct mistake *m, struct diagnostic *d, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	char *help = arena_vprint(m->p->arena, format, args);
	va_end(args);
	diag_help(m->p->diagnostics, d, "%s", help);
	for (int i = 0; i < d->edits.n; i++)
		if (d->edits.at[i].help < 0) d->edits.at[i].help = d->helps.n - 1; /* what the title asks for */
}

/* the last line in front of i that is not empty: where its text ends; 0: there is none */
static size_t
text_before(const struct mistake *m, size_t i)
{
	while (i > 0 && m->text[i - 1] != '\n') i--;
	while (i > 0 && isspace((unsigned char)m->text[i - 1])) i--;
	return i;
}

/* ---- brackets ---------------------------------------------------------------------------------------------------------------------- */

/* the file ends inside a block: one message, however many blocks are open */
static bool
file_ends(const struct mistake *m)
{
	bool end = found_is(m, "the end of the file") || (found_is(m, "the end of the line") && m->at.begin >= m->p->source->length);
	if (!end) return false;
	for (int i = m->p->first_message; i < m->p->diagnostics->all.n; i++) {
		const struct diagnostic *said = m->p->diagnostics->all.at[i];
		if (said->labels.at[0].span.end >= m->p->source->length || !strcmp(said->title, "the file ends too early")) return true;
		for (int k = 1; k < said->labels.n; k++)
			if (!strcmp(said->labels.at[k].text, "still open")) return true;
	}
	struct diagnostic *d = say(m, m->at, "", "the file ends too early");
	struct span open = m->bracket ? m->open : nn_scan_block(m->p);
	size_t before, length = m->p->source->length;
	if (!m->bracket && open.file && find_unclosed(m, &open, &before)) {
		diag_label(m->p->diagnostics, d, open, "still open");
		advise(m, d, "close the block with `}` before line %d", span_place((struct span){m->p->source, before, before}).line);
		close_block(m, d, open, before);
	} else if (open.file) {
		diag_label(m->p->diagnostics, d, open, "still open");
		if (!m->bracket) advise(m, d, "close the block with `}`");
		if (!m->bracket) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, length, length}, "%s}\n", length && m->text[length - 1] == '\n' ? "" : "\n");
	} else {
		d->labels.at[0].text = "the last line is not finished";
	}
	return true;
}

/* nothing else is open on the line that ends at i */
static bool
at_line_end(const struct mistake *m, size_t i)
{
	int depth = 0;
	for (size_t k = m->open.begin; k < i; k++) depth += strchr("([", m->text[k]) ? 1 : strchr(")]}", m->text[k]) ? -1 : 0;
	return depth == 1;
}

static bool
never_closed(const struct mistake *m)
{
	if (!m->bracket || !can_be(m, m->bracket == '(' ? "')'" : "']'")) return false;
	bool goes_on = found_is(m, "the end of the file") || found_is(m, "'}'") || found_is(m, "'='") || found_is(m, "the end of the line") || found_is(m, "'->'") ||
		       span_place(m->at).line != span_place(m->open).line;
	if (!goes_on) return false;
	struct diagnostic *d = say(m, m->open, "opened here", "this `%c` is never closed", m->bracket);
	size_t end = m->open.end;
	while (end < m->p->source->length && !strchr("\n#;", m->text[end])) end++;
	while (end > m->open.end && strchr(" \t\r", m->text[end - 1])) end--;
	bool finished = end > m->open.end && !strchr("([{,=+-*/<>", m->text[end - 1]);
	if (finished && at_line_end(m, end)) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, end, end}, "%c", m->bracket == '(' ? ')' : ']');
	if (span_place(m->at).line != span_place(m->open).line && m->at.begin < m->p->source->length) {
		size_t i = line_start(m);
		diag_label(m->p->diagnostics, d, (struct span){m->p->source, i, i + 1}, "still open here");
	}
	return true;
}

static bool
closes_nothing(const struct mistake *m)
{
	bool closing = found_is(m, "')'") || found_is(m, "']'") || found_is(m, "'}'");
	if (!closing) return false;
	char c = m->found[1], opening = c == ')' ? '(' : c == ']' ? '[' : '{';
	if (m->bracket && m->bracket != opening) {
		struct diagnostic *d = say(m, m->at, "", "`%c` does not close `%c`", c, m->bracket);
		diag_label(m->p->diagnostics, d, m->open, "opened here");
		advise(m, d, "write `%c` here", m->bracket == '(' ? ')' : ']');
		diag_edit(m->p->diagnostics, d, m->at, "%c", m->bracket == '(' ? ')' : ']');
		return true;
	}
	if (m->bracket || (c == '}' && nn_scan_block(m->p).file)) return false;
	struct diagnostic *d = say(m, m->at, "there is none open here", "this `%c` closes no `%c`", c, opening);
	if (!can_be(m, "the end of the line")) return true;
	advise(m, d, "leave it out");
	diag_edit(m->p->diagnostics, d, m->at, "%s", "");
	return true;
}

/* ---- what the state says ----------------------------------------------------------------------------------------------------------- */

static const struct construct {
	const char *symbol, *what, *example;
} constructs[] = {
	{"import", "an import", "import \"blocks.nn\""},
	{"let", "a constant", "let n = 512"},
	{"fn", "a function", "fn half(x) = x / 2"},
	{"optimizer", "an optimizer", "optimizer Plain(lr = 0.1) { w = w - lr * grad }"},
	{"model", "a model", "model Name { ... }"},
	{"train", "a train block", "train Name { ... }"},
	{"input", "an input", "input x: [784]"},
	{"target", "a target", "target t: 0..9"},
	{"param", "a parameter", "param W: [10, 784] ~ glorot_uniform"},
	{"state", "a state", "state s: [10] = 0"},
	{"output", "an output", "output p = sigmoid(y)"},
	{"metric", "a metric", "metric error = abs(y - t)"},
	{"loss", "the loss", "loss = mean((y - t)^2)"},
	{"repeat", "a repetition", "repeat 3 { h = h -> Block }"},
	{"return", "a result", "return y"},
	{"require", "a requirement", "require n > 0, \"what is wrong\""},
	{"if", "a choice", "if c then a else b"},
	{"->", "a chain", "x -> f(a) -> g"},
	{"in", "a range", "i in 0..9"},
	{"of", "a tensor of whole numbers", "[100] of 0..255"},
	{"<-", "the next value of a state", "s <- 0.9 * s + m"},
	{"a reduction", "a sum", "sum(i) a[i] * b[i]"},
};

static const struct construct *
construct_named(const char *symbol)
{
	for (size_t i = 0; i < sizeof constructs / sizeof *constructs; i++)
		if (!strcmp(constructs[i].symbol, symbol)) return &constructs[i];
	return NULL;
}

/* a `layer` in a model names a set of weights, at the top of a file it is a definition */
static const struct construct *
layer_construct(const struct mistake *m, int k)
{
	static const struct construct named = {"layer", "a named layer", "layer enc = Block(64)"}, defined = {"layer", "a layer", "layer Name(x: [n], units: int) { ... return y }"};
	return behind(m, k + 1, "stmts") ? &named : &defined;
}

/* the construct that has been begun: the innermost on the parser's stack */
static const struct construct *
begun(const struct mistake *m)
{
	static const struct construct range = {"..", "a range", "0..9"}, index = {"'['", "an element", "x[i, 2*j+1]"}, list = {"'['", "a list", "[1, 2, 3]"},
				      call = {"'('", "a call", "f(x, a, option=2)"}, group = {"'('", "a value in parentheses", "(a + b)"},
				      equation = {"'='", "a definition", "y = a * x + b"}, indexed = {"indices", "an equation", "y[i] = a[i] * x[i]"},
				      setting = {"'='", "a setting", "epochs = 20"}, parameters = {"'('", "a parameter", "x: [n], units: int, bias = true"},
				      several = {"names", "a definition of several results", "h, c = f(x)"}, result = {"->", "a result", "fn f(x: [n]) -> [n] = ..."},
				      optimizer = {"optimizer", "the setting", "optimizer = Plain(lr=0.1)"};
	for (int k = 0; k < m->depth; k++) {
		const char *s = m->before[k];
		if (!strcmp(s, "entries")) return k ? &setting : NULL;
		if (!strcmp(s, "stmts") || !strcmp(s, "items")) return NULL;
		if (!strcmp(s, "')'") || !strcmp(s, "']'")) { /* back to where it was opened */
			while (k < m->depth && !behind(m, k, "'('") && !behind(m, k, "'['")) k++;
			continue;
		}
		if (!strcmp(s, "layer")) return layer_construct(m, k);
		if (!strcmp(s, "names")) return &several;
		if (!strcmp(s, "optimizer") && behind(m, k + 1, "entries")) return &optimizer;
		if (!strcmp(s, "->") && behind(m, k + 1, "')'")) return &result;
		if (!strcmp(s, "..")) return &range;
		if (!strcmp(s, "'['")) return behind(m, k + 1, "dotted") || behind(m, k + 1, "postfix") || behind(m, k + 1, "closed") ? behind(m, k + 2, "stmts") ? &indexed : &index : &list;
		if (!strcmp(s, "'('")) {
			bool signature = behind(m, k + 2, "fn") || behind(m, k + 2, "layer") || behind(m, k + 2, "optimizer");
			if (signature) return &parameters;
			return behind(m, k + 1, "dotted") || behind(m, k + 1, "a reduction") ? &call : &group;
		}
		if (!strcmp(s, "'='") && behind(m, k + 1, "names")) return &equation;
		if (!strcmp(s, "'='") && behind(m, k + 3, "indices")) return &indexed;
		if (!strcmp(s, "'='") && behind(m, k + 2, "entries")) return &setting;
		if (construct_named(s)) return construct_named(s);
	}
	return NULL;
}

static const char *
shown(const struct mistake *m, const char *token)
{
	if (token[0] == '\'') return arena_print(m->p->arena, "`%.*s`", (int)strlen(token) - 2, token + 1);
	if (!strncmp(token, "a ", 2) || !strncmp(token, "an ", 3) || !strncmp(token, "the ", 4)) return token;
	return arena_print(m->p->arena, "`%s`", token);
}

static const char *
found_text(const struct mistake *m)
{
	bool word = found_is(m, "a name") || found_is(m, "a number") || found_is(m, "a text") || found_is(m, "a reduction");
	return word ? arena_print(m->p->arena, "`%s`", slice(m, m->at.begin, m->at.end)) : shown(m, m->found);
}

/* a token behind a whole value */
static bool
is_ending(const char *token)
{
	return (token[0] == '\'' && strchr(")]}{,", token[1])) || !strcmp(token, "then") || !strcmp(token, "else") || !strcmp(token, "..");
}

/* what could stand here, for a label */
static const char *
expected_text(const struct mistake *m)
{
	struct text t = {.arena = m->p->arena};
	for (int i = 0; i < m->n && m->n <= 4; i++) text_add(&t, "%s%s", i == 0 ? "expected " : i == m->n - 1 ? " or " : ", ", shown(m, m->expected[i]));
	if (t.length) return text_end(&t);
	if (can_be(m, "a name") && can_be(m, "a number")) return "expected a value";
	if (can_be(m, "a name")) return "expected a name";
	if (can_be(m, "the end of the line")) return "the statement ends before this";
	int count = 0, k = 0;
	for (int i = 0; i < m->n; i++) count += is_ending(m->expected[i]);
	for (int i = 0; i < m->n; i++)
		if (is_ending(m->expected[i])) text_add(&t, "%s%s", ++k == count ? " or " : ", ", shown(m, m->expected[i]));
	return arena_print(m->p->arena, "expected an operator%s", text_end(&t));
}

/* at the top of a file: f(x) = x^2   n = 3   Net.fit(x, t) */
static bool
foreign_definition(const struct mistake *m)
{
	size_t name = m->at.begin, end = m->at.end, line = line_end(m, end), close = end;
	if (!found_is(m, "a name") || name != line_start(m)) return false;
	if (m->text[end] == '.') {
		struct diagnostic *d = say(m, m->at, "", "a model has no methods: it is written as a block");
		advise(m, d, "a network is `model Name { ... }`, its training `train Name { ... }`");
		return true;
	}
	bool function = m->text[end] == '(';
	while (function && close < line && m->text[close] != ')') close++;
	if (function && close == line) return false;
	size_t equals = skip_blanks(m, function ? close + 1 : end);
	if (equals >= line || m->text[equals] != '=' || m->text[equals + 1] == '=') return false;
	const char *word = function ? "fn" : "let";
	struct diagnostic *d = say(m, m->at, "", "%s is written with `%s`", function ? "a function" : "a constant", word);
	advise(m, d, "write `%s %s`", word, slice(m, name, line));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, name, name}, "%s ", word);
	return true;
}

/* a statement above begins with `loss` */
static bool
loss_before(const struct mistake *m)
{
	bool first = true;
	for (size_t i = 0; i < m->at.begin; i++) {
		if (first && at_text(m, i, "loss") && m->text[skip_blanks(m, i + 4)] == '=') return true;
		first = m->text[i] == '\n' || m->text[i] == ';' || m->text[i] == '{' || (first && strchr(" \t", m->text[i]));
	}
	return false;
}

/* `loss` in a train block, `model` in a model */
/* let in a train block: in front of it */
static bool
let_in_train(const struct mistake *m)
{
	size_t end = line_end(m, m->at.end), open = nn_scan_block(m->p).begin;
	while (open > 0 && !(m->text[open - 1] == '\n' && at_text(m, open, "train"))) open--;
	if (!found_is(m, "let") || !at_text(m, open, "train")) return false;
	struct diagnostic *d = say(m, m->at, "", "a constant stands outside of the train block");
	advise(m, d, "write `%s` in front of it", slice(m, m->at.begin, end));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, open, open}, "%s\n\n", slice(m, m->at.begin, end));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, end}, "%s", "");
	return true;
}

static bool
misplaced_statement(const struct mistake *m, bool train)
{
	static const char *const of_models[] = {"loss", "metric", "output", "input", "target", "param"}, *const of_files[] = {"model", "train", "fn", "import"};
	if (train && let_in_train(m)) return true;
	for (size_t i = 0; train && i < sizeof of_models / sizeof *of_models; i++)
		if (found_is(m, of_models[i])) {
			struct diagnostic *d = say(m, m->at, "", "`%s` stands in the model, not in its train block", m->found);
			bool again = found_is(m, "loss") && loss_before(m);
			if (again) advise(m, d, "the model has its loss: leave this line out");
			else advise(m, d, "a train block holds settings, `epochs = 20`, and groups, `data { ... }`");
			if (again) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, line_end(m, m->at.end)}, "%s", "");
			return true;
		}
	for (size_t i = 0; !train && i < sizeof of_files / sizeof *of_files; i++)
		if (found_is(m, of_files[i])) {
			struct diagnostic *d = say(m, m->at, "", "`%s` stands at the top of a file, outside of all blocks", m->found);
			struct span open = nn_scan_block(m->p);
			size_t before = m->at.begin;
			if (!before || m->text[before - 1] != '\n') {
				advise(m, d, "a part of a network is a `layer Name(x) = ...`, beside the model");
				return true;
			}
			bool found = find_unclosed(m, &open, &before);
			diag_label(m->p->diagnostics, d, open, "still open");
			if (found && before != m->at.begin) advise(m, d, "close the block with `}` before line %d", span_place((struct span){m->p->source, before, before}).line);
			else advise(m, d, "close the block with `}` before this line");
			close_block(m, d, open, before);
			return true;
		}
	return false;
}

/* `-> f` behind a line that is wrong goes on with it */
static bool
goes_on_with_wrong(const struct mistake *m)
{
	size_t end = text_before(m, m->at.begin);
	const struct diagnostics *all = m->p->diagnostics;
	if (!found_is(m, "->") || all->all.n == m->p->first_message || !end) return false;
	struct span said = all->all.at[all->all.n - 1]->labels.at[0].span;
	return said.begin < end && !memchr(m->text + said.begin, '\n', end - said.begin);
}

static void
wrong_start(const struct mistake *m)
{
	if (goes_on_with_wrong(m)) return;
	bool file = m->depth == 0 || behind(m, 0, "items"), train = behind(m, 0, "entries");
	if ((file && foreign_definition(m)) || (!file && misplaced_statement(m, train))) return;
	struct diagnostic *d = say(m, m->at, "", "%s cannot start a %s", found_text(m), file ? "part of a file" : train ? "setting" : "statement");
	if (file) advise(m, d, "a file holds `model`, `train`, `let`, `fn`, `layer`, `optimizer` and `import`");
	else if (train) advise(m, d, "a train block holds settings, `epochs = 20`, and groups, `data { ... }`");
	else advise(m, d, "a statement gives a value a name, `y = ...`, or starts with a word like `input`, `param`, `loss`, `output` or `repeat`");
}

static bool
inside_definition(const struct mistake *m)
{
	for (int k = 0; k < m->depth; k++)
		if (behind(m, k, "fn") || behind(m, k, "layer")) return true;
	return false;
}

/* the statement begins with a value, to which it gives no name */
/* a line that is indented deeper than the chain above: its arrow is missing */
static bool
arrow_missing(const struct mistake *m, size_t from)
{
	size_t end = text_before(m, from), line = end, own = from;
	while (line > 0 && m->text[line - 1] != '\n') line--;
	while (own > 0 && m->text[own - 1] != '\n') own--;
	size_t first = skip_blanks(m, line);
	if (!end || from - own <= first - line || skip_blanks(m, own) != from) return false;
	bool chain = false;
	for (size_t i = first; i + 1 < end; i++) chain |= at_text(m, i, "->");
	if (!chain) return false;
	struct diagnostic *d = say(m, (struct span){m->p->source, from, word_end(m, from)}, "", "a chain goes on with an arrow");
	advise(m, d, "write `-> %s`", slice(m, from, line_end(m, from)));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, from, from}, "-> ");
	return true;
}

/* y = x -> f ->  and the next line defines something */
static bool
arrow_too_many(const struct mistake *m)
{
	size_t name = m->at.begin;
	if (!found_is(m, "'='") || !behind(m, 1, "->")) return false;
	while (name > 0 && m->text[name - 1] != '\n') name--;
	size_t end = text_before(m, name + 1), arrow = end;
	if (end < 2 || !at_text(m, end - 2, "->")) return false;
	for (arrow -= 2; arrow > 0 && m->text[arrow - 1] == ' ';) arrow--;
	struct diagnostic *d = say(m, (struct span){m->p->source, end - 2, end}, "", "nothing follows this arrow");
	advise(m, d, "leave it out, or write the next function or layer behind it");
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, arrow, end}, "%s", "");
	return true;
}

static bool
nameless_value(const struct mistake *m)
{
	bool name = (behind(m, 0, "dotted") || behind(m, 0, "names") || behind(m, 0, "a name")) && behind(m, 1, "stmts");
	bool call = behind(m, 0, "dotted") && behind(m, 1, "stmts") && found_is(m, "'('");
	if (!name || found_is(m, "a name")) return false;
	size_t from = m->at.begin, to = line_end(m, from);
	while (from > 0 && !strchr("\n;{", m->text[from - 1])) from--;
	from = skip_blanks(m, from);
	for (size_t i = m->at.begin; i < to; i++)
		if (strchr("#;}", m->text[i])) to = i;
	if (arrow_missing(m, from)) return true;
	struct span whole = {m->p->source, from, to};
	while (whole.end > whole.begin + 1 && strchr(" \t\r", m->text[whole.end - 1])) whole.end--;
	struct diagnostic *d = say(m, whole, "", call ? "the result of a call needs a name" : "this value gets no name");
	char *line = slice(m, from, to);
	const char *as = inside_definition(m) ? "return " : "y = ";
	if (found_is(m, "':'") || strlen(line) > 60) advise(m, d, "a statement is written `y = ...`");
	else advise(m, d, "write `%s%s`", as, line);
	if (inside_definition(m) && !found_is(m, "':'") && strlen(line) <= 60) diag_edit(m->p->diagnostics, d, (struct span){m->p->source, whole.begin, whole.begin}, "%s", as);
	return true;
}

static bool
keyword_as_name(const struct mistake *m)
{
	static const char *const connectives[] = {"then", "else", "in", "of", "and", "or", "as"};
	bool keyword = isalpha((unsigned char)m->found[0]) && strncmp(m->found, "a ", 2) && strncmp(m->found, "the ", 4) && strncmp(m->found, "an ", 3);
	for (size_t i = 0; i < sizeof connectives / sizeof *connectives; i++) keyword &= !found_is(m, connectives[i]) || !can_be(m, "a number");
	if (found_is(m, "'='") && m->depth > 1 && isalpha((unsigned char)m->before[0][0]) && can_be(m, "a name") && !can_be(m, "a number") && behind(m, 1, "stmts")) { /* target = .. */
		struct span word = {m->p->source, line_start(m), word_end(m, line_start(m))};
		advise(m, say(m, word, "", "`%s` is a keyword of the language and cannot be a name", m->before[0]), "choose another name");
		return true;
	}
	if (!can_be(m, "a name") || !keyword || at_statement(m)) return false;
	bool own_line = line_start(m) == m->at.begin && span_place(m->at).line > 1;
	if (found_is(m, "loss") && can_be(m, "a number") && !own_line) {
		struct diagnostic *l = say(m, m->at, "", "the loss is no value that is read");
		struct span line = {m->p->source, line_start(m), line_end(m, m->at.end)};
		bool gradient = at_text(m, m->at.begin > 5 ? m->at.begin - 5 : 0, "grad(");
		if (gradient) advise(m, l, "nnc derives its gradient: leave this line out; `nnc grad` prints it");
		if (gradient) diag_edit(m->p->diagnostics, l, line, "%s", "");
		if (at_text(m, line_start(m), "early_stopping_on")) {
			l->title = "what is watched is named in quotes";
			advise(m, l, "write `\"loss\"`");
			diag_edit(m->p->diagnostics, l, m->at, "\"loss\"");
			return true;
		}
		if (!gradient) advise(m, l, "give the value a name of its own first: `e = ...`, then `loss = e`");
		return true;
	}
	struct diagnostic *d = say(m, m->at, "", "`%s` is a keyword of the language and cannot be a name", m->found);
	if (own_line) d->labels.at[0].text = "the line before this is not finished";
	else advise(m, d, "choose another name");
	return true;
}

/* x -> Dense(8) relu -> ... */
static bool
joins_stages(const struct mistake *m, struct diagnostic *d)
{
	const char *so_far = slice(m, line_start(m), m->at.begin);
	if (!found_is(m, "a name") || !can_be(m, "->") || !strstr(so_far, "->")) return false;
	advise(m, d, "the stages of a chain are joined by arrows: `-> %s`", slice(m, m->at.begin, m->at.end));
	diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, m->at.begin}, "-> ");
	return true;
}

/* a, b = f(x), g(x) */
static bool
splits_definition(const struct mistake *m, struct diagnostic *d)
{
	const char *line = slice(m, line_start(m), m->at.begin), *equals = strchr(line, '='), *comma = strchr(line, ',');
	if (!found_is(m, "','") || !can_be(m, "the end of the line") || !equals || !comma || comma > equals) return false;
	advise(m, d, "several names take the results of one call; else each has a definition of its own: `%.*s = ...`", (int)(comma - line), line);
	return true;
}

static void
plain(const struct mistake *m)
{
	struct diagnostic *d = found_is(m, "the end of the line") ? say(m, m->at, expected_text(m), "the line ends too early")
								  : say(m, m->at, expected_text(m), "%s cannot stand here", found_text(m));
	const struct construct *c = begun(m);
	bool value = found_is(m, "a number") || found_is(m, "a text") || found_is(m, "a name");
	if (value && behind(m, 0, "a name") && behind(m, 1, "entries")) { /* epochs 10 */
		advise(m, d, "a setting is written `%s = %s`", slice(m, line_start(m), m->at.begin), slice(m, m->at.begin, m->at.end));
		diag_edit(m->p->diagnostics, d, (struct span){m->p->source, m->at.begin, m->at.begin}, "= ");
		return;
	}
	if (joins_stages(m, d) || splits_definition(m, d)) return;
	if (c) advise(m, d, "%s is written `%s`", c->what, c->example);
	else if (behind(m, 0, "stmt") || behind(m, 0, "item") || behind(m, 0, "entry")) advise(m, d, "a new statement starts on a new line, or behind `;`");
}

/* the file ends in a line whose mistake has been said */
static bool
ends_in_said_line(const struct mistake *m)
{
	const struct diagnostics *d = m->p->diagnostics;
	return found_is(m, "the end of the file") && d->all.n > m->p->first_message && d->all.at[d->all.n - 1]->labels.at[0].span.begin >= line_start(m) && line_start(m) < m->at.begin;
}

enum { MOST_MISTAKES = 100 }; /* who writes so many looks at the first */

void
syntax_error(struct mistake *m)
{
	m->text = m->p->source->text;
	if (m->p->diagnostics->all.n - m->p->first_message >= MOST_MISTAKES) {
		say(m, m->at, "", "this file has more than %d mistakes: the rest of it is not read", MOST_MISTAKES);
		m->p->too_deep = true;
		return;
	}
	if (!nn_scan_recover(m->p, m->at, &m->open, &m->bracket)) m->bracket = 0;
	if (ends_in_said_line(m) ? file_ends(m) : arrow_too_many(m) || habit(m) || file_ends(m)) return;
	if (never_closed(m) || closes_nothing(m) || nameless_value(m) || keyword_as_name(m)) return;
	if (at_statement(m)) wrong_start(m);
	else plain(m);
}
