/* layout.c - the one layout of .nn files, made of words, comments and nesting alone.
 *
 *   words and what is between them -> pieces -> lines -> blanks between pieces -> columns -> indentation -> text
 *
 * The author's line breaks stay, and at most one empty line in a row.  A block is indented by two blanks, or, where its first statement stands
 * behind the {, to that statement; lines that continue a statement keep their distance to its first line, at least two blanks.
 * Between two words there is one blank or none: a table of rules (blank_between), where the author's taste counts for `a*b` or `a * b`, and
 * for `x[i,j]` or `x[i, j]`.  In consecutive lines the columns are aligned of inputs and targets, of the settings in train blocks, and of
 * other definitions of one kind where the author aligned one of them.  Comments stay in their column as long as there is room. */
#include "front/layout.h"
#include "front/ast.h"
#include "grammar/nn.h"
#include <string.h>

enum { COMMENT = -2, SEMICOLON = -3, INDENT = 2, TAB = 8 };

/* what a bracket is for; of the words that are no bracket, what they are */
enum role { ANY, CALLS, SIGNATURE, REDUCES, GROUPS, SUBSCRIPT, LISTS, BLOCKS, BINARY, UNARY, KEYWORD_ARGUMENT };

struct piece { /* a word, a comment or a `;` */
	int token;
	const char *text;
	int length, width;     /* bytes; columns */
	int source_column;     /* 0: the first */
	int source_blanks;     /* before it on its line; a tab counts as two */
	enum role role;
	int open;              /* the innermost bracket around it, as a piece; -1: none.  Of a closing bracket, the opening one */
	int block;             /* the innermost { around it; -1: none */
	bool starts;           /* a statement, or closes a block */
	bool tight;            /* an operator without blanks on either side */
	bool spaced;           /* a bracket with blanks behind its commas */
	int statement;         /* the first piece of its statement */
	int line;
	int blanks, column;    /* the result: before it, and where it stands */
};

struct line {
	int first, end;        /* pieces first .. end - 1 */
	bool empty_before;     /* an empty line stands before it */
	bool aligned;          /* in a group that ends further down */
	bool side;             /* it ends with a comment behind words, or is one right below such a comment */
};

struct sheet {
	struct arena *arena;
	LIST(struct piece) pieces;
	LIST(struct line) lines;
	LIST(int) open;
};

/* ---- pieces and lines ------------------------------------------------------------------------------------------------------------- */

static int
can_end(int token)
{
	return token == NAME || token == NUMBER || token == TEXT || token == REDUCTION || token == FN || token == ')' || token == ']' || token == '}';
}

/* columns of a text in UTF-8 */
static int
text_width(const char *s, int length)
{
	int n = 0;
	for (int i = 0; i < length; i++) n += ((unsigned char)s[i] & 0xc0) != 0x80;
	return n;
}

struct reader { /* walks the text between words */
	const char *text;
	size_t line_start;
	int column, blanks, breaks; /* breaks: since the last piece */
};

static void
add_piece(struct sheet *s, struct reader *r, int token, size_t begin, size_t end)
{
	if (r->breaks || !s->lines.n) {
		PUSH(s->arena, &s->lines, (struct line){.first = s->pieces.n, .empty_before = r->breaks > 1 && s->lines.n});
		r->breaks = 0;
	}
	struct piece p = {.token = token, .text = r->text + begin, .length = (int)(end - begin), .source_column = r->column, .source_blanks = r->blanks, .open = -1, .block = -1, .line = s->lines.n - 1};
	p.width = text_width(p.text, p.length);
	PUSH(s->arena, &s->pieces, p);
	s->lines.at[s->lines.n - 1].end = s->pieces.n;
	r->column += p.width;
	r->blanks = 0;
}

/* blanks, line breaks, comments and `;` between two words */
static void
read_between(struct sheet *s, struct reader *r, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		char c = r->text[i];
		if (c == '\n') {
			r->breaks++;
			r->column = r->blanks = 0;
		} else if (c == '#') {
			size_t end = i, last;
			while (end < to && r->text[end] != '\n') end++;
			for (last = end; strchr(" \t\r\f", r->text[last - 1]);) last--;
			add_piece(s, r, COMMENT, i, last);
			i = end - 1;
		} else if (c == ';') {
			add_piece(s, r, SEMICOLON, i, i + 1);
		} else if (c == '\t') {
			r->column += TAB - r->column % TAB;
			r->blanks += 2;
		} else if (c == ' ') {
			r->column++;
			r->blanks++;
		}
	}
}

static void
read_pieces(struct sheet *s, const struct source *source, const struct lexemes *words)
{
	struct reader r = {.text = source->text};
	size_t at = 0;
	bool starts = true;
	for (int i = 0; i < words->n; i++) {
		const struct lexeme *w = &words->at[i];
		if (w->token == NL) {
			starts = true;
			continue;
		}
		read_between(s, &r, at, w->span.begin);
		add_piece(s, &r, w->token, w->span.begin, w->span.end);
		s->pieces.at[s->pieces.n - 1].starts = starts || w->token == '}';
		starts = w->token == '{';
		at = w->span.end;
	}
	read_between(s, &r, at, source->length);
}

/* ---- what each piece is ----------------------------------------------------------------------------------------------------------- */

static int
role_of_bracket(const struct sheet *s, int i, int before)
{
	const struct piece *p = &s->pieces.at[i], *q = before >= 0 ? &s->pieces.at[before] : NULL;
	bool sum = q && q->token == ')' && q->open >= 0 && s->pieces.at[q->open].role == REDUCES;
	bool value = q && (q->token == NAME || q->token == ']' || (q->token == ')' && !sum));
	if (p->token == '{') return BLOCKS;
	if (p->token == '[') return value ? SUBSCRIPT : LISTS;
	if (q && q->token == REDUCTION) return REDUCES;
	if (!value) return GROUPS;
	int first = s->pieces.at[p->statement].token;
	return before == p->statement + 1 && (first == FN || first == LAYER || first == OPTIMIZER) ? SIGNATURE : CALLS;
}

static int
role_of_word(const struct sheet *s, int i, int before)
{
	const struct piece *p = &s->pieces.at[i];
	if (p->token == '-' && (before < 0 || !can_end(s->pieces.at[before].token))) return UNARY;
	if (p->token > 0 && p->token < 128 && strchr("+-*/%^", p->token)) return BINARY;
	if (p->token != '=') return ANY;
	if (p->open >= 0 && s->pieces.at[p->open].role != BLOCKS) return s->pieces.at[p->open].role == SIGNATURE ? ANY : KEYWORD_ARGUMENT;
	return s->pieces.at[p->statement].token == REQUIRE ? KEYWORD_ARGUMENT : ANY;
}

/* roles, nesting, and the statement of each piece */
static void
find_roles(struct sheet *s)
{
	int before = -1, statement = 0;
	for (int i = 0; i < s->pieces.n; i++) {
		struct piece *p = &s->pieces.at[i];
		if (p->starts) statement = i;
		p->statement = statement;
		p->open = s->open.n ? s->open.at[s->open.n - 1] : -1;
		for (int k = s->open.n; k > 0 && p->block < 0; k--)
			if (s->pieces.at[s->open.at[k - 1]].token == '{') p->block = s->open.at[k - 1];
		if (p->token == '(' || p->token == '[' || p->token == '{') {
			p->role = (enum role)role_of_bracket(s, i, before);
			PUSH(s->arena, &s->open, i);
		} else if (p->token == ')' || p->token == ']' || p->token == '}') {
			s->open.n -= s->open.n > 0;
		} else {
			p->role = (enum role)role_of_word(s, i, before);
		}
		if (p->token != COMMENT) before = i;
	}
}

static bool
same_line(const struct line *l, int i)
{
	return i >= l->first && i < l->end;
}

/* the author's taste: operators without blanks, commas with blanks */
static void
find_taste(struct sheet *s)
{
	for (int k = 0; k < s->lines.n; k++) {
		const struct line *l = &s->lines.at[k];
		for (int i = l->first; i < l->end; i++) {
			struct piece *p = &s->pieces.at[i];
			bool next = same_line(l, i + 1) && s->pieces.at[i + 1].token != COMMENT;
			if (p->role == BINARY) p->tight = i > l->first && next && !p->source_blanks && !s->pieces.at[i + 1].source_blanks;
			if (p->token == ',' && p->open >= 0 && next && s->pieces.at[i + 1].source_blanks) s->pieces.at[p->open].spaced = true;
		}
	}
}

/* ---- blanks between pieces -------------------------------------------------------------------------------------------------------- */

static bool
is_any_of(int token, const char *characters)
{
	return token > 0 && token < 128 && strchr(characters, token);
}

/* is there a blank between two pieces of a line? */
static bool
blank_between(const struct sheet *s, const struct piece *p, const struct piece *q)
{
	if (q->token == COMMENT) return true;
	if (is_any_of(q->token, ")],:") || q->token == SEMICOLON) return false;
	if (p->token == '{' && q->token == '}') return false;
	if (is_any_of(p->token, "([") || p->role == UNARY) return false;
	if (p->token == '.' || q->token == '.' || p->token == DOTDOT || q->token == DOTDOT) return false;
	if (q->role == BINARY) return !q->tight;
	if (p->role == BINARY) return !p->tight;
	if (p->role == KEYWORD_ARGUMENT || q->role == KEYWORD_ARGUMENT) return false;
	if (p->token == ',' && p->open >= 0) {
		const struct piece *open = &s->pieces.at[p->open];
		return open->spaced || (open->role != SUBSCRIPT && open->role != REDUCES);
	}
	return q->role != CALLS && q->role != SIGNATURE && q->role != REDUCES && q->role != SUBSCRIPT;
}

static void
set_blanks(struct sheet *s)
{
	for (int k = 0; k < s->lines.n; k++)
		for (int i = s->lines.at[k].first + 1; i < s->lines.at[k].end; i++)
			s->pieces.at[i].blanks = blank_between(s, &s->pieces.at[i - 1], &s->pieces.at[i]);
}

/* ---- columns ---------------------------------------------------------------------------------------------------------------------- */

/* what may be aligned in a line: a piece, and the kind of line that it is */
struct anchor {
	int piece;
	int kind;    /* 0: nothing */
	bool always; /* or only where the author did */
	int block;
};

static bool
in_train(const struct sheet *s, int block)
{
	while (block >= 0 && s->pieces.at[s->pieces.at[block].statement].token != TRAIN) block = s->pieces.at[block].block;
	return block >= 0;
}

/* the statements of a block stand below each other from its own line on */
static bool
is_inline_block(const struct sheet *s, int block)
{
	if (block < 0 || block + 1 >= s->pieces.n) return false;
	const struct piece *next = &s->pieces.at[block + 1];
	return next->token != COMMENT && next->line == s->pieces.at[block].line;
}

static bool
closes_on(const struct sheet *s, const struct line *l, int open)
{
	for (int i = open + 1; i < l->end; i++)
		if (s->pieces.at[i].token == '}' && s->pieces.at[i].open == open) return true;
	return false;
}

/* inputs and targets: the name */
static struct anchor
name_anchor(const struct sheet *s, const struct line *l)
{
	const struct piece *p = &s->pieces.at[l->first];
	if (!p->starts || (p->token != INPUT && p->token != TARGET) || l->end < l->first + 2) return (struct anchor){0};
	return (struct anchor){l->first + 1, INPUT, true, p->block};
}

/* definitions and settings: the `=`, `~` or `<-`, and the { of a block in one line */
static struct anchor
value_anchor(const struct sheet *s, const struct line *l)
{
	const struct piece *p = &s->pieces.at[l->first];
	bool train = in_train(s, p->block);
	if (!p->starts || p->token == '}' || p->token == REQUIRE || p->token == MODEL || p->token == TRAIN) return (struct anchor){0};
	for (int i = l->first; i < l->end && s->pieces.at[i].statement == l->first; i++) {
		const struct piece *q = &s->pieces.at[i];
		if (q->open != p->open) continue;
		bool sign = (q->token == '=' && q->role == ANY) || q->token == '~' || q->token == BECOMES;
		bool block = q->token == '{' && (train || p->token == REPEAT) && closes_on(s, l, i);
		if (sign || block) return (struct anchor){i, train ? TRAIN : p->token, train, p->block};
		if (q->token == '{') break;
	}
	return (struct anchor){0};
}

/* columns from the line's start up to a piece, without the blanks before it */
static int
width_before(const struct sheet *s, const struct line *l, int piece)
{
	int n = 0;
	for (int i = l->first; i < piece; i++) n += (i > l->first ? s->pieces.at[i].blanks : 0) + s->pieces.at[i].width;
	return n;
}

/* the lines from .. to - 1, as far as they have an anchor of this kind, get it in one column */
static void
align_group(struct sheet *s, struct anchor (*find)(const struct sheet *, const struct line *), int kind, int from, int to)
{
	int widest = 0;
	bool wanted = false;
	for (int pass = 0; pass < 2; pass++) {
		for (int k = from; k < to; k++) {
			const struct line *l = &s->lines.at[k];
			struct anchor a = find(s, l);
			if (a.kind != kind) continue;
			int width = width_before(s, l, a.piece);
			wanted |= a.always || s->pieces.at[a.piece].source_blanks > 1;
			if (pass == 0) widest = width > widest ? width : widest;
			else if (wanted) s->pieces.at[a.piece].blanks = widest - width + 1;
		}
	}
}

/* does line k go on the group of a's?  Of a `repeat` in one line also past other lines of its block */
static bool
goes_on(const struct sheet *s, const struct anchor *a, const struct anchor *b, int k)
{
	const struct line *l = &s->lines.at[k];
	const struct piece *p = &s->pieces.at[l->first];
	if (l->empty_before || p->block != a->block) return false;
	return (b->kind == a->kind && b->block == a->block) || (a->kind == REPEAT && p->starts && p->token != '}');
}

static void
align(struct sheet *s, struct anchor (*find)(const struct sheet *, const struct line *))
{
	for (int k = 0, to; k < s->lines.n; k = to) {
		struct anchor a = find(s, &s->lines.at[k]);
		to = k + 1;
		if (!a.kind || s->lines.at[k].aligned || is_inline_block(s, a.block)) continue;
		for (; to < s->lines.n; to++) {
			struct anchor b = find(s, &s->lines.at[to]);
			if (!goes_on(s, &a, &b, to)) break;
		}
		align_group(s, find, a.kind, k, to);
		for (int i = k; i < to && a.kind == REPEAT; i++) s->lines.at[i].aligned = s->pieces.at[s->lines.at[i].first].token == REPEAT;
		if (a.kind == REPEAT) to = k + 1;
	}
}

/* ---- indentation ------------------------------------------------------------------------------------------------------------------ */

struct margin { /* of a block that is open */
	int inside, line; /* of its statements; of the line of the statement that it belongs to */
};

struct indenter {
	LIST(struct margin) blocks;
	int line;      /* the indentation of the line in which the statement started */
	int shift;     /* how far its first piece moved */
	bool opened;   /* the last piece was a { */
};

static int
inside(const struct indenter *d)
{
	return d->blocks.n ? d->blocks.at[d->blocks.n - 1].inside : 0;
}

/* does the next word go on with a statement? */
static bool
is_continued(const struct sheet *s, int i)
{
	while (i < s->pieces.n && s->pieces.at[i].token == COMMENT) i++;
	return i < s->pieces.n && !s->pieces.at[i].starts && s->pieces.at[i].token != SEMICOLON;
}

static int
line_indent(const struct sheet *s, const struct indenter *d, int first)
{
	const struct piece *p = &s->pieces.at[first];
	if (p->token == '}') return d->blocks.n ? d->blocks.at[d->blocks.n - 1].line : 0;
	if (!is_continued(s, first)) return inside(d);
	int least = d->line + (is_any_of(p->token, ")]") ? 0 : INDENT), moved = p->source_column + d->shift;
	return moved > least ? moved : least;
}

/* the columns of a line whose first piece has its own */
static void
place_line(struct sheet *s, struct indenter *d, const struct line *l)
{
	int line = s->pieces.at[l->first].column;
	for (int i = l->first; i < l->end; i++) {
		struct piece *p = &s->pieces.at[i];
		if (i > l->first) p->column = p[-1].column + p[-1].width + p->blanks;
		if (d->opened && i > l->first && p->token != COMMENT && p->token != '}') d->blocks.at[d->blocks.n - 1].inside = p->column;
		d->opened = p->token == '{';
		if (p->starts && p->token != '}') {
			d->line = line;
			d->shift = p->column - p->source_column;
		}
		if (p->token == '{') PUSH(s->arena, &d->blocks, (struct margin){d->line + INDENT, d->line});
		if (p->token == '}') {
			d->line = d->blocks.n ? d->blocks.at[d->blocks.n - 1].line : 0;
			d->blocks.n -= d->blocks.n > 0;
		}
	}
	d->opened = false;
}

/* which lines have a comment beside the words */
static void
find_side_comments(struct sheet *s)
{
	for (int k = 0; k < s->lines.n; k++) {
		struct line *l = &s->lines.at[k];
		const struct piece *p = &s->pieces.at[l->end - 1], *above = l->first ? &s->pieces.at[l->first - 1] : NULL;
		bool below = k && !l->empty_before && s->lines.at[k - 1].side && above->source_column == p->source_column;
		l->side = p->token == COMMENT && (l->end - l->first > 1 || below);
	}
}

/* Comments that stand below each other stay so: in the column that they had, or further to the right where a line became longer. */
static void
place_comments(struct sheet *s)
{
	find_side_comments(s);
	for (int k = 0, to; k < s->lines.n; k = to) {
		to = k + 1;
		if (!s->lines.at[k].side) continue;
		const int had = s->pieces.at[s->lines.at[k].end - 1].source_column;
		int column = had;
		while (to < s->lines.n && s->lines.at[to].side && s->pieces.at[s->lines.at[to].end - 1].source_column == had) to++;
		for (int i = k; i < to; i++) {
			const struct line *l = &s->lines.at[i];
			const struct piece *before = &s->pieces.at[l->end - 1] - 1;
			if (l->end - l->first > 1 && before->column + before->width + 1 > column) column = before->column + before->width + 1;
		}
		for (int i = k; i < to; i++) s->pieces.at[s->lines.at[i].end - 1].column = column;
	}
}

static void
place(struct sheet *s)
{
	struct indenter d = {0};
	for (int k = 0; k < s->lines.n; k++) {
		const struct line *l = &s->lines.at[k];
		s->pieces.at[l->first].column = line_indent(s, &d, l->first);
		place_line(s, &d, l);
	}
	place_comments(s);
}

/* ---- the text --------------------------------------------------------------------------------------------------------------------- */

/* an empty line is kept, but at the edges of a block */
static bool
is_separated(const struct sheet *s, int k)
{
	if (k == 0 || !s->lines.at[k].empty_before || s->pieces.at[s->lines.at[k].first].token == '}') return false;
	int last = s->lines.at[k - 1].end - 1;
	if (s->pieces.at[last].token == COMMENT && last > s->lines.at[k - 1].first) last--;
	return s->pieces.at[last].token != '{';
}

static char *
sheet_text(const struct sheet *s)
{
	struct text t = {.arena = s->arena};
	for (int k = 0; k < s->lines.n; k++) {
		if (is_separated(s, k)) text_bytes(&t, "\n", 1);
		int column = 0;
		for (int i = s->lines.at[k].first; i < s->lines.at[k].end; i++) {
			const struct piece *p = &s->pieces.at[i];
			text_add(&t, "%*s", p->column - column, "");
			text_bytes(&t, p->text, (size_t)p->length);
			column = p->column + p->width;
		}
		text_bytes(&t, "\n", 1);
	}
	return text_end(&t);
}

static struct sheet
read_sheet(struct arena *a, const struct source *source)
{
	struct sheet s = {.arena = a};
	struct lexemes words = scan_words(a, source);
	read_pieces(&s, source, &words);
	return s;
}

char *
layout(struct arena *a, struct diagnostics *d, const struct source *source)
{
	int errors = d->errors;
	parse_source(a, d, source);
	if (d->errors > errors) return NULL;
	struct sheet s = read_sheet(a, source);
	find_roles(&s);
	find_taste(&s);
	set_blanks(&s);
	align(&s, name_anchor);
	align(&s, value_anchor);
	place(&s);
	return sheet_text(&s);
}

bool
same_words(struct arena *a, const struct source *one, const struct source *other)
{
	struct sheet s = read_sheet(a, one), t = read_sheet(a, other);
	if (s.pieces.n != t.pieces.n) return false;
	for (int i = 0; i < s.pieces.n; i++) {
		const struct piece *p = &s.pieces.at[i], *q = &t.pieces.at[i];
		if (p->token != q->token || p->starts != q->starts || p->length != q->length || memcmp(p->text, q->text, (size_t)p->length)) return false;
	}
	return true;
}
