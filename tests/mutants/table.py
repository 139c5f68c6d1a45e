"""The mutants: small mistakes in every rule of docs/derivation.md and in the table of scalar functions.

A row: the rule, the file, the text that is there (once), what it becomes, and, where no test could tell the two apart, the proof of that.
`rows_of_functions` makes the rows of the table in compiler/core/function.c by machine.
"""
import re
from dataclasses import dataclass

DERIVE, REVERSE, SOLVE, COLLECT = (f"compiler/derive/{name}.c" for name in ("derive", "reverse", "solve", "collect"))
STABILISE, SIMPLIFY, FORMS = "compiler/derive/stabilise.c", "compiler/derive/simplify.c", "compiler/derive/forms.c"
EQUATION = "compiler/core/equation.c"
SUMS, CONDITION, WHOLE, FUNCTION = (f"compiler/core/{name}.c" for name in ("arithmetic_rules", "condition", "whole", "function"))


@dataclass
class Mutant:
    rule: str
    file: str
    old: str
    new: str
    proof: str = None  # why it is the same program


TABLE = [Mutant(*row) for row in [
    # ---- scaling: the loss of a batch is the mean over its samples
    ("batch: into what has none", DERIVE, "if (!t->batch && q->tensor->batch) g = divide(p, g, batch_size(p));", "if (!t->batch && q->tensor->batch) g = scale(p, 1, g);"),
    ("batch: into samples", DERIVE, "if (t->batch && !q->tensor->batch) g = mul(p, g, batch_size(p));", ";"),
    ("batch: the wrong way round", DERIVE, "if (t->batch && !q->tensor->batch) g = mul(p, g, batch_size(p));", "if (t->batch && !q->tensor->batch) g = divide(p, g, batch_size(p));"),
    ("batch: the seed of the loss", DERIVE, "number(p, t == p->loss ? 1 : 0)", "number(p, t == p->loss ? 2 : 0)"),
    # ---- seeds: what a reduction hands on
    ("seed of mean: no count", DERIVE, "g = scale(p, 1 / count, g);", ";"),
    ("seed of mean: one too many", DERIVE, "g = scale(p, 1 / count, g);", "g = scale(p, 1 / (count + 1), g);"),
    ("seed of mean: over samples", DERIVE, "return batch ? divide(p, g, batch_size(p)) : g;", "return g;"),
    ("seed of max: of min", DERIVE, "q->reduction == MAX ? ARGMAX : ARGMIN", "q->reduction == MAX ? ARGMIN : ARGMAX"),
    ("seed of max: everywhere", DERIVE, "return choose(p, equal(p, flat, read_at(p, at, q->lhs)), g, number(p, 0));", "return g;"),
    ("seed of max: the place, columns first", DERIVE, "for (int i = 0; i < q->bound_count; i++) flat = add", "for (int i = q->bound_count - 1; i >= 0; i--) flat = add"),
    ("seed of prod: none", DERIVE, "case PROD: return mul(p, g, other_factors(p, q));", "case PROD: return g;"),
    ("seed of prod: the factor itself, too", DERIVE, "choose(p, same, number(p, 1), substitute(p, q->body, n, q->bound, to))", "substitute(p, q->body, n, q->bound, to)"),
    ("seed of prod: 0 for the factor", DERIVE, "choose(p, same, number(p, 1), substitute", "choose(p, same, number(p, 0), substitute"),
    # ---- contributions
    ("add up: the first reader only", DERIVE, "for (int i = 0; i < n; i++) {\n\t\tstruct expr **to = NEW_ARRAY(p->arena, t->rank + 1, struct expr *);", "for (int i = 0; i < n && i < 1; i++) {\n\t\tstruct expr **to = NEW_ARRAY(p->arena, t->rank + 1, struct expr *);"),
    ("add up: axes of the reader swapped", DERIVE, "for (int k = 0; k < t->rank; k++) to[k] = index_of(p, lhs[k]);", "for (int k = 0; k < t->rank; k++) to[k] = index_of(p, lhs[t->rank > 1 && t->shape[t->rank - 1] == t->shape[t->rank - 2] && k >= t->rank - 2 ? 2 * t->rank - 3 - k : k]);"),
    ("derive: no guard of the solution", DERIVE, "g = choose(p, s.guard, g, number(p, 0));", ";"),
    ("derive: argmax carries a gradient", DERIVE, "return !t->no_gradient && !t->integer && q->reduction != ARGMAX && q->reduction != ARGMIN;", "return !t->integer && q->reduction != ARGMAX && q->reduction != ARGMIN;"),
    ("derive: what samples share is not summed", DERIVE, "s.left_count, s.left, adjoint_name(d, t, \"_part\")", "s.left_count > 1 ? s.left_count - 1 : s.left_count, s.left, adjoint_name(d, t, \"_part\")"),
    # ---- reverse: from a node to its kids
    ("reverse +: the first term only", REVERSE, "for (int i = 0; i < e->n; i++) accumulate(s, e->kid[i], g);", "for (int i = 0; i < 1; i++) accumulate(s, e->kid[i], g);"),
    ("reverse: the last use wins", REVERSE, "s->adjoint[i] = s->adjoint[i] ? add(s->p, s->adjoint[i], g) : g;", "s->adjoint[i] = g;"),
    ("reverse *: with the factor itself", REVERSE, "others[k] = k == i ? g : e->kid[k];", "others[k] = e->kid[k];"),
    ("reverse *: one factor lost", REVERSE, "accumulate(s, f, mul_all(p, e->n, others));", "accumulate(s, f, mul_all(p, e->n > 2 ? e->n - 1 : e->n, others));"),
    ("reverse * and -: the quotient's sign", REVERSE, "mul_all(p, 4, (struct expr *[]){g, f->kid[1], y, power_of(p, z, -1)})", "mul_all(p, 3, (struct expr *[]){g, y, power_of(p, z, -1)})"),
    ("reverse * and -: quotients of positive powers", REVERSE, "f->kid[1]->number < 0 && y != e", "y != e"),
    ("reverse ^: the exponent as a factor", REVERSE, "(struct expr *[]){g, x, power(p, b, sub(p, x, number(p, 1)))}", "(struct expr *[]){g, number(p, 1), power(p, b, sub(p, x, number(p, 1)))}"),
    ("reverse ^: the exponent not lowered", REVERSE, "power(p, b, sub(p, x, number(p, 1)))", "power(p, b, x)"),
    ("reverse ^: -1 without the sign", REVERSE, "scale(p, -1, mul(p, g, power_of(p, y, 2)))", "mul(p, g, power_of(p, y, 2))"),
    ("reverse ^: a varying exponent", REVERSE, "if (x->op != OP_NUMBER) accumulate", "if (x->op == OP_BATCH) accumulate"),
    ("reverse ^: the logarithm lost", REVERSE, "{g, y, call(p, function_named(\"log\"), b)}", "{g, y, b}"),
    ("reverse if: branches swapped", REVERSE, "accumulate(s, e->kid[1], choose(p, c, g, zero));", "accumulate(s, e->kid[1], choose(p, c, zero, g));"),
    ("reverse if: no guard in else", REVERSE, "accumulate(s, e->kid[2], choose(p, c, zero, g));", "accumulate(s, e->kid[2], g);"),
    ("reverse if: at 0 as well", REVERSE, "c = less(p, zero, y);", "c = less_equal(p, zero, y);"),
    ("reverse call: the argument for the result", REVERSE, "e->function->derivative(p, e->kid[0], saved(s, e))", "e->function->derivative(p, e->kid[0], e->kid[0])"),
    ("reverse: the result of a reduction as a node's", REVERSE, "return e == s->q->body && s->q->reduction == MAP ?", "return e == s->q->body ?"),
    # ---- solve
    ("solve 1: i / K and i % K, digits swapped", SOLVE, "struct expr *e = add(p, scale(p, (double)K, index_of(p, q)), index_of(p, r));", "struct expr *e = add(p, scale(p, (double)K, index_of(p, r)), index_of(p, q));"),
    ("solve 1: the last block is whole", SOLVE, "if (v->size % K && v->size > K) require", "if (0) require"),
    ("solve 1: too few blocks", SOLVE, "(v->size + K - 1) / K);\n\t\t\tstruct index *r", "v->size / K > 0 ? v->size / K : 1);\n\t\t\tstruct index *r"),
    ("solve 1: range of the rest off by one", SOLVE, "v->size < K ? v->size : K);", "v->size < K ? v->size : K - 1);"),
    ("solve 2: the quotient starts at 0", SOLVE, "add(p, index_of(p, q), number(p, (double)low))", "index_of(p, q)"),
    ("solve 2: one quotient too few", SOLVE, "index_new(p, \"q\", high - low + 1)", "index_new(p, \"q\", high > low ? high - low : 1)"),
    ("solve 2: one rest too few", SOLVE, "*r = index_new(p, \"r\", K);", "*r = index_new(p, \"r\", K - 1);"),
    ("solve 2: the equation e = K*q + r lost", SOLVE, "PUSH(p->arena, &s->equations, (struct pair){sub(p, d.e, whole), number(p, 0)});", ";"),
    ("solve 3: a guard lost", SOLVE, "if (best.cost == 0) require(s, equal(p, best.rest, e.target));", "if (best.cost == 0) (void)value;"),
    ("solve 3: digits without a lower bound", SOLVE, "\trequire(s, at_least_0(p, value));\n\tstruct expr *current", "\tstruct expr *current"),
    ("solve 3: digits without an upper bound", SOLVE, "\t\trequire(s, at_least_0(p, sub(p, number(p, (double)(c->term[i].index->size - 1)), digit[i])));", ""),
    ("solve 3: the upper bound off by one", SOLVE, "number(p, (double)(c->term[i].index->size - 1)), digit[i])", "number(p, (double)(c->term[i].index->size - 2)), digit[i])"),
    ("solve 3: digits without divisibility", SOLVE, "if (i == c->n - 1 && k > 1) require", "if (0) require"),
    ("solve 3: mixed radix without its condition", SOLVE, "if (c->term[i].coefficient <= reach) return false;", "if (c->term[i].coefficient < reach) return false;"),
    ("solve 3: one unknown, no lower bound", SOLVE, "\trequire(s, at_least_0(p, value));\n\tstruct expr *e = floor_div", "\tstruct expr *e = floor_div"),
    ("solve 3: one unknown, no upper bound", SOLVE, "\trequire(s, at_least_0(p, sub(p, number(p, (double)(v->size - 1)), e)));\n\tput(s, v, e);", "\tput(s, v, e);"),
    ("solve 3: one unknown, no divisibility", SOLVE, "if (k > 1) require(s, equal(p, floor_mod(p, value, k), number(p, 0)));", ";"),
    ("solve 3: the sign of a falling subscript", SOLVE, "value = scale(p, -1, value);\n\t\tk = -k;", "k = -k;"),
    ("solve 3: the other unknowns forgotten", SOLVE, "if (i != best) value = sub", "if (i != best && i > 1) value = sub"),
    ("solve 3: another unknown is solved", SOLVE, "return v->size + (1L << 40);", "return v->size;",
     "any unknown may be solved: every step is an equivalence, the solutions are the same set, only written (and summed) in another way"),
    ("solve: a look-up without its guard", SOLVE, "for (int i = 0; i < s.equations.n; i++) require", "for (int i = 1; i < s.equations.n; i++) require"),
    ("solve: put without the guards", SOLVE, "\tfor (int i = 0; i < s->guards.n; i++) s->guards.at[i] = substitute(p, s->guards.at[i], 1, &v, &e);\n", ""),
    # ---- D, P, V, and what leaves a sum
    ("D: the sign", COLLECT, "scale(p, (double)-c, sub(p, condition->kid[0], scale(p, (double)c, v)))", "scale(p, (double)c, sub(p, condition->kid[0], scale(p, (double)c, v)))"),
    ("D: no range", COLLECT, "g = guarded(p, inside(p, x, r->size), substitute(p, rest, 1, &r, &x));", "g = substitute(p, rest, 1, &r, &x);"),
    ("D: the range off by one", COLLECT, "inside(p, x, r->size), substitute(p, rest", "inside(p, x, r->size - 1), substitute(p, rest"),
    ("D: the other guards lost", COLLECT, "struct expr *rest = guarded(p, all_but(p, g->kid[0], k), g->kid[1]);", "struct expr *rest = g->kid[1];"),
    ("P: the first of the class", COLLECT, "add(p, scale(p, (double)S, index_of(p, w)), first)", "scale(p, (double)S, index_of(p, w))"),
    ("P: the inverse", COLLECT, "if (d * i % s == 1) return i;", "if (d * i % s == 1) return 1;"),
    ("P: too few of the class", COLLECT, "(u->size + S - 1) / S);", "u->size / S > 0 ? u->size / S : 1);"),
    ("P: no upper bound", COLLECT, "both(p, at_least_0(p, sub(p, number(p, (double)(u->size - 1)), e)), equal(p, floor_mod(p, x, gcd), number(p, 0)))", "equal(p, floor_mod(p, x, gcd), number(p, 0))"),
    ("P: no class at all", COLLECT, "both(p, at_least_0(p, sub(p, number(p, (double)(u->size - 1)), e)), equal(p, floor_mod(p, x, gcd), number(p, 0)))", "at_least_0(p, sub(p, number(p, (double)(u->size - 1)), e))"),
    ("V: no size", COLLECT, "for (int i = 0; i < b.n; i++) front = mul", "for (int i = 1; i < b.n; i++) front = mul"),
    ("V: means over other indices", COLLECT, "defined_as(p, n, lhs, MEAN, b.n, b.at, guarded(p, guard, plain))", "defined_as(p, n, lhs, MEAN, b.n, b.at, plain)"),
    ("collect: an index that is not mentioned", COLLECT, "else free[free_count++] = v->batch ? batch_size(p) : number(p, (double)v->size);", "else free[free_count++] = number(p, 1);"),
    ("collect: the guard inside the sum lost", COLLECT, "struct expr *body = guarded(p, guard, mul(p, plain, batch));", "struct expr *body = mul(p, plain, batch);"),
    ("collect: the guard outside the sum lost", COLLECT, "return guarded(p, outer, mul(p, front, read_at(p, t, lhs)));", "return mul(p, front, read_at(p, t, lhs));"),
    ("collect: a factor left out", COLLECT, "return guarded(p, outer, mul(p, front, read_at(p, t, lhs)));", "return guarded(p, outer, read_at(p, t, lhs));"),
    ("collect: the last term left out", COLLECT, "for (int i = 0; i < terms->n; i++) total = add(p, total, collect_sum", "for (int i = 0; i < terms->n - 1; i++) total = add(p, total, collect_sum"),
    ("collect: a factor leaves although it moves", COLLECT, "if (!mentions_bound(factor[i], &b) && !is_batch_factor", "if ((!mentions_bound(factor[i], &b) || factor[i]->op == OP_CALL) && !is_batch_factor"),
    ("collect: unsafe reads leave", COLLECT, "if (mentions_bound(c, b)) return false;", ";"),
    ("collect: the guard of a look-up leaves", COLLECT, "if (inside_[a] == data[b]) return true;", ";"),
    # ---- S, L, H, T
    ("S: the sign of the shift", STABILISE, "sub(p, e, read_at(p, top, q->lhs))", "add(p, e, read_at(p, top, q->lhs))"),
    ("S: exp(M) forgotten", STABILISE, "return mul(p, call(p, function_named(\"exp\"), read_of(p, s.top, e->n, at)), read_of(p, s.sum, e->n, at));", "return read_of(p, s.sum, e->n, at);"),
    ("S: the minimum for the maximum", STABILISE, "equation_new(p, top, q->lhs_count, q->lhs, MAX, q->bound_count", "equation_new(p, top, q->lhs_count, q->lhs, MIN, q->bound_count"),
    ("S: M has a gradient", STABILISE, "\ttop->no_gradient = true;\n", "",
     "S does not depend on M: its whole gradient is 0 in exact arithmetic, and nothing but rounding changes; it would only be work"),
    ("L: never", STABILISE, "if (!q || q->reduction || !is_exponential(q->body)) return NULL;", "return NULL;"),
    ("L: through a reduction", STABILISE, "if (!q || q->reduction || !is_exponential(q->body)) return NULL;", "if (!q || !is_exponential(q->body)) return NULL;"),
    ("H: the other factors lost", STABILISE, "body = mul(p, body, settled(p, q, q->body->kid[k]));", "body = settled(p, q, q->body->kid[k]);"),
    ("H: an index lost", STABILISE, "if (v->batch == (pass == 0) && mentions(e, v)) out[n++] = v;", "if (v->batch == (pass == 0) && mentions(e, v) && (i || pass == 0)) out[n++] = v;"),
    ("H: the guard of a factor lost", STABILISE, "struct expr *f = choose(p, c, product->kid[best], number(p, 0));", "struct expr *f = product->kid[best];"),
    ("T: another function", STABILISE, "struct expr *y = call(p, e->function, x);\n", "struct expr *y = call(p, e->function->transcendental && e->function == function_named(\"tanh\") ? function_named(\"sin\") : e->function, x);\n"),
    ("T: the argument without its function", STABILISE, "return call(p, e->function, read_at(p, t, lhs));", "return read_at(p, t, lhs);"),
    # ---- C, R, X, F, merge, takeover
    ("C: read at the wrong place", SIMPLIFY, "struct expr *r = substitute(p, q->body, q->lhs_count, q->lhs, e->kid);\n\tif (divides", "struct expr *r = q->body;\n\tif (divides"),
    ("C: a one-hot map that is none", SIMPLIFY, "if (c->op != OP_EQ0 || !c->has_read) continue;", "if (c->op != OP_EQ0) continue;",
     "inlining a map into its reader is right for every map (C chooses when, for speed); the rule only decides what is worth it"),
    ("R: a pattern that fits nearly", SIMPLIFY, "if (bound[i]) return bound[i] == e;", "if (bound[i]) return true;"),
    ("R: a pattern of another tensor", SIMPLIFY, "if (pattern->op == OP_READ && pattern->tensor != e->tensor) return false;\n", ""),
    ("R: another function", SIMPLIFY, "if (pattern->op == OP_CALL && pattern->function != e->function) return false;\n", ""),
    ("R: the range is not looked at", SIMPLIFY, "fits = same_batch || (b.known && b.low >= 0 && b.high < q->lhs[i]->size);", "fits = same_batch || b.known;"),
    ("R: a factor lost beside a pair", SIMPLIFY, "if (i != a && i != b) hit = mul(p, hit, rewrite(p, e->kid[i], reuse_node, r));", "if (i != a && i < b) hit = mul(p, hit, rewrite(p, e->kid[i], reuse_node, r));"),
    ("X: the last term lost", FORMS, "for (int t = 0; t < sum->n; t++) {", "for (int t = 0; t < sum->n - 1; t++) {"),
    ("F: the rest lost", FORMS, "struct expr *out = add(p, rest, mul(p, f, factored_sum(p, inner)));", "struct expr *out = mul(p, f, factored_sum(p, inner));"),
    ("F: the factor lost", FORMS, "struct expr *out = add(p, rest, mul(p, f, factored_sum(p, inner)));", "struct expr *out = add(p, rest, factored_sum(p, inner));"),
    ("F: the factor stays in a term", FORMS, "inner = add(p, inner, without_factor(p, terms[i], f));", "inner = add(p, inner, i ? without_factor(p, terms[i], f) : terms[i]);"),
    ("cost: of the dearest", FORMS, "if (c >= least) continue;", "if (c <= least) continue;"),
    ("sums again: the bound indices lost", SIMPLIFY, "\t\tq->bound_count = z->bound_count;\n\t\tq->bound = z->bound;\n\t\tq->body = z->body;\n\t\treturn;", "\t\tq->body = z->body;\n\t\treturn;"),
    ("merge: of other reductions", EQUATION, "if (v->reduction != r || v->lhs_count", "if (v->lhs_count"),
    ("takeover: other axes", SIMPLIFY, "if (!bare) continue;", ""),
    ("takeover: of what others read", SIMPLIFY, "readers[z->tensor->id] != 1 || ", "",
     "the other readers keep reading z, which stays as long as it is read: the sum is computed twice, to the same bits"),
    # ---- A: sums
    ("A: like terms", SUMS, "b->at[i].coefficient += c;", "b->at[i].coefficient = c;"),
    ("A: the constant lost", SUMS, "if (constant != 0) out[count++] = number(p, constant);", "if (constant != 0 && b.n == 0) out[count++] = number(p, constant);"),
    ("A: coefficients lost", SUMS, "out[count++] = scale(p, b.at[i].coefficient, b.at[i].item);", "out[count++] = b.at[i].item;"),
    ("A: a difference that is a sum", SUMS, "return add(p, a, scale(p, -1, b));", "return add(p, a, b);"),
    ("A: K * (e / K) + e % K, any K", SUMS, "b->at[k].coefficient != b->at[i].coefficient * (double)m->divisor", "b->at[k].coefficient == 0"),
    ("A: guards of other conditions join", SUMS, "if (y->op != OP_IF || y->integer || x->kid[0] != y->kid[0]) continue;", "if (y->op != OP_IF || y->integer) continue;"),
    ("A: joined guards, else swapped", SUMS, "add(p, scale(p, c, x->kid[2]), scale(p, d, y->kid[2]))", "add(p, scale(p, d, x->kid[2]), scale(p, c, y->kid[2]))"),
    # ---- M: products and powers
    ("M: the number lost", SUMS, "m->number *= f->number;", "m->number = f->number;"),
    ("M: exponents multiply", SUMS, "m->exponent = m->exponent ? add(p, m->exponent, f->kid[0]) : f->kid[0];", "m->exponent = m->exponent ? mul(p, m->exponent, f->kid[0]) : f->kid[0];"),
    ("M: a guard lost", SUMS, "m->guard = m->guard ? both(p, m->guard, f->kid[0]) : f->kid[0];", "m->guard = f->kid[0];"),
    ("M: the exponential lost behind a guard", SUMS, "if (m.exponent) inner = mul(p, inner, call(p, m.exponential, m.exponent));", ";"),
    ("M: powers of powers add", SUMS, "return power_of(p, b->kid[0], b->kid[1]->number * e);", "return power_of(p, b->kid[0], b->kid[1]->number + e);"),
    ("M: a root of any product", SUMS, "if (b->op == OP_MUL && b->kid[0]->op == OP_NUMBER && b->kid[0]->number > 0) {", "if (b->op == OP_MUL && b->kid[0]->op == OP_NUMBER) {"),
    ("M: even powers under roots", SUMS, "if (b->op == OP_POW && b->kid[1]->op == OP_NUMBER && whole) return", "if (b->op == OP_POW && b->kid[1]->op == OP_NUMBER) return"),
    ("M: the power of a number", SUMS, "return scale(p, pow(c, e), power_of(p, rest, e));", "return scale(p, c, power_of(p, rest, e));"),
    ("M: a product of a sum and -1", SUMS, "terms[i] = scale(p, m.number, out[0]->kid[i]);", "terms[i] = i ? out[0]->kid[i] : scale(p, m.number, out[0]->kid[i]);"),
    # ---- I: conditions and intervals
    ("I: >= 0, off by one", CONDITION, "if (b.known && b.low >= 0) return truth(p, true);", "if (b.known && b.low >= -1) return truth(p, true);"),
    ("I: never, off by one", CONDITION, "if (b.known && b.high < 0) return truth(p, false);", "if (b.known && b.high <= 0) return truth(p, false);"),
    ("I: == by divisibility", CONDITION, "if (f->constant % g) return truth(p, false);", "if (!(f->constant % g)) return truth(p, false);"),
    ("I: < as <=", CONDITION, "(struct expr *[]){b, scale(p, -1, a), number(p, -1)}", "(struct expr *[]){b, scale(p, -1, a), number(p, 0)}"),
    ("I: not >=", CONDITION, "at_least_0(p, add(p, scale(p, -1, c->kid[0]), number(p, -1)))", "at_least_0(p, scale(p, -1, c->kid[0]))"),
    ("I: or is and", CONDITION, "return negation(p, both(p, negation(p, a), negation(p, b)));", "return both(p, a, b);"),
    ("I: nested guards, else lost", CONDITION, "if (yes->kid[2] == no) return choose", "if (yes->kid[2]) return choose"),
    ("I: what is known inside", CONDITION, "if (dropped) return choose(p, c, choose(p, left, yes->kid[1], yes->kid[2]), no);", "if (dropped) return choose(p, c, yes->kid[1], no);"),
    ("I: the same condition in else", CONDITION, "if (no->kid[0] == c) return choose(p, c, yes, no->kid[2]);", "if (no->kid[0] == c) return choose(p, c, yes, no->kid[1]);"),
    ("I: the opposite in else", CONDITION, "if (no->kid[0] == negation(p, c)) return choose(p, c, yes, no->kid[1]);", "if (no->kid[0] == negation(p, c)) return choose(p, c, yes, no->kid[2]);"),
    ("I: an interval's upper end", WHOLE, "return e->index->size > 0 ? (struct interval){true, 0, e->index->size - 1} : unknown;", "return e->index->size > 0 ? (struct interval){true, 0, e->index->size - 2} : unknown;"),
    ("I: the remainder's interval", WHOLE, "a.known && a.low >= 0 && a.high < e->divisor ? a.high : e->divisor - 1}", "a.known ? a.high : e->divisor - 1}"),
    ("I: floor towards 0", WHOLE, "return a / k - (a % k != 0 && (a < 0) != (k < 0));", "return a / k;"),
    ("I: a common factor of a condition", WHOLE, "d->constant = floor_quotient(a->constant, g);", "d->constant = floor_quotient(a->constant, g) + 1;"),
    ("I: / of a sum, a carry", WHOLE, "if (b.known && b.low >= 0 && b.high < k) return quotient;", "if (b.known && b.low >= 0) return quotient;"),
    ("I: % of a sum, a carry", WHOLE, "if (b.known && b.low >= 0 && b.high < k) return rest;", "if (b.known && b.low >= 0) return rest;"),
    ("I: / of /", WHOLE, "floor_div(p, rest->kid[0], rest->divisor * k)", "floor_div(p, rest->kid[0], rest->divisor + k)"),
    ("I: % of %", WHOLE, "if (rest->op == OP_MOD && rest->divisor % k == 0) return", "if (rest->op == OP_MOD) return"),
    ("I: % with a common factor", WHOLE, "number(p, (double)(a->constant % g)));", "number(p, 0));"),
    ("I: undo of %", WHOLE, "scale(p, -c * (double)k, q)", "scale(p, c * (double)k, q)"),
]]


def rows_of_functions(read):
    """Every derivative and every rewrite of the table, negated and doubled."""
    text = read(FUNCTION)
    for name, formula in re.findall(r"^DERIVATIVE\((\w+), (.*)\)(?: /\*.*)?$", text, re.M):
        proof = "the derivative is 0" if formula == "N(0)" else None
        for what, factor in (("negated", -1), ("doubled", 2)):
            yield Mutant(f"derivative of {name}: {what}", FUNCTION, f"DERIVATIVE({name}, {formula})", f"DERIVATIVE({name}, scale(p, {factor}, {formula}))", proof)
    for name, formula in re.findall(r"^REWRITE_NEGATED\((\w+), (.*)\)$", text, re.M):
        yield Mutant(f"G, {name}(-x): negated", FUNCTION, f"REWRITE_NEGATED({name}, {formula})", f"REWRITE_NEGATED({name}, scale(p, -1, {formula}))")
    yield Mutant("G, exp(log(x)): log(x)", FUNCTION, "return is_call(x, \"log\") ? x->kid[0] : NULL;", "return is_call(x, \"log\") ? x : NULL;")
    yield Mutant("G, log(exp(x)): exp(x)", FUNCTION, "if (is_call(x, \"exp\")) return x->kid[0];", "if (is_call(x, \"exp\")) return x;")
    yield Mutant("G, log(sigmoid(x)): the sign", FUNCTION, "call(p, softplus, scale(p, -1, x->kid[0]))", "call(p, softplus, x->kid[0])")
    yield Mutant("G, log(1 - sigmoid(x)): the sign", FUNCTION, "return scale(p, -1, call(p, softplus, rest->kid[0]));", "return call(p, softplus, rest->kid[0]);")
    yield Mutant("G, log(a * exp(b)): b lost", FUNCTION, "return add(p, sum, call(p, log_, rest));", "return call(p, log_, rest);")
    yield Mutant("G, log(exp(b) / c): the sign", FUNCTION, "return sub(p, sum, call(p, log_, rest->kid[0]));", "return add(p, sum, call(p, log_, rest->kid[0]));")
    yield Mutant("G, sqrt(x): x", FUNCTION, "return power_of(p, x, 0.5);", "return power_of(p, x, 1);")
