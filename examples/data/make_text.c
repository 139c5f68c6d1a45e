/* make_text.c - tells short fables, for models of characters to learn from:  make_text DIR
 *
 * writes fables.txt, about 400,000 bytes of plain ASCII: 26 letters, capitals, and a little punctuation.  A fable follows a grammar
 * (the table below): a rule is one of its alternatives, chosen by chance; in it `<name>` stands for another rule.  What is chosen for A, B,
 * P and T holds for a whole fable, so that its people, its place and its treasure come back, and `<an A>` has the right article: there are
 * words to learn, and grammar, and who is meant.  The text is nobody's; do with it what you like. */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { BYTES = 400000, MOST = 12 };

static const struct rule {
	const char *name;
	const char *one_of[MOST];
} grammar[] = {
	{"fable", {"<opening> <meeting> <deed> <answer> <end>", "<opening> <deed> <answer> <deed> <answer> <end>", "<opening> <meeting> <talk> <talk> <end>",
		"<opening> <weather> <meeting> <deed> <talk> <end>", "<opening> <meeting> <weather> <talk> <answer> <end>"}},
	{"opening", {"There was once <an A> who lived <P>.", "Long ago, <an A> and <a B> lived <P>.", "An old story tells of <an A> <P>.",
		"<P!>, where nobody goes today, <an A> had its home.", "Once <an A> found <a T> <P>."}},
	{"weather", {"It was <season>, and the wind <blew>.", "The <season> had been long, and <all> <P> was quiet.", "That night the rain <blew>, and the moon was <hidden>."}},
	{"season", {"winter", "spring", "summer", "autumn"}},
	{"blew", {"came from the north", "would not rest", "sang in the trees", "was cold", "smelled of the sea"}},
	{"all", {"all", "everything"}},
	{"hidden", {"hidden", "small and red", "behind the hills", "as thin as a thread"}},
	{"meeting", {"One <daytime> <a B> came by and <looked> at the <T>.", "One <daytime> the <A> met <a B> that was <mood>.", "Then the <B> came, <mood> and <mood>.",
		"The <A> saw the <B> and <greeted>."}},
	{"daytime", {"morning", "evening", "day", "night", "afternoon"}},
	{"looked", {"looked", "stared", "smiled", "laughed"}},
	{"greeted", {"said nothing", "asked it in", "was afraid", "bowed", "turned away", "gave it bread"}},
	{"mood", {"hungry", "tired", "proud", "cold", "happy", "alone", "old", "in a hurry"}},
	{"deed", {"The <A> took the <T> and <carried> it <where>.", "The <B> wanted the <T> and <tried>.", "So they <worked> together, the <A> <there> and the <B> <there>.",
		"But the <B> had hidden the <T> <there>.", "The <A> <worked> all <daytime>, and the <B> slept."}},
	{"carried", {"carried", "rolled", "pushed", "brought"}},
	{"there", {"under a stone", "behind the door", "by the fire", "under the roof", "in a deep hole", "on an island"}},
	{"where", {"up the hill", "to the river", "into the wood", "over the bridge", "home", "to the market"}},
	{"tried", {"tried to steal it", "asked for it", "offered <a T2> for it", "waited until dark", "could not sleep"}},
	{"T2", {"fish", "song", "feather", "promise"}},
	{"worked", {"worked", "dug", "sang", "walked", "watched"}},
	{"talk", {"'<What> is <your> <T>?' asked the <B>. '<reply>,' said the <A>.", "'Give me the <T>,' said the <B>. '<reply>,' said the <A>.",
		"'Who are you?' asked the <A>. 'I am <a B>,' said the <B>, 'and I am <mood>.'", "'<advice>,' said the <A> to the <B>."}},
	{"What", {"What", "Where", "How old", "How heavy"}},
	{"your", {"your", "this", "that"}},
	{"reply", {"It is <there>", "I do not know", "Only the wind knows", "Ask me in the <daytime>", "It was never yours", "You may have half of it", "Not before <season>"}},
	{"advice", {"Do not trust <a fool>", "Who <works> will eat", "Sleep first and ask later", "The <T> is not for the <mood>", "Be quick, and be quiet"}},
	{"fool", {"fool", "smile", "shadow", "stranger", "full moon"}},
	{"works", {"works", "waits", "listens", "asks", "shares"}},
	{"answer", {"The <B> <looked> and <greeted>.", "But the <A> was <mood> and <greeted>.", "The <B> did not answer.", "And so the <T> stayed <there>.", "Nobody <P> ever saw it again."}},
	{"end", {"From that day on the <A> and the <B> shared the <T>.", "That is why <a B> never <works> <P>.", "And the <A> still lives there, <mood> as ever.",
		"<Advice>: so they say <P>.", "The <T> is still <there>."}},
	{"Advice", {"Do not trust <a fool>", "Who <works> will eat", "Sleep first and ask later", "Be quick, and be quiet"}},
	{"A", {"fox", "bear", "owl", "hare", "ant", "old woman", "miller", "elephant", "crow", "goat"}},
	{"B", {"wolf", "mouse", "eagle", "cat", "king", "otter", "stork", "donkey", "young girl", "snail"}},
	{"P", {"by the river", "in the dark wood", "on the hill", "at the edge of the desert", "in a small town", "near the sea", "under the bridge", "behind the mountains"}},
	{"T", {"lamp", "apple", "golden egg", "loaf of bread", "old coat", "silver ring", "drum", "map", "oar", "key"}},
};
enum { RULES = sizeof grammar / sizeof *grammar };
static int kept[RULES]; /* which alternative of A, B, P, T this fable has; -1: none yet */

static uint64_t chance;

/* SplitMix64, 0 .. n - 1 */
static int
below(int n)
{
	uint64_t z = chance += 0x9e3779b97f4a7c15;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
	z = (z ^ z >> 27) * 0x94d049bb133111eb;
	return (int)((z ^ z >> 31) >> 33) % n;
}

/* -- a text that grows ------------------------------------------------------------------------------------------------------ */

static char text[BYTES + 8192];
static size_t used;

static void
put(char c)
{
	if (used + 1 < sizeof text)
		text[used++] = c;
}

/* ---- rules ---------------------------------------------------------------------------------------------------------------- */

static int
find_rule(const char *name, size_t length)
{
	for (int i = 0; i < RULES; i++)
		if (strlen(grammar[i].name) == length && memcmp(grammar[i].name, name, length) == 0)
			return i;
	return -1;
}

static const char *
choose(int rule)
{
	int count = 0;

	while (count < MOST && grammar[rule].one_of[count])
		count++;
	if (!grammar[rule].name[1]) /* one letter: as before in this fable */
		return grammar[rule].one_of[kept[rule] = kept[rule] < 0 ? below(count) : kept[rule]];
	return grammar[rule].one_of[below(count)];
}

/* writes an alternative, and for `<...>` in it the rule of that name: `<a B>` with its article, `<P!>` with a capital */
static void
tell(const char *s)
{
	for (; *s; s++) {
		if (*s != '<') {
			put(*s);
			continue;
		}
		const char *name = s + 1, *end = strchr(s, '>');
		int article = strncmp(name, "a ", 2) == 0 ? 2 : strncmp(name, "an ", 3) == 0 ? 3 : 0, capital = end[-1] == '!';
		const char *words = choose(find_rule(name + article, (size_t)(end - name - article - capital)));
		for (const char *a = !article ? "" : strchr("aeiou", words[0]) ? "an " : "a "; *a; a++)
			put(*a);
		size_t begin = used;
		tell(words);
		if (capital)
			text[begin] = (char)(text[begin] - 'a' + 'A');
		s = end;
	}
}

/* lines of at most 80 characters: blanks become line breaks */
static void
wrap(size_t begin)
{
	size_t line = begin, blank = 0;

	for (size_t i = begin; i < used; i++) {
		if (i - line >= 80 && blank > line) {
			text[blank] = '\n';
			line = blank + 1;
		}
		if (text[i] == ' ')
			blank = i;
	}
}

int
main(int argc, char **argv)
{
	char path[4096];

	if (argc != 2 || (size_t)snprintf(path, sizeof path, "%s/fables.txt", argv[1]) >= sizeof path)
		return fprintf(stderr, "usage: make_text DIR\n"), 2;
	while (used < BYTES) {
		size_t begin = used;
		for (int i = 0; i < RULES; i++)
			kept[i] = -1;
		tell(choose(find_rule("fable", 5)));
		wrap(begin);
		put('\n');
		put('\n');
	}
	FILE *f = fopen(path, "wb");
	if (!f || fwrite(text, 1, used, f) != used || fclose(f))
		return fprintf(stderr, "make_text: cannot write %s\n", path), 1;
	return 0;
}
