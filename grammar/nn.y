/* nn.y - the grammar of the .nn language: LALR(1), without conflicts, precedences or expectations.  docs/language.md, section 5. */
%code requires {
#include "front/ast.h"
#define NN_LTYPE struct span
}
%code provides {
int nn_lex(NN_STYPE *value, NN_LTYPE *span, struct parse *p, void *scanner);
bool nn_scan_recover(struct parse *p, struct span at, struct span *open, int *bracket);
struct span nn_scan_block(const struct parse *p);
}
%code {
#include "front/syntax.h"
#define YYLLOC_DEFAULT(whole, part, n) ((whole) = (n) ? span_join((part)[1], (part)[n]) : (struct span){p->source, (part)[0].end, (part)[0].end})
#define NONE ((struct span){0})
#define MAKE(kind, span, ...) node_new(p, NODE_##kind, span, NULL, NONE, __VA_ARGS__)
#define NAMED(kind, span, text, name, ...) node_new(p, NODE_##kind, span, text, name, __VA_ARGS__)
#define EMPTY(span) MAKE(LIST, span, 0)
#define OPERATION(kind, span, a, b) node_new(p, kind, span, NULL, NONE, 2, a, b)
static void nn_error(const struct span *at, struct parse *p, void *scanner, const char *message);
}
%define api.pure full
%define api.prefix {nn_}
%define parse.error custom
%define parse.lac full
%locations
%param {struct parse *p} {void *scanner}
%initial-action { @$ = (struct span){p->source, 0, 0}; }
%union { struct node *node; const char *text; enum node_kind kind; }

%token <text> NAME "a name" NUMBER "a number" TEXT "a text" REDUCTION "a reduction" UNCLOSED "an unclosed text" STRAY "a stray character"
%token NL "the end of the line" END 0 "the end of the file"
%token IMPORT "import" AS "as" LET "let" FN "fn" LAYER "layer" MODEL "model" TRAIN "train" OPTIMIZER "optimizer" STATE "state"
%token FROZEN "frozen" INPUT "input" TARGET "target" OUTPUT "output" PARAM "param" LOSS "loss" METRIC "metric"
%token REPEAT "repeat" RETURN "return" REQUIRE "require" IN "in" OF "of" IF "if" THEN "then" ELSE "else"
%token AND "and" OR "or" NOT "not"
%token ARROW "->" BECOMES "<-" DOTDOT ".." LE "<=" GE ">=" EQ "==" NE "!=" STARSTAR "**"
%token '=' '+' '-' '*' '/' '%' '@' '^' '(' ')' '[' ']' '{' '}' ',' ':' '.' '<' '>' '~'

%type <node> items item import let fn layer optimizer model train entries entry
%type <node> params param_list param result types body block stmts stmt names init outside type range
%type <node> expr pipe stage or and not cmp add addend mul unary power primary postfix closed call
%type <node> redcall red redbody factors args arg_list arg exprs rest indices index dotted
%type <kind> addop mulop relop

%start file
%%
/* ---- file ------------------------------------------------------- */
file:     items                              { p->file = $1; }
items:    %empty                             { $$ = MAKE(FILE, @$, 0); }
        | items item NL                      { $$ = node_push(p, $1, $2); }
        | items error NL                     { $$ = $1; yyerrok; }
item:     import | let | fn | layer | optimizer | model | train
import:   IMPORT TEXT                        { $$ = NAMED(IMPORT, @$, $2, @2, 1, NULL); }
        | IMPORT TEXT AS NAME                { $$ = NAMED(IMPORT, @$, $2, @2, 1, NAMED(NAME, @4, $4, @4, 0)); }
let:      LET NAME '=' expr                  { $$ = NAMED(LET, @$, $2, @2, 1, $4); }
fn:       FN NAME '(' params ')' result body    { $$ = NAMED(FN, @$, $2, @2, 3, $4, $6, $7); }
layer:    LAYER NAME '(' params ')' result body { $$ = NAMED(LAYER, @$, $2, @2, 3, $4, $6, $7); }
optimizer: OPTIMIZER NAME '(' params ')' block  { $$ = NAMED(OPTIMIZER, @$, $2, @2, 2, $4, $6); }
model:    MODEL NAME block                   { $$ = NAMED(MODEL, @$, $2, @2, 1, $3); }
train:    TRAIN '{' entries '}'              { $$ = NAMED(TRAIN, @$, NULL, @1, 1, $3); }
        | TRAIN NAME '{' entries '}'         { $$ = NAMED(TRAIN, @$, $2, @2, 1, $4); }
entries:  %empty                             { $$ = EMPTY(@$); }
        | entries entry NL                   { $$ = node_push(p, $1, $2); }
        | entries error NL                   { $$ = $1; yyerrok; }
entry:    NAME '=' expr                      { $$ = NAMED(SET, @$, $1, @1, 1, $3); }
        | OPTIMIZER '=' expr                 { $$ = NAMED(SET, @$, "optimizer", @1, 1, $3); }
        | NAME '{' entries '}'               { $$ = NAMED(GROUP, @$, $1, @1, 1, $3); }

/* ---- signatures ------------------------------------------------- */
params:     %empty                           { $$ = EMPTY(@$); }
          | param_list
          | param_list ','
param_list: param                            { $$ = node_push(p, EMPTY(@$), $1); }
          | param_list ',' param             { $$ = node_push(p, $1, $3); }
param:      NAME                             { $$ = NAMED(PARAMETER, @$, $1, @1, 2, NULL, NULL); }
          | NAME ':' type                    { $$ = NAMED(PARAMETER, @$, $1, @1, 2, $3, NULL); }
          | NAME '=' expr                    { $$ = NAMED(PARAMETER, @$, $1, @1, 2, NULL, $3); }
          | NAME ':' type '=' expr           { $$ = NAMED(PARAMETER, @$, $1, @1, 2, $3, $5); }
result:     %empty                           { $$ = NULL; }
          | ARROW types                      { $$ = $2; }
types:      type                             { $$ = node_push(p, EMPTY(@$), $1); }
          | types ',' type                   { $$ = node_push(p, $1, $3); }
type:       or                               { $$ = MAKE(TYPE, @$, 2, $1, NULL); }
          | range                            { $$ = MAKE(TYPE, @$, 2, NULL, $1); }
          | or OF range                      { $$ = MAKE(TYPE, @$, 2, $1, $3); }
          | FN                               { $$ = MAKE(TYPE, @$, 2, MAKE(ANY_FN, @1, 0), NULL); }
range:      or DOTDOT or                     { $$ = MAKE(RANGE, @$, 2, $1, $3); }
body:       '=' expr                         { $$ = MAKE(BODY, @$, 1, $2); }
          | block

/* ---- statements ------------------------------------------------- */
block:    '{' stmts '}'                      { $$ = $2; $$->span = @$; }
stmts:    %empty                             { $$ = MAKE(BLOCK, @$, 0); }
        | stmts stmt NL                      { $$ = node_push(p, $1, $2); }
        | stmts error NL                     { $$ = $1; yyerrok; }
stmt:     let
        | INPUT  NAME ':' type               { $$ = NAMED(INPUT, @$, $2, @2, 1, $4); }
        | TARGET NAME ':' type               { $$ = NAMED(TARGET, @$, $2, @2, 1, $4); }
        | PARAM  NAME ':' type init outside  { $$ = NAMED(PARAM, @$, $2, @2, 3, $4, $5, $6); }
        | STATE  NAME '=' expr               { $$ = NAMED(STATE, @$, $2, @2, 2, NULL, $4); }
        | STATE  NAME ':' type '=' expr      { $$ = NAMED(STATE, @$, $2, @2, 2, $4, $6); }
        | LAYER  NAME '=' expr               { $$ = NAMED(INSTANCE, @$, $2, @2, 2, $4, NULL); }
        | LAYER  NAME '=' FROZEN expr        { $$ = NAMED(INSTANCE, @$, $2, @2, 2, $5, NAMED(NAME, @4, "frozen", @4, 0)); }
        | names '=' expr                     { $$ = MAKE(DEFINE, @$, 2, $1, $3); }
        | dotted '[' indices ']' '=' expr    { $$ = MAKE(INDEXED, @$, 3, $1, $3, $6); }
        | NAME BECOMES expr                  { $$ = NAMED(ASSIGN, @$, $1, @1, 1, $3); }
        | OUTPUT NAME                        { $$ = NAMED(OUTPUT, @$, $2, @2, 1, NULL); }
        | OUTPUT NAME '=' expr               { $$ = NAMED(OUTPUT, @$, $2, @2, 1, $4); }
        | METRIC NAME '=' expr               { $$ = NAMED(METRIC, @$, $2, @2, 1, $4); }
        | LOSS '=' expr                      { $$ = NAMED(LOSS, @$, "loss", @1, 1, $3); }
        | REPEAT expr block                  { $$ = MAKE(REPEAT, @$, 2, $2, $3); }
        | REPEAT NAME IN range block         { $$ = NAMED(REPEAT, @$, $2, @2, 2, $4, $5); }
        | RETURN exprs                       { $$ = MAKE(RETURN, @$, 1, $2); }
        | REQUIRE arg_list                   { $$ = MAKE(REQUIRE, @$, 1, $2); }
names:    dotted                             { $$ = node_push(p, EMPTY(@$), $1); }
        | names ',' dotted                   { $$ = node_push(p, $1, $3); }
init:     %empty                             { $$ = NULL; }
        | '~' expr                           { $$ = MAKE(DRAWN, @$, 1, $2); }
        | '=' expr                           { $$ = MAKE(VALUE, @$, 1, $2); }
outside:  %empty                             { $$ = NULL; }
        | NOT IN NAME                        { $$ = NAMED(NAME, @$, $3, @3, 0); }

/* ---- expressions: loosest binding first ------------------------- */
expr:     pipe
        | IF or THEN expr ELSE expr          { $$ = MAKE(IF, @$, 3, $2, $4, $6); }
pipe:     or
        | pipe ARROW stage                   { $$ = OPERATION(NODE_PIPE, @$, $1, $3); }
stage:    dotted                             { $$ = MAKE(CALL, @$, 2, $1, EMPTY(@$)); }
        | call
        | REDUCTION                          { $$ = MAKE(CALL, @$, 2, NAMED(NAME, @1, $1, @1, 0), EMPTY(@$)); }
        | redcall
or:       and  | or OR and                   { $$ = OPERATION(NODE_OR, @$, $1, $3); }
and:      not  | and AND not                 { $$ = OPERATION(NODE_AND, @$, $1, $3); }
not:      cmp  | NOT not                     { $$ = MAKE(NOT, @$, 1, $2); }
cmp:      add  | add relop add               { $$ = OPERATION($2, @$, $1, $3); }
add:      addend | add addop addend          { $$ = OPERATION($2, @$, $1, $3); }
addend:   mul | red | mul mulop red          { $$ = OPERATION($2, @$, $1, $3); }
mul:      unary | mul mulop unary            { $$ = OPERATION($2, @$, $1, $3); }
unary:    power | '-' unary                  { $$ = MAKE(NEGATE, @$, 1, $2); }
power:    primary | primary '^' unary        { $$ = OPERATION(NODE_POWER, @$, $1, $3); }

/* `sum(i) a*b + c` means `(sum(i) a*b) + c`: the sum takes one product, as in mathematics */
red:      redcall redbody                    { $$ = MAKE(REDUCE, @$, 2, $1, $2); }
redbody:  factors | red | factors mulop red  { $$ = OPERATION($2, @$, $1, $3); }
factors:  power | factors mulop unary        { $$ = OPERATION($2, @$, $1, $3); }
redcall:  REDUCTION '(' args ')'             { $$ = MAKE(CALL, @$, 2, NAMED(NAME, @1, $1, @1, 0), $3); }

primary:  NUMBER                             { $$ = NAMED(NUMBER, @$, $1, @1, 0); }
        | TEXT                               { $$ = NAMED(TEXT, @$, $1, @1, 0); }
        | '[' exprs ']'                      { $$ = $2; $$->span = @$; }
        | '[' exprs ',' rest ']'             { $$ = node_push(p, $2, $4); $$->span = @$; }
        | '[' rest ']'                       { $$ = node_push(p, EMPTY(@$), $2); }
        | '[' ']'                            { $$ = EMPTY(@$); }
        | redcall
        | postfix
postfix:  dotted
        | closed
closed:   call
        | '(' expr ')'                       { $$ = $2; }
        | postfix '[' indices ']'            { $$ = MAKE(INDEX, @$, 2, $1, $3); }
        | closed '.' NAME                    { $$ = NAMED(DOT, @$, $3, @3, 1, $1); }
call:     dotted '(' args ')'                { $$ = MAKE(CALL, @$, 2, $1, $3); }
dotted:   NAME                               { $$ = NAMED(NAME, @$, $1, @1, 0); }
        | dotted '.' NAME                    { $$ = NAMED(DOT, @$, $3, @3, 1, $1); }

args:     %empty                             { $$ = EMPTY(@$); }
        | arg_list
        | arg_list ','
arg_list: arg                                { $$ = node_push(p, EMPTY(@$), $1); }
        | arg_list ',' arg                   { $$ = node_push(p, $1, $3); }
arg:      expr
        | NAME '=' expr                      { $$ = NAMED(KEYWORD, @$, $1, @1, 1, $3); }
        | NAME IN range                      { $$ = NAMED(IN, @$, $1, @1, 1, $3); }
rest:     NAME DOTDOT                        { $$ = NAMED(REST, @$, $1, @1, 0); }
exprs:    expr                               { $$ = node_push(p, EMPTY(@$), $1); }
        | exprs ',' expr                     { $$ = node_push(p, $1, $3); }
indices:  index                              { $$ = node_push(p, EMPTY(@$), $1); }
        | indices ',' index                  { $$ = node_push(p, $1, $3); }
index:    or
        | range
        | NAME IN range                      { $$ = NAMED(IN, @$, $1, @1, 1, $3); }

addop:    '+' { $$ = NODE_ADD; } | '-' { $$ = NODE_SUBTRACT; }
mulop:    '*' { $$ = NODE_MULTIPLY; } | '/' { $$ = NODE_DIVIDE; } | '%' { $$ = NODE_MODULO; } | '@' { $$ = NODE_MATRIX; }
relop:    '<' { $$ = NODE_LESS; } | '>' { $$ = NODE_GREATER; } | LE { $$ = NODE_LESS_EQUAL; } | GE { $$ = NODE_GREATER_EQUAL; }
        | EQ  { $$ = NODE_EQUAL; } | NE { $$ = NODE_UNEQUAL; }
%%

static int
yyreport_syntax_error(const yypcontext_t *context, struct parse *p, void *scanner)
{
	(void)scanner;
	if (p->too_deep) return 0; /* the rest of the file is not read */
	yysymbol_kind_t expected[YYNTOKENS];
	int n = yypcontext_expected_tokens(context, expected, YYNTOKENS);
	const char *names[YYNTOKENS];
	for (int i = 0; i < n; i++) names[i] = yysymbol_name(expected[i]);
	yysymbol_kind_t token = yypcontext_token(context);
	enum { DEEPEST = 32 }; /* more of the stack says nothing new */
	const char *before[DEEPEST];
	int depth = 0;
	for (const yy_state_t *s = context->yyssp; *s && depth < DEEPEST; s--) before[depth++] = yysymbol_name(YY_ACCESSING_SYMBOL(*s)); /* state 0 is the bottom */
	struct mistake m = {.p = p, .at = *yypcontext_location(context), .found = token == YYSYMBOL_YYEMPTY ? "" : yysymbol_name(token), .expected = names,
			    .n = n > 0 ? n : 0, .before = before, .depth = depth};
	syntax_error(&m);
	return 0;
}

static void
nn_error(const struct span *at, struct parse *p, void *scanner, const char *message)
{
	(void)scanner;
	(void)message; /* the parser's stack is exhausted: brackets that leave no node */
	node_too_deep(p, *at);
}
