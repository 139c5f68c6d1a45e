/* diagnostic.c - how a message looks.
 *
 *   error[shape]: `+` needs equal shapes
 *    --> net.nn:4:17
 *     |
 *   4 |   return relu(f + x)
 *     |               - ^ - [16, 32, 32]
 *     |               |
 *     |               [32, 16, 16]
 *     |
 *     = note: ...
 *     = help: ...
 *
 * The primary span is underlined with ^, the others with -; a label stands at the end of its line's underlines when it is the last of the line and
 * there is room, else on a line of its own below.  Lines of other files follow under `::: lib.nn:3:5`.  Notes and helps may have several lines.
 *
 * All texts are broken to the width that is asked for and go on under their beginning.  Of a line of the source that is wider, the piece around the
 * marks is shown; it stands there again where they lie too far apart. */
#include "front/diagnostic.h"
#include "runtime/wrap.h"
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- spans ------------------------------------------------------------------------------------------------------------------------ */

struct place
span_place(struct span s)
{
	struct place p = {1, 1};
	if (!s.file) return p;
	const char *line = s.file->text, *at = line + s.begin;
	for (const char *end; (end = memchr(line, '\n', (size_t)(at - line))); line = end + 1) p.line++;
	p.column = (int)(at - line) + 1;
	return p;
}

struct span
span_join(struct span a, struct span b)
{
	if (!a.file) return b;
	if (!b.file || a.file != b.file) return a;
	return (struct span){a.file, a.begin < b.begin ? a.begin : b.begin, a.end > b.end ? a.end : b.end};
}

char *
span_text(struct arena *a, struct span s)
{
	struct text t = {.arena = a};
	bool blank = false;
	for (size_t i = s.begin; s.file && i < s.end; i++) {
		char c = s.file->text[i];
		if (c == '#') {
			while (i + 1 < s.end && s.file->text[i + 1] != '\n') i++;
			blank = true;
		} else if (isspace((unsigned char)c)) {
			blank = true;
		} else {
			if (blank && t.length) text_bytes(&t, " ", 1);
			blank = false;
			text_bytes(&t, &c, 1);
		}
	}
	return text_end(&t);
}

/* ---- building --------------------------------------------------------------------------------------------------------------------- */

static struct diagnostic *
new_message(struct diagnostics *d, bool warning, const char *code, struct span where, const char *label, const char *title)
{
	struct diagnostic *m = NEW(d->arena, struct diagnostic);
	m->warning = warning;
	m->code = code;
	m->title = title;
	PUSH(d->arena, &m->labels, (struct label){where, label});
	PUSH(d->arena, &d->all, m);
	if (!warning) d->errors++;
	return m;
}

struct diagnostic *
diag_new(struct diagnostics *d, const char *code, struct span where, const char *label, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *title = arena_vprint(d->arena, format, args);
	va_end(args);
	return new_message(d, false, code, where, label, title);
}

struct diagnostic *
diag_warning(struct diagnostics *d, const char *code, struct span where, const char *label, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *title = arena_vprint(d->arena, format, args);
	va_end(args);
	return new_message(d, true, code, where, label, title);
}

void
diag_label(struct diagnostics *d, struct diagnostic *m, struct span where, const char *format, ...)
{
	if (!m || (where.file && where.file->library)) return; /* the library's text is not the user's */
	va_list args;
	va_start(args, format);
	PUSH(d->arena, &m->labels, (struct label){where, arena_vprint(d->arena, format, args)});
	va_end(args);
}

void
diag_note(struct diagnostics *d, struct diagnostic *m, const char *format, ...)
{
	if (!m) return;
	va_list args;
	va_start(args, format);
	PUSH(d->arena, &m->notes, arena_vprint(d->arena, format, args));
	va_end(args);
}

void
diag_help(struct diagnostics *d, struct diagnostic *m, const char *format, ...)
{
	if (!m) return;
	va_list args;
	va_start(args, format);
	PUSH(d->arena, &m->helps, arena_vprint(d->arena, format, args));
	va_end(args);
}

static void
add_edit(struct diagnostics *d, struct diagnostic *m, struct span where, const char *text)
{
	if (m && where.file && !where.file->library) PUSH(d->arena, &m->edits, (struct edit){m->helps.n - 1, where, text});
}

void
diag_edit(struct diagnostics *d, struct diagnostic *m, struct span where, const char *format, ...)
{
	va_list args;
	va_start(args, format);
	add_edit(d, m, where, arena_vprint(d->arena, format, args));
	va_end(args);
}

void
diag_rename(struct diagnostics *d, struct diagnostic *m, const char *from, const char *to)
{
	struct span s = m ? m->labels.at[0].span : (struct span){0};
	if (s.file && from && s.end - s.begin == strlen(from) && !strncmp(s.file->text + s.begin, from, strlen(from))) add_edit(d, m, s, to);
}

void
diag_swap(struct diagnostics *d, struct diagnostic *m, struct span a, struct span b)
{
	bool apart = a.file && a.file == b.file && (a.end <= b.begin || b.end <= a.begin);
	if (!apart) return;
	add_edit(d, m, a, span_text(d->arena, b));
	add_edit(d, m, b, span_text(d->arena, a));
}

void
diag_append(struct diagnostics *d, struct diagnostic *m, struct span block, const char *statement)
{
	if (!block.file || block.end == block.begin) return;
	const char *text = block.file->text;
	size_t brace = block.end - 1, line = brace;
	while (line > block.begin && strchr(" \t", text[line - 1])) line--;
	bool alone = line > block.begin && text[line - 1] == '\n'; /* the closing brace, on its line */
	struct span at = {block.file, alone ? line : brace, alone ? line : brace};
	add_edit(d, m, at, alone ? arena_print(d->arena, "%.*s  %s\n", (int)(brace - line), text + line, statement) : arena_print(d->arena, "; %s ", statement));
}

/* ---- printing --------------------------------------------------------------------------------------------------------------------- */

enum { NARROWEST = 20, UNBROKEN = 1 << 20, LONGEST_PIECE = 160 }; /* columns: of a text; of texts that are not broken, and of lines of the source then */

struct printer {
	FILE *out;
	bool color, gcc;
	int width;  /* columns of the screen */
	int margin; /* width of the line numbers */
};

enum style { PLAIN, ERROR, WARNING, BOLD, FRAME, HELP };
static const char *const style_code[] = {
	[PLAIN] = "\033[0m", [ERROR] = "\033[1;31m", [WARNING] = "\033[1;33m", [BOLD] = "\033[1m", [FRAME] = "\033[1;34m", [HELP] = "\033[1;32m"};

static void
styled_part(const struct printer *p, enum style style, const char *text, size_t n)
{
	bool color = p->color && style != PLAIN;
	fprintf(p->out, "%s%.*s%s", color ? style_code[style] : "", (int)n, text, color ? style_code[PLAIN] : "");
}

static void
styled(const struct printer *p, enum style style, const char *text)
{
	styled_part(p, style, text, strlen(text));
}

static void
frame(const struct printer *p, const char *bar)
{
	fprintf(p->out, "%*s ", p->margin, "");
	styled(p, FRAME, bar);
}

/* a text, its first line behind `indent` columns that are there, the others under it; those of a table, which begin with blanks, two further in */
static void
broken(const struct printer *p, enum style style, const char *text, int indent)
{
	int most = p->width - indent > NARROWEST ? p->width - indent : NARROWEST, more = 0, room = nn_even_room(text, most);
	for (size_t next; *text; text += next) {
		int inside = (int)strspn(text, " ");
		styled_part(p, style, text, nn_line_of_text(text, room, &next));
		if (text[next - 1] == '\n') {
			more = 0;
			room = nn_even_room(text + next, most);
		} else if (!more && inside) {
			more = inside + 2;
			room = most - more > NARROWEST ? most - more : NARROWEST;
		}
		if (text[next]) fprintf(p->out, "\n%*s", indent + more, "");
	}
	fputc('\n', p->out);
}

struct mark { /* one label on one line of the source; first and width are in bytes of the line, in columns of the screen for print_marks */
	int first, width;
	bool primary;
	const char *text;
};

static int
by_column(const void *a, const void *b)
{
	return ((const struct mark *)a)->first - ((const struct mark *)b)->first;
}

static const char *
line_start(const struct source *f, int line)
{
	const char *s = f->text;
	while (--line > 0) {
		const char *end = strchr(s, '\n');
		if (!end) return s + strlen(s);
		s = end + 1;
	}
	return s;
}

static void
pad_to(FILE *out, int *column, int to, const char *fill)
{
	while (*column < to) {
		fputs(fill, out);
		++*column;
	}
}

static bool
has_text(const struct mark *m)
{
	return m->text && *m->text;
}

/* the label of a mark below it: a row of bars, then the text, which begins further left where there is too little room; bars of the marks before */
static void
print_label(const struct printer *p, const struct mark *mark, int last, int room)
{
	const struct mark *m = &mark[last];
	int columns = nn_text_columns(m->text, strlen(m->text)), least = columns < room / 2 ? columns : room / 2;
	int start = m->first < room - least ? m->first : room - least;
	const char *text = m->text;
	size_t next = 0, n = 0;
	for (bool bars = true; bars || *text; text += next) { /* the first row has no text */
		if (!bars) n = nn_line_of_text(text, room - start > NARROWEST ? room - start : NARROWEST, &next);
		int to = bars ? m->first : start, column = 0;
		frame(p, "|");
		fputc(' ', p->out);
		for (int i = 0; i < last; i++) {
			if (!has_text(&mark[i]) || mark[i].first >= to) continue;
			pad_to(p->out, &column, mark[i].first, " ");
			pad_to(p->out, &column, mark[i].first + 1, "|");
		}
		pad_to(p->out, &column, to, " ");
		fprintf(p->out, "%.*s\n", bars ? 1 : (int)n, bars ? "|" : text);
		bars = false;
	}
}

/* the underlines of one line, the label of the last mark behind them, then the other labels from right to left */
static void
print_marks(const struct printer *p, struct mark *mark, int n, int room)
{
	frame(p, "|");
	fputc(' ', p->out);
	int column = 0;
	for (int i = 0; i < n; i++) {
		pad_to(p->out, &column, mark[i].first, " ");
		pad_to(p->out, &column, mark[i].first + mark[i].width, mark[i].primary ? "^" : "-");
	}
	const char *last = n && has_text(&mark[n - 1]) ? mark[n - 1].text : NULL;
	if (last && !strchr(last, '\n') && column + 1 + nn_text_columns(last, strlen(last)) <= room) {
		fprintf(p->out, " %s", last);
		mark[n - 1].text = NULL;
	}
	fputc('\n', p->out);
	for (int i = n - 1; i >= 0; i--)
		if (has_text(&mark[i])) print_label(p, mark, i, room);
}

/* the labels that begin on a line, from left to right */
static int
marks_of(const struct diagnostic *m, const struct source *file, int line, int length, struct mark mark[], int most)
{
	int n = 0;
	for (int i = 0; i < m->labels.n && n < most; i++) {
		const struct label *l = &m->labels.at[i];
		struct place at = span_place(l->span);
		if (l->span.file != file || at.line != line) continue;
		size_t width = l->span.end - l->span.begin, left = at.column - 1 < length ? (size_t)(length - at.column + 1) : 1;
		mark[n++] = (struct mark){at.column - 1, (int)(width > left ? left : width > 0 ? width : 1), i == 0, l->text};
	}
	qsort(mark, (size_t)n, sizeof *mark, by_column);
	return n;
}

struct piece { /* of a line of the source: bytes from .. to - 1 */
	const char *line;
	int length, from, to;
};

/* the column of byte i; behind the line's end a byte is a column */
static int
column_of(const struct piece *x, int i)
{
	int end = i < x->length ? i : x->length;
	return (x->from ? 3 : 0) + (end > x->from ? nn_text_columns(x->line + x->from, (size_t)(end - x->from)) : 0) + (i > end ? i - end : 0);
}

/* Cuts the piece to `room` columns around the first of n marks, with the next ones where they fit in, too; returns how many those are.  What stands in
 * front is shown as far as there is room for the last one's label, too. */
static int
cut_piece(struct piece *x, const struct mark *mark, int n, int room)
{
	enum { DOTS = 3, CONTEXT = 10 };
	size_t bytes;
	int shown = 1, end = mark[0].first + mark[0].width;
	if (column_of(x, x->length) <= room) return n;
	x->from = mark[0].first;
	for (; shown < n; shown++) {
		int to = mark[shown].first + mark[shown].width;
		if (column_of(x, to > end ? to : end) + DOTS > room) break;
		if (to > end) end = to;
	}
	const char *label = mark[shown - 1].text;
	int tail = label && *label ? nn_text_columns(label, strlen(label)) + 1 : 0;
	if ((tail < CONTEXT && end < x->length) || tail > room / 2) tail = CONTEXT;
	x->from = 0;
	for (int over = column_of(x, end) + tail + (end < x->length ? DOTS : 0) - room; over > 0 && x->from < mark[0].first; x->from += (int)bytes) {
		if (x->from == 0) over += DOTS;
		over -= nn_character_columns(x->line + x->from, (size_t)(x->length - x->from), &bytes);
	}
	int left = room - (x->from ? DOTS : 0);
	if (nn_text_columns(x->line + x->from, (size_t)(x->length - x->from)) <= left) return shown;
	left -= DOTS;
	for (x->to = x->from; (left -= nn_character_columns(x->line + x->to, (size_t)(x->length - x->to), &bytes)) >= 0;) x->to += (int)bytes;
	return shown;
}

static void
print_piece(const struct printer *p, const struct piece *x)
{
	if (x->from) fputs("...", p->out);
	for (int i = x->from; i < x->to; i++) { /* control characters would move the cursor */
		unsigned char c = (unsigned char)x->line[i];
		fputc(c == '\t' ? ' ' : c < 32 || c == 127 ? '?' : c, p->out);
	}
	if (x->to < x->length) fputs("...", p->out);
	fputc('\n', p->out);
}

/* the source line `line` of `file` with all labels that begin on it */
static void
print_line(const struct printer *p, const struct diagnostic *m, const struct source *file, int line)
{
	enum { MOST = 16 };
	const char *text = line_start(file, line);
	int length = (int)strcspn(text, "\n"), room = p->width == UNBROKEN ? LONGEST_PIECE : p->width - p->margin - 3;
	if (length && text[length - 1] == '\r') length--;
	if (room < NARROWEST) room = NARROWEST;
	char number[16];
	struct mark mark[MOST];
	int n = marks_of(m, file, line, length, mark, MOST);
	snprintf(number, sizeof number, "%*d", p->margin, line);
	for (int first = 0, shown; first < n; first += shown) {
		struct piece x = {.line = text, .length = length, .to = length};
		shown = cut_piece(&x, mark + first, n - first, room);
		for (int i = first; i < first + shown; i++) {
			int from = column_of(&x, mark[i].first), end = mark[i].first + mark[i].width;
			int to = column_of(&x, x.to < x.length && end > x.to ? x.to : end);
			mark[i].first = from;
			mark[i].width = to > from ? to - from : 1;
		}
		styled(p, FRAME, number);
		styled(p, FRAME, " |");
		if (length) fputc(' ', p->out);
		print_piece(p, &x);
		print_marks(p, mark + first, shown, room);
	}
}

/* the next file after `before` that a label of m lies in, in the order of labels; NULL: it was the last */
static const struct source *
next_file(const struct diagnostic *m, const struct source *before)
{
	bool passed = false;
	for (int i = 0; i < m->labels.n; i++) {
		const struct source *file = m->labels.at[i].span.file;
		bool first = file != NULL;
		for (int k = 0; k < i; k++) first &= m->labels.at[k].span.file != file;
		if (first && passed) return file;
		passed |= first && file == before;
	}
	return NULL;
}

static int
next_line(const struct diagnostic *m, const struct source *file, int after)
{
	int next = 0;
	for (int i = 0; i < m->labels.n; i++) {
		if (m->labels.at[i].span.file != file) continue;
		int line = span_place(m->labels.at[i].span).line;
		if (line > after && (!next || line < next)) next = line;
	}
	return next;
}

/* "= note: text", further lines of it indented under the first */
static void
print_remark(const struct printer *p, enum style style, const char *what, const char *text)
{
	frame(p, "= ");
	styled(p, style, what);
	fputs(": ", p->out);
	broken(p, PLAIN, text, p->margin + 3 + (int)strlen(what) + 2);
}

/* what a message says about one file: where its first label there is, and the lines */
static void
print_file(const struct printer *p, const struct diagnostic *m, const struct source *file)
{
	int i = 0;
	while (m->labels.at[i].span.file != file) i++;
	struct place at = span_place(m->labels.at[i].span);
	if (i) {
		frame(p, "|");
		fputc('\n', p->out);
	}
	if (i || !p->gcc) {
		fprintf(p->out, "%*s", p->margin, "");
		styled(p, FRAME, i ? ":::" : "-->");
		fprintf(p->out, " %s:%d:%d\n", file->path, at.line, at.column);
	}
	frame(p, "|");
	fputc('\n', p->out);
	for (int line = next_line(m, file, 0), before = 0; line; before = line, line = next_line(m, file, line)) {
		if (before && line > before + 1) styled(p, FRAME, "...\n");
		print_line(p, m, file, line);
	}
}

/* error[CODE]: TITLE, or FILE:LINE:COLUMN: error: TITLE [CODE] */
static void
print_head(const struct printer *p, const struct diagnostic *m)
{
	const char *level = m->warning ? "warning" : "error";
	struct span at = m->labels.at[0].span;
	char head[128];
	if (p->gcc && at.file) fprintf(p->out, "%s:%d:%d: ", at.file->path, span_place(at).line, span_place(at).column);
	else if (p->gcc) fputs("nnc: ", p->out);
	if (p->gcc) snprintf(head, sizeof head, "%s", level);
	else snprintf(head, sizeof head, "%s[%s]", level, m->code);
	styled(p, m->warning ? WARNING : ERROR, head);
	styled(p, BOLD, ": ");
	if (p->gcc) {
		styled(p, BOLD, m->title);
		fprintf(p->out, " [%s]\n", m->code);
	} else {
		int indent = (int)strlen(head) + 2;
		broken(p, BOLD, m->title, indent);
	}
}

static void
print_message(FILE *out, bool color, bool gcc, int width, const struct diagnostic *m)
{
	const struct source *file = m->labels.at[0].span.file;
	int last = 0;
	for (int i = 0; i < m->labels.n; i++)
		if (m->labels.at[i].span.file) {
			int line = span_place(m->labels.at[i].span).line;
			if (line > last) last = line;
		}
	struct printer p = {out, color, gcc, width, snprintf(NULL, 0, "%d", last)};
	print_head(&p, m);
	for (const struct source *at = file; at; at = next_file(m, at)) print_file(&p, m, at);
	if (file && (m->notes.n || m->helps.n)) {
		frame(&p, "|");
		fputc('\n', out);
	}
	for (int i = 0; i < m->notes.n; i++) print_remark(&p, FRAME, "note", m->notes.at[i]);
	for (int i = 0; i < m->helps.n; i++) print_remark(&p, HELP, "help", m->helps.at[i]);
}

static bool
same_edits(const struct diagnostic *a, const struct diagnostic *b)
{
	bool same = a->edits.n == b->edits.n && a->edits.n && a->warning == b->warning && !strcmp(a->code, b->code);
	for (int i = 0; same && i < a->edits.n; i++) {
		const struct edit *x = &a->edits.at[i], *y = &b->edits.at[i];
		same = x->span.file == y->span.file && x->span.begin == y->span.begin && x->span.end == y->span.end && !strcmp(x->text, y->text);
	}
	return same;
}

/* what one change of the source mends is one mistake: it is said where it shows first */
static bool
is_repeated(const struct diagnostics *d, int i)
{
	for (int k = 0; k < i; k++)
		if (same_edits(d->all.at[k], d->all.at[i])) return true;
	return false;
}

static void
print_all(const struct diagnostics *d, FILE *out, bool color, bool gcc, int width)
{
	for (int i = 0; i < d->all.n; i++) {
		if (is_repeated(d, i)) continue;
		if (i) fputc('\n', out);
		print_message(out, color, gcc, width, d->all.at[i]);
	}
}

void
diag_print(const struct diagnostics *d, FILE *out, bool color, int width)
{
	print_all(d, out, color, false, width);
}

void
diag_print_gcc(const struct diagnostics *d, FILE *out, bool color)
{
	print_all(d, out, color, true, UNBROKEN);
}

static void
json_text(FILE *out, const char *s)
{
	fputc('"', out);
	for (; s && *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '"' || c == '\\') fprintf(out, "\\%c", c);
		else if (c < 32) fprintf(out, "\\u%04x", c);
		else fputc(c, out);
	}
	fputc('"', out);
}

static void
json_list(FILE *out, const char *name, const char *const *at, int n)
{
	fprintf(out, ",\"%s\":[", name);
	for (int i = 0; i < n; i++) {
		if (i) fputc(',', out);
		json_text(out, at[i]);
	}
	fputc(']', out);
}

/* a span with a text, the inside of an object */
static void
json_span(FILE *out, struct span s, const char *text)
{
	struct place from = span_place(s), to = span_place((struct span){s.file, s.end, s.end});
	fputs("\"file\":", out);
	json_text(out, s.file ? s.file->path : "");
	fprintf(out, ",\"begin\":%zu,\"end\":%zu,\"line\":%d,\"column\":%d,\"end_line\":%d,\"end_column\":%d,\"text\":", s.begin, s.end, from.line, from.column, to.line, to.column);
	json_text(out, text);
}

void
diag_print_json(const struct diagnostics *d, FILE *out)
{
	for (int i = 0; i < d->all.n; i++) {
		const struct diagnostic *m = d->all.at[i];
		if (is_repeated(d, i)) continue;
		fprintf(out, "{\"level\":\"%s\",\"code\":", m->warning ? "warning" : "error");
		json_text(out, m->code);
		fputs(",\"title\":", out);
		json_text(out, m->title);
		fputs(",\"labels\":[", out);
		for (int k = 0; k < m->labels.n; k++) {
			fputs(k ? ",{" : "{", out);
			json_span(out, m->labels.at[k].span, m->labels.at[k].text);
			fputc('}', out);
		}
		fputc(']', out);
		json_list(out, "notes", m->notes.at, m->notes.n);
		json_list(out, "helps", m->helps.at, m->helps.n);
		fputs(",\"edits\":[", out);
		for (int k = 0; k < m->edits.n; k++) {
			fprintf(out, "%s{\"help\":%d,", k ? "," : "", m->edits.at[k].help);
			json_span(out, m->edits.at[k].span, m->edits.at[k].text);
			fputc('}', out);
		}
		fputs("]}\n", out);
	}
}

/* ---- names ------------------------------------------------------------------------------------------------------------------------ */

static bool
same_letter(char a, char b)
{
	static const char *const alike[] = {"Il1", "O0"}; /* as many fonts have them */
	for (size_t i = 0; i < sizeof alike / sizeof *alike; i++)
		if (a && b && strchr(alike[i], a) && strchr(alike[i], b)) return true;
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* edit distance; a change of case or to a letter that looks the same costs nothing, two neighbours that changed places one (optimal string alignment) */
static int
distance(const char *a, const char *b)
{
	enum { MOST = 62 };
	int n = (int)strlen(b), rows[3][MOST + 2];
	if (n > MOST || strlen(a) > MOST) return 99;
	for (int j = 0; j <= n; j++) rows[0][j] = j;
	for (int i = 1; a[i - 1]; i++) {
		int *row = rows[i % 3];
		const int *above = rows[(i + 2) % 3], *before = rows[(i + 1) % 3];
		row[0] = i;
		for (int j = 1; j <= n; j++) {
			int best = above[j - 1] + !same_letter(a[i - 1], b[j - 1]);
			if (above[j] + 1 < best) best = above[j] + 1;
			if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
			if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]) && before[j - 2] + 1 < best) best = before[j - 2] + 1;
			row[j] = best;
		}
	}
	return rows[strlen(a) % 3][n];
}

const char *
nearest_name(const char *name, const char *const names[], int count)
{
	const char *best = NULL;
	int length = (int)strlen(name), least = length < 3 ? 1 : (length + 1) / 3 + 1; /* a third of the letters may be wrong; one letter is like no other */
	if (length == 1) least = 0;
	for (int i = 0; i < count; i++) {
		int d = distance(name, names[i]);
		if (d < least) {
			least = d;
			best = names[i];
		}
	}
	return best;
}
