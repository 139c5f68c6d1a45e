/* test_gradient.c - the derived gradient of small models against central differences of the loss.
 *
 * The differences are taken on the program as elaborated: neither stabilised nor derived nor simplified.  The gradient is looked at twice, as
 * derive() leaves it and after simplify(); with respect to every parameter and every real input, all elements of each.  Values are drawn
 * again where a difference quotient meets a kink. */
#include "core/print.h"
#include "derive/derive.h"
#include "oracle.h"

#include <math.h>

enum { SAMPLES = 5, ATTEMPTS = 20 };

static const struct {
	const char *name, *text;
} models[] = {
	/* the prelude: layers */
	{"logistic", "input x: [2]\n target t: 0..1\n param w: [2] = 0\n param b: real = 0\n z = sum(i) w[i]*x[i] + b\n loss = binary_cross_entropy(z, t)\n output p = sigmoid(z)"},
	{"dense, cross-entropy", "input x: [4]\n target t: 0..2\n y = x -> Dense(5) -> tanh -> Dense(3)\n loss = cross_entropy(y, t)\n output p = softmax(y)"},
	{"dense without a bias", "input x: [4]\n y = x -> Dense(3, bias=false) -> sigmoid\n loss = sum(y^3)"},
	{"PReLU", "input x: [4]\n y = x -> Dense(5) -> PReLU -> Dense(2) -> PReLU(start=0.1)\n loss = sum(y^2)"},
	{"dropout", "input x: [6]\n y = x -> Dropout(0.4) -> Dense(6) -> Dropout(0.3) -> tanh\n loss = sum(y^2)"},
	{"noise", "input x: [4]\n y = x -> GaussianNoise(0.2) -> Dense(3) -> tanh -> GaussianNoise(0.1)\n loss = sum(y^3)"},
	/* activations */
	{"relu", "input x: [5]\n y = x -> Dense(6) -> relu -> Dense(4) -> relu\n loss = sum(y^2 + y)"},
	{"leaky_relu, identity", "input x: [5]\n y = x -> Dense(4) -> leaky_relu -> identity\n loss = sum(y^2) + sum(leaky_relu(x, a=0.3))"},
	{"elu, selu", "input x: [5]\n y = x -> Dense(4) -> elu -> Dense(4) -> selu\n loss = sum(y^2)"},
	{"gelu, silu", "input x: [5]\n y = x -> Dense(4) -> gelu -> Dense(4) -> silu\n loss = sum(y^2)"},
	{"softplus, clamp", "input x: [5]\n y = x -> Dense(4) -> softplus -> Dense(4)\n loss = sum(clamp(y, -0.3, 0.4)^2) + sum(y^2)"},
	{"scalar functions", "input x: [5]\n y = abs(x) + erf(x) + cos(2*x) + exp(x) + log(x^2 + 1) + sqrt(x^2 + 0.1) + 1/(2 + sin(x)) + min(x, 0.1) * max(x, x^2)\n loss = sum(y^2)"},
	{"powers", "input x: [4]\n param a: [4] = 1\n y = (x^2 + 0.5)^a + 2^x + (x^2 + 1)^1.5 + (x^2 + 1)^-0.5 + 1/(x^2 + 1)^3 + (x^2+1)^0.3\n loss = sum(y^2)"},
	{"reciprocals", "input x: [4]\n a = 1/(x^2 + 0.5)\n b = (x^2 + 0.5)^-2\n c = x / (a + 1)\n d = 2 / (b + c^2)\n loss = sum(a^2) + sum(b * c) + sum(d)"},
	{"functions of functions", "input x: [3]\n param a: [3] = 1\n y = tanh(softplus(a * x)) * exp(-sigmoid(x)^2) + log(1 + exp(a + x)) + sin(cos(x * a))\n loss = sum(y^2)"},
	{"mish", "fn mish(x) = x * tanh(softplus(x))\n#model\ninput x: [3]\n y = x -> Dense(4) -> mish -> Dense(2) -> mish\n loss = sum(y)"},
	/* losses, penalties */
	{"mse, mae, huber", "input x: [6]\n y = x -> Dense(4)\n loss = mse(y, x[0..3]) + mae(y, x[1..4]) + huber(y, x[2..5], d=0.3)"},
	{"penalties", "input x: [3]\n target t: 0..3\n y = x -> Dense(4) -> tanh -> Dense(4)\n loss = cross_entropy(y, t) + 0.1*l1(weights) + 0.05*l2(weights)"},
	{"binary, by hand", "input x: [3]\n target t: 0..1\n z = x -> Dense(1)\n p = sigmoid(z[0])\n loss = -(t*log(p) + (1-t)*log(1-p))"},
	{"binary, several", "input x: [3]\n target t: [4] of 0..1\n z = x -> Dense(4)\n loss = sum(binary_cross_entropy(z, t))"},
	{"logarithm of a softmax", "input x: [3]\n target t: 0..3\n z = x -> Dense(4)\n p = softmax(z)\n loss = -log(p[t])"},
	{"log_softmax", "input x: [3]\n target t: 0..3\n z = x -> Dense(4)\n p = log_softmax(z)\n loss = -p[t]\n output p"},
	{"a maximum beside a softmax", "input x: [3]\n z = x -> Dense(4)\n p = log_softmax(z)\n m = max(z)\n loss = sum(p^2) + m^2 + m * p[1]"},
	{"a maximum behind a softmax", "input x: [3, 2]\n z = x -> Dense(4)\n p = softmax(z)\n q = softmax(z + x[0,0])\n m[t] = max(k) z[t,k]\n loss = sum(p^2) + sum(m) * sum(q^3)"},
	{"entropy", "input x: [3]\n z = x -> Dense(4)\n p = softmax(z)\n loss = -(sum(k) p[k]*log(p[k]))"},
	{"focal", "fn focal(z: [n], t: 0..n-1, gamma = 2) {\n p[k] = exp(z[k]) / sum(j) exp(z[j])\n return -(1 - p[t])^gamma * log(p[t])\n}\n#model\n"
		  "input x: [3]\n target t: 0..3\n y = x -> Dense(4)\n loss = focal(y, t)\n output p = softmax(y)"},
	{"a real target", "input x: [3]\n target t: [2]\n y = x -> Dense(2) -> sigmoid\n loss = mse(y, t) + sum((y - t)^4)"},
	/* equations written out */
	{"other index names", "input x: [4]\n param W: [3, 4] ~ glorot_uniform\n h[a] = sum(b) W[a,b] * x[b]\n g[c] = h[c] * sum(a) W[c,a]\n loss = sum(c) g[c]^2"},
	{"transposed", "input x: [3]\n param W: [3, 4] ~ glorot_uniform\n y[j] = sum(i) W[i,j] * x[i]\n z = W @ y\n u = W.T @ z\n loss = sum(u^2)"},
	{"matrix products", "input x: [5, 4]\n param A: [3, 4] ~ glorot_uniform\n y = A @ (x.T) + (x @ A.T).T\n loss = sum(y^2) + sum(sin(y))"},
	{"a matrix turned by an equation", "input x: [3]\n param A: [3, 4] ~ normal(0, 1)\n B[i,j] = A[j,i]\n y = B @ x\n loss = sum(exp(y))"},
	{"a function of one parameter beside another", "input x: [2]\n param a: [3, 4] ~ normal(0, 1)\n param b: [4, 2] ~ normal(0, 1)\n"
						      " g[j,k] = sum(i) tanh(a[j,i]) * b[i,k]\n y[j] = sum(k) g[j,k] * x[k]\n loss = sum(y^2)"},
	{"a mean beside a sum of some of its terms", "input x: [4, 3]\n param w: [3] = 0.5\n m[j] = mean(batch, i) x[i,j]\n y[i,j] = if i >= j then w[j] * x[i,j] else 0\n"
						    " loss = sum(y) + sum(m) * sum(w^2)"},
	{"one score of a sum over two", "input x: [3]\n input z: [2]\n target t: 0..3\n param W: [4, 3, 2] ~ normal(0, 1)\n p[k] = sum(i,j) W[k,i,j] * x[i] * z[j]\n loss = p[t]"},
	{"three indices", "input x: [4]\n param A: [2, 4, 4] ~ normal(0, 1)\n y[k] = sum(i, j) x[i] * A[k,i,j] * x[j]\n loss = sum(y^2)"},
	{"attention", "input x: [3, 4]\n q = x -> Dense(4) -> reshape([3, 2, 2])\n k = x -> Dense(4) -> reshape([3, 2, 2])\n v = x -> Dense(4) -> reshape([3, 2, 2])\n"
		      " s[h,t,u] = sum(i) q[t,h,i] * k[u,h,i] / sqrt(2)\n a = softmax(s)\n y[t,h,i] = sum(u) a[h,t,u] * v[u,h,i]\n loss = sum(y^2)"},
	{"causal attention", "input x: [3, 2]\n param Q: [2, 2] ~ normal(0, 1)\n param K: [2, 2] ~ normal(0, 1)\n q = x @ Q\n k = x @ K\n s[t,u] = if u <= t then sum(i) q[t,i] * k[u,i] else -inf\n"
			     " a = softmax(s)\n y[t,i] = sum(u) a[t,u] * x[u,i]\n loss = sum(y^3)"},
	{"layer norm", "input x: [3, 4]\n param g: [4] = 1\n param b: [4] = 0\n m[t] = mean(i) x[t,i]\n v[t] = mean(i) (x[t,i] - m[t])^2\n y[t,i] = g[i] * (x[t,i] - m[t]) / sqrt(v[t] + 0.00001) + b[i]\n"
		       " loss = sum(y^2) + sum(sin(y))"},
	{"batch norm", "input x: [3]\n param g: [4] = 1\n h = x -> Dense(4)\n m[k] = mean(batch) h[k]\n v[k] = mean(batch) (h[k] - m[k])^2\n y[k] = g[k] * (h[k] - m[k]) / sqrt(v[k] + 0.001)\n loss = sum(y^4) + sum(sin(y))"},
	{"batch norm of images", "input x: [2, 3, 2]\n m[c] = mean(batch,i,j) x[c,i,j]\n v[c] = mean(batch,i,j) (x[c,i,j] - m[c])^2\n y[c,i,j] = (x[c,i,j] - m[c]) / sqrt(v[c] + 0.001)\n loss = sum(y^4) + sum(sin(y))"},
	{"batch statistics", "input x: [3]\n m[i] = mean(batch) x[i]\n s[i] = sum(batch) (x[i]-m[i])^2\n g = max(batch, i) x[i]\n y[i] = (x[i]-m[i])/sqrt(s[i]+1) + 0.1*g\n loss = sum(y^3)"},
	{"convolution", "input x: [2, 6, 5]\n param W: [3, 2, 3, 3] ~ he_normal\n param b: [3] = 0\n y[f,i,j] = sum(a,u,v) W[f,a,u,v] * x[a, i+u, j+v] + b[f]\n loss = sum(y^2)"},
	{"padded, strided", "input x: [2, 5, 6]\n param W: [2, 2, 3, 3] ~ he_normal\n z = pad(x, 1)\n y[f,i,j] = sum(a,u,v) W[f,a,u,v] * z[a, 2*i+u, 2*j+v]\n loss = sum(tanh(y)^2)"},
	{"dilated", "input x: [9]\n param W: [2, 3] ~ normal(0, 1)\n y[f,i in 0..2] = mean(u in 0..2) W[f,u] * x[2*i+2*u]\n loss = sum(y^3)"},
	{"whole numbers as factors", "input x: [3, 1]\n param w: [3, 1] = 0.5\n h = x * w\n y = tanh(sum(j, i in 0..3) i * h[(i + 2) / 3, j])\n loss = tanh(y)^2 + 0.1 * sum(w^2)"},
	{"a function of what a condition keeps inside", "input x: real\n param w: [4, 3, 5] ~ normal(0, 0.5)\n"
						      " y[i in 0..2, j in 0..0] = if i*3 + 3*j >= 2 then tanh(w[3, i / 2, i*3 + 3*j - 2]) * x * x else 0\n loss = mean(y^2)"},
	{"an argument that a condition keeps inside", "input x: [4, 3, 2]\n input z: real\n"
						     " y[i in 0..2, j in 0..1, k in 0..0] = if j*3 + 3*k >= 2 then elu(x[3, i / 2, j*3 + 3*k - 2]) * z * z else 0\n loss = mean(y^2)"},
	{"an argument computed of it", "input x: [4, 3, 2]\n input z: real\n param w: real = 1.5\n"
				       " y[i in 0..2, j in 0..1, k in 0..0] = if j*3 + 3*k >= 2 then elu(w * x[3, i / 2, j*3 + 3*k - 2]) * z * z else 0\n loss = mean(y^2)"},
	{"a finished recurrence, one step later", "input x: [3, 5]\n param w: [2, 5] = 0.5\n h[-1] = zeros(5)\n h[t in 0..2] = sigmoid(h[t-1] - x[2 - t])\n"
						 " y[k in 0..4, j] = w[j, k] - h[j + 1, k]\n loss = mean(y^2)"},
	{"a sum under one, too", "input x: [5]\n param w: [3] ~ normal(0, 0.5)\n y[i in 0..4] = if i >= 2 then tanh(w[i-2] + w[i-2] * x[i]) else 0\n loss = sum(y^2)"},
	{"max pool", "input x: [2, 4, 6]\n y[a,i,j] = max(u in 0..1, v in 0..2) x[a, 2*i+u, 3*j+v]\n loss = sum(y^2)"},
	{"overlapping pool", "input x: [7]\n y[i in 0..2] = max(u in 0..2) x[2*i+u]\n z[i in 0..4] = mean(u in 0..2) x[i+u]\n loss = sum(y^2) * sum(z^2)"},
	{"max, min", "input x: [3, 4]\n y[k] = max(i) x[k,i] * min(i) x[k,i]\n loss = sum(y^2) + max(x) * min(x)"},
	{"argmax", "input x: [4]\n k = argmax(x)\n param w: [4] ~ normal(0, 1)\n loss = (w[k] + x[k])^2"},
	{"product", "input x: [2, 4]\n y[k] = prod(i) x[k,i]\n loss = sum(y^2) + prod(x)"},
	{"product with a parameter", "input x: [3, 2]\n param a: [2] = 1\n y[k] = prod(i,j) (a[j] + x[i,j] * a[k])\n loss = sum(y)"},
	{"reductions of all", "input x: [3, 2]\n y = x -> Dense(3)\n loss = sum(y) * mean(y) + max(y) + min(y)^2 + prod(tanh(y))"},
	{"look-up", "input s: [5] of 0..4\n param E: [5, 3] ~ normal(0, 1)\n h[t,k] = E[s[t],k]\n y = h -> Dense(2) -> tanh\n loss = sum(y^2)"},
	{"two look-ups", "input s: [5] of 0..4\n param E: [5, 5] ~ normal(0, 1)\n y[t in 0..3] = E[s[t], s[t+1]] * E[s[t], 2]\n loss = sum(y^2)"},
	{"diagonals, constants", "input x: [4, 5]\n y[i in 0..2] = x[i,i] * x[3-i, 2] + x[i+1, 2*i] + x[3, 3] * x[0, i]\n loss = sum(y^2)"},
	{"divided, remainder", "input x: [3, 4, 3]\n y[q in 0..11] = x[q/4, q%4, q%3]\n loss = sum(y^3)"},
	{"upsampled", "input x: [4]\n y[a in 0..6] = x[a/2] * x[a%4]\n loss = sum(y^2)"},
	{"coupled", "input x: [7, 7]\n y[i in 0..3, j in 0..3] = x[i+j, i-j+3]\n loss = sum(y^3)"},
	{"guards", "input x: [5]\n param a: [5] = 1\n y[i in 0..4] = (if i >= 1 then x[i-1] * a[i] else 0) + (if i < 4 and i != 2 then x[i+1] else a[0])\n loss = sum(y^3)"},
	{"conditions on data", "input x: [5]\n param a: [5] = 1\n y = if x > a then x * a else if not (x < 0) or a > 2 then x^2 else a^2\n loss = sum(y^2)"},
	{"concat, pad, slices", "input x: [6]\n y = concat(x -> Dense(4) -> tanh, pad(x[1..3] -> Dense(3), 1))\n loss = sum(y^3) + y[2] * y[7]"},
	{"swapped indices", "input x: [3]\n param a: [3] = 0\n param b: [3] = 0\n e[i,j] = exp(a[i] + 2*b[j])\n y[i,j] = e[i,j] * exp(a[j] + 2*b[i]) * x[i]\n loss = sum(y^2)"},
	/* what single mistakes in a rule would change (tests/mutants) */
	{"a quotient of a difference", "input x: [5]\n y[i in 0..3,j in 0..3] = x[(i - j)/2 + 2] * (i + 1)\n loss = sum(y^3)"},
	{"a mean beside a guarded sum", "input x: [4]\n param w: real = 1\n m = mean(i) x[i]\n y[i in 0..3] = if i >= 1 then w * x[i] else 0\n loss = sum(y) + m^2 * w"},
	{"a look-up behind a guard on its data", "input s: 0..3\n input x: real\n param E: [3, 2] ~ normal(0, 1)\n v = sin(x)\n y[k] = if s >= 1 then E[s-1,k] * v else 0\n loss = sum(y^2)"},
	{"the logarithm of a mean", "input x: [4]\n h = x -> Dense(3)\n loss = log(mean(exp(h)))"},
	{"computed factors without samples", "input x: [3]\n param u: [3] = 1\n param v: [3] = 1\n param W: [3, 3] ~ normal(0, 1)\n r[j] = sum(i, k) sin(v[j] * u[i]) * W[i,k] * W[k,j]\n loss = sum(r * x)"},
	{"a guarded factor", "input x: [3]\n param W: [2, 3] ~ normal(0, 1)\n h = x -> Dense(3)\n y[j] = sum(i) W[j,i] * relu(h[i])\n loss = sum(y^2)"},
	{"a pattern that fits nearly", "input x: [3]\n param a: [3] = 0\n param b: [3] = 0\n t[i] = exp(a[i] + 2*b[i])\n y[i,j] = exp(a[i] + 2*b[j]) * x[i]\n loss = sum(t^2) + sum(y^2)"},
	{"a pattern on a shorter range", "input x: [3]\n param a: [3] = 0\n t[i in 0..1] = exp(a[i])\n y[i] = exp(a[i]) * x[i]\n loss = sum(t^2) + sum(y^2)"},
	/* structure */
	{"mapped over rows (R3)", "input x: [3, 4]\n y = x -> Dense(5) -> tanh -> Dense(2)\n p = softmax(y)\n loss = sum(p^2)"},
	{"mapped twice (R3)", "input x: [2, 3, 4]\n y = x -> Dense(3) -> PReLU -> softmax\n loss = sum(y^3)"},
	{"mapped cross-entropy", "input x: [3, 4]\n target t: [3] of 0..4\n y = x -> Dense(5)\n loss = mean(cross_entropy(y, t))"},
	{"repeat, residual", "input x: [4]\n h = x\n repeat 3 { h = h + (h -> Dense(4) -> tanh) }\n loss = sum(h^2)"},
	{"repeat with an index", "input x: [4]\n h = x\n repeat i in 1..3 { h = h -> Dense(i + 2) -> tanh }\n loss = sum(h^2)"},
	{"shared layer, tied weights", "input x: [4]\n layer enc = Dense(4, bias=false)\n u = x -> enc -> tanh\n v = u -> enc\n y = enc.W.T @ v\n loss = sum(y^2) + 0.1 * l2(enc.W)"},
	{"several results", "fn both(x) {\n return x^2, sin(x)\n}\n#model\ninput x: [4]\n a, b = both(x -> Dense(3))\n loss = sum(a * b) + sum(a)"},
	{"a layer with parameters", "layer Quadratic(x: [n], units: int) -> [units] {\n param A: [units, n, n] ~ normal(0, 0.01)\n param W: [units, n] ~ glorot_uniform\n param b: [units] = 0\n"
				    " y[k] = sum(i, j) x[i] * A[k,i,j] * x[j] + sum(i) W[k,i] * x[i] + b[k]\n return y\n}\n#model\ninput x: [3]\n y = x -> Quadratic(2) -> tanh -> Quadratic(2)\n loss = sum(y^2)"},
	{"a locally connected layer", "layer Local(x: [c, h, w], filters: int, k: int) {\n param W: [filters, h-k+1, w-k+1, c, k, k] ~ he_normal\n y[f,i,j] = sum(a,u,v) W[f,i,j,a,u,v] * x[a, i+u, j+v]\n return y\n}\n"
				      "#model\ninput x: [1, 4, 4]\n y = x -> Local(2, 3) -> tanh -> flatten -> Dense(2)\n loss = sum(y^2)"},
	{"a parameter read in many ways", "input x: [3]\n param w: [3] = 1\n y = w * x + w[2] + sum(w) * x[0] + max(w)\n loss = sum(y^2) + l2(w) / 2 + w[0] * w[1]"},
	{"a loss without data", "input x: [2]\n param w: [2] = 1\n param v: [2] = 1\n y = w * x\n loss = sum(y) * 0 + sum(exp(w)) + sum(sin(v) * w)"},
};

/* ---- programs ---------------------------------------------------------------------------------------------------------------------------------- */

/* definitions stand before the line `#model` */
static char *
source_of(const char *text)
{
	static char buffer[4096];
	const char *mark = strstr(text, "#model\n"), *body = mark ? mark + 7 : text;
	snprintf(buffer, sizeof buffer, "%.*smodel M {\n %s\n}\n", mark ? (int)(mark - text) : 0, text, body);
	return buffer;
}

static struct program *
program_of(struct compilation *c, const char *name, const char *text)
{
	struct model *m = model_after(c, source_of(text), "elaborate");
	cr_expect(m && m->train->loss, "%s: %s", name, first_message(c));
	return m ? m->train : NULL;
}

static bool
is_set(const struct tensor *t)
{
	return t->role == ROLE_INPUT || t->role == ROLE_TARGET || t->role == ROLE_PARAM || t->role == ROLE_STATE || t->role == ROLE_SETTING;
}

/* what the gradient is taken with respect to */
static bool
varies(const struct tensor *t)
{
	return (t->role == ROLE_PARAM || t->role == ROLE_INPUT) && !t->integer;
}

/* the same numbers for the same name, in every program */
static void
fill(struct world *w, uint64_t seed)
{
	for (int i = 0; i < w->program->tensors.n; i++) {
		const struct tensor *t = w->program->tensors.at[i];
		if (!is_set(t)) continue;
		struct random r = {seed};
		for (const char *s = t->name; *s; s++) r.state = r.state * 31 + (unsigned char)*s;
		double *v = world_tensor(w, t);
		for (long k = 0; k < world_count(w, t); k++) v[k] = t->integer ? (double)random_in(&r, t->low, t->high) : 0.9 * random_real(&r);
	}
}

static double
mean_loss(struct world *w)
{
	const struct tensor *t = w->program->loss;
	double sum = 0;
	for (long k = 0; k < world_count(w, t); k++) sum += world_tensor(w, t)[k];
	return sum / (double)world_count(w, t);
}

static double
loss_with(struct world *w, double *at, double value)
{
	double before = *at;
	*at = value;
	interpret(w);
	*at = before;
	return mean_loss(w);
}

static double
quotient(struct world *w, double *at, double h)
{
	double x = *at;
	double near = loss_with(w, at, x + h) - loss_with(w, at, x - h), far = loss_with(w, at, x + 2 * h) - loss_with(w, at, x - 2 * h);
	return (8 * near - far) / (12 * h);
}

/* ---- one model --------------------------------------------------------------------------------------------------------------------------------- */

struct slopes { /* of one tensor, by differences */
	const char *name;
	long n;
	bool batch;
	double *at;
};

struct expected {
	int n;
	struct slopes of[16];
	double loss;
};

/* false: some quotient met a kink */
static bool
differences(struct world *w, struct expected *e)
{
	struct program *p = w->program;
	*e = (struct expected){0};
	interpret(w);
	e->loss = mean_loss(w);
	for (int i = 0; i < p->tensors.n; i++) {
		const struct tensor *t = p->tensors.at[i];
		if (!varies(t)) continue;
		cr_assert_lt(e->n, LENGTH(e->of));
		struct slopes *s = &e->of[e->n++];
		*s = (struct slopes){t->name, world_count(w, t), t->batch, NEW_ARRAY(p->arena, world_count(w, t), double)};
		for (long k = 0; k < s->n; k++) {
			double *at = &world_tensor(w, t)[k], fine = quotient(w, at, 1e-3), coarse = quotient(w, at, 2e-3);
			if (!(fabs(fine - coarse) <= 1e-8 * fmax(1, fabs(fine)))) return false;
			s->at[k] = fine * (t->batch ? SAMPLES : 1); /* of a sample's own loss */
		}
	}
	return true;
}

static struct tensor *
gradient_of(const struct program *p, const char *name)
{
	for (int i = 0; i < p->gradients.n; i++)
		if (!strcmp(p->gradients.at[i].param->name, name)) return p->gradients.at[i].gradient;
	return NULL;
}

/* the worst difference, relative to the tensor's largest slope */
static double
compare(const struct expected *e, struct world *w, const char **where)
{
	double worst = 0;
	for (int i = 0; i < e->n; i++) {
		const struct slopes *s = &e->of[i];
		const struct tensor *g = gradient_of(w->program, s->name);
		double largest = 1e-3;
		for (long k = 0; k < s->n; k++) largest = fmax(largest, fabs(s->at[k]));
		for (long k = 0; k < s->n; k++) {
			double error = fabs((g ? world_tensor(w, g)[k] : 0) - s->at[k]) / largest;
			if (!(error <= worst)) {
				worst = isnan(error) ? INFINITY : error;
				*where = s->name;
			}
		}
		cr_assert(!g || world_count(w, g) == s->n);
	}
	return worst;
}

static void
derive_for_all(struct program *p)
{
	struct tensor *wrt[16];
	int n = 0;
	for (int i = 0; i < p->tensors.n; i++)
		if (varies(p->tensors.at[i])) wrt[n++] = p->tensors.at[i];
	stabilise(p);
	settle_factors(p);
	split_scalars(p);
	derive(p, n, wrt);
}

static void
check_program(const char *name, struct program *p, const struct expected *e, uint64_t seed, const char *how)
{
	struct world *w = world_new(p, &arithmetic_f64_fused, SAMPLES);
	const char *where = "";
	fill(w, seed);
	interpret(w);
	double error = compare(e, w, &where), loss = mean_loss(w);
	bool right = error < 1e-7 && fabs(loss - e->loss) <= 1e-12 * fmax(1, fabs(e->loss));
	if (right) return;
	struct text t = {.arena = p->arena};
	program_print(p, &t, (struct print_style){0}, NULL, NULL);
	cr_expect_fail("%s, %s: gradient of %s off by %g; loss %.17g, not %.17g\n%s", name, how, where, error, loss, e->loss, text_end(&t));
}

static void
check_model(const char *name, const char *text)
{
	struct compilation forward, derived;
	struct program *f = program_of(&forward, name, text), *d = program_of(&derived, name, text);
	if (!f || !d) return;
	struct world *w = world_new(f, &arithmetic_f64_fused, SAMPLES);
	struct expected e;
	uint64_t seed = 1;
	for (fill(w, seed); !differences(w, &e); fill(w, seed)) cr_assert_leq(++seed, ATTEMPTS, "%s: kinks everywhere", name);
	derive_for_all(d);
	check_program(name, d, &e, seed, "derived");
	simplify(d);
	check_program(name, d, &e, seed, "simplified");
	compile_free(&forward);
	compile_free(&derived);
}

Test(gradient, of_every_model)
{
	const char *only = getenv("MODEL");
	for (int i = 0; i < LENGTH(models); i++)
		if (!only || strstr(models[i].name, only)) check_model(models[i].name, models[i].text);
}

/* the driver's own pipeline gives the same gradients of the parameters */
Test(gradient, through_the_pipeline)
{
	for (int i = 0; i < LENGTH(models); i++) {
		struct compilation a, b;
		struct model *m = model_after(&a, source_of(models[i].text), "simplify");
		cr_expect(m || !strstr(first_message(&a), "nnc itself made a mistake"), "%s: %s", models[i].name, first_message(&a));
		if (!m) continue; /* nothing to learn, for example */
		struct program *d = program_of(&b, models[i].name, models[i].text);
		derive_for_all(d);
		struct world *v = world_new(m->train, &arithmetic_f64_fused, SAMPLES), *w = world_new(d, &arithmetic_f64_fused, SAMPLES);
		fill(v, 1);
		fill(w, 1);
		interpret(v);
		interpret(w);
		for (int k = 0; k < m->train->gradients.n; k++) {
			struct gradient g = m->train->gradients.at[k];
			struct tensor *other = gradient_of(d, g.param->name);
			cr_assert(g.param->role == ROLE_PARAM && other, "%s: %s", models[i].name, g.param->name);
			for (long n = 0; n < world_count(v, g.gradient); n++) {
				double x = world_tensor(v, g.gradient)[n], y = world_tensor(w, other)[n];
				cr_expect(fabs(x - y) <= 1e-9 * fmax(1, fabs(y)), "%s: %s[%ld]: %.15g, %.15g", models[i].name, g.param->name, n, x, y);
			}
		}
		compile_free(&a);
		compile_free(&b);
	}
}

/* what `nnc grad` prints is input again */
Test(gradient, printed_equations_parse)
{
	for (int i = 0; i < LENGTH(models); i++) {
		struct compilation c;
		struct program *p = program_of(&c, models[i].name, models[i].text);
		if (!p) continue;
		derive_for_all(p);
		simplify(p);
		for (int join = 0; join < 2; join++) {
			struct text t = {.arena = p->arena};
			struct diagnostics d = {.arena = p->arena};
			text_add(&t, "model M {\n");
			program_print(p, &t, (struct print_style){.sample = true, .join = join}, NULL, NULL);
			text_add(&t, "}\n");
			struct source source = {"printed.nn", text_end(&t), t.length, false};
			parse_source(p->arena, &d, &source);
			if (d.errors) diag_print(&d, stderr, false, DEFAULT_COLUMNS);
			cr_expect_eq(d.errors, 0, "%s: %s\n%s", models[i].name, d.all.at[0]->title, source.text);
		}
		compile_free(&c);
	}
}

/* ---- what differences cannot see ------------------------------------------------------------------------------------------------------------------ */

Test(gradient, stop_gradient)
{
	struct compilation c;
	struct program *p = program_of(&c, "stop_gradient", "input x: [3]\n param a: [3] = 1\n y = a * x * stop_gradient(a)\n loss = sum(y)");
	derive_for_all(p);
	simplify(p);
	struct world *w = world_new(p, &arithmetic_f64_fused, SAMPLES);
	fill(w, 1);
	interpret(w);
	double *a = world_tensor(w, tensor_named(p, "a")), *x = world_tensor(w, tensor_named(p, "x"));
	for (int k = 0; k < 3; k++) {
		double expected = 0;
		for (int n = 0; n < SAMPLES; n++) expected += x[3 * n + k] * a[k] / SAMPLES;
		cr_expect_float_eq(world_tensor(w, gradient_of(p, "a"))[k], expected, 1e-12);
	}
	compile_free(&c);
}

/* of two equal arguments the first gets the gradient; relu and abs have slope 0 at 0 */
Test(gradient, conventions)
{
	struct compilation c;
	struct program *p = program_of(&c, "ties", "input x: [4]\n loss = max(x) + 10 * min(x) + 100 * sum(relu(x)) + 1000 * sum(abs(x)) + 10000 * max(x[0], x[1])");
	derive_for_all(p);
	simplify(p);
	struct world *w = world_new(p, &arithmetic_f64_fused, 1);
	world_tensor(w, tensor_named(p, "x")); /* all 0 */
	interpret(w);
	static const double expected[] = {10011, 0, 0, 0};
	for (int k = 0; k < 4; k++) cr_expect_float_eq(world_tensor(w, gradient_of(p, "x"))[k], expected[k], 1e-12);
	compile_free(&c);
}

/* y = x^2 * w at x = 0: the derivative is 2*x*w, not 2*y/x (trap 11 of docs/derivation.md) */
Test(gradient, of_powers_at_0)
{
	struct compilation c;
	struct program *p = program_of(&c, "powers at 0", "input x: [2]\n param w: [2] = 1\n y = x^2 * w\n z = x^3 * w * (1 + x)\n loss = sum(y^2) + sum(y) + sum(z)");
	derive_for_all(p);
	for (int pass = 0; pass < 2; pass++) {
		struct world *w = world_new(p, &arithmetic_f64_fused, 1);
		double *ones = world_tensor(w, tensor_named(p, "w"));
		world_tensor(w, tensor_named(p, "x"));
		ones[0] = ones[1] = 1;
		interpret(w);
		for (int k = 0; k < 2; k++) cr_expect_eq(world_tensor(w, gradient_of(p, "x"))[k], 0, "pass %d: %g", pass, world_tensor(w, gradient_of(p, "x"))[k]);
		simplify(p);
	}
	compile_free(&c);
}

/* values for which the unstable forms overflow */
Test(gradient, large_scores)
{
	static const char *const texts[] = {
		"input x: [3]\n target t: 0..2\n param w: [3] = 0\n z = 1000 * (x + w)\n loss = cross_entropy(z, t)",
		"input x: [3]\n target t: 0..2\n param w: [3] = 0\n z = 1000 * (x + w)\n p = softmax(z)\n loss = -log(p[t])",
		"input x: [3]\n target t: 0..1\n param w: [3] = 0\n z = sum(1000 * (x + w))\n p = sigmoid(z)\n loss = -(t*log(p) + (1-t)*log(1-p))",
		"input x: [3]\n target t: 0..1\n param w: [3] = 0\n z = sum(1000 * (x + w))\n loss = binary_cross_entropy(z, t)",
	};
	for (int i = 0; i < LENGTH(texts); i++) {
		struct compilation c;
		struct program *p = program_of(&c, "large scores", texts[i]);
		derive_for_all(p);
		simplify(p);
		struct world *w = world_new(p, &arithmetic_f32_fused, SAMPLES);
		fill(w, 3);
		interpret(w);
		cr_expect(isfinite(mean_loss(w)), "%s: loss %g", texts[i], mean_loss(w));
		for (int k = 0; k < 3; k++) cr_expect(isfinite(world_tensor(w, gradient_of(p, "w"))[k]), "%s", texts[i]);
		compile_free(&c);
	}
}

/* ---- the derivative of the derivative ------------------------------------------------------------------------------------------------------------- */

/* the loss becomes the sum of the squares of all gradients, which no longer belongs to a sample */
static void
square_gradients(struct program *p)
{
	struct expr *sum = number(p, 0);
	for (int i = 0; i < p->gradients.n; i++) {
		struct tensor *g = p->gradients.at[i].gradient;
		struct index *index[MAX_RANK];
		for (int k = 0; k < g->rank; k++) index[k] = g->batch && k == 0 ? index_batch(p, "n") : index_new(p, "i", g->shape[k]);
		struct tensor *s = define(p, "squares", 0, NULL, SUM, g->rank, index, power_of(p, read_at(p, g, index), 2), ROLE_VALUE, (struct span){0});
		sum = add(p, sum, read_at(p, s, NULL));
	}
	p->loss = define(p, "penalty", 0, NULL, MAP, 0, NULL, sum, ROLE_VALUE, (struct span){0});
	p->gradients.n = 0;
}

static void
check_second(const char *name, const char *text)
{
	struct compilation first, second;
	struct program *f = program_of(&first, name, text), *d = program_of(&second, name, text);
	derive_for_all(f);
	simplify(f);
	square_gradients(f);
	cr_assert(order_equations(f));
	struct world *w = world_new(f, &arithmetic_f64_fused, SAMPLES);
	struct expected e;
	uint64_t seed = 1;
	for (fill(w, seed); !differences(w, &e); fill(w, seed)) cr_assert_leq(++seed, ATTEMPTS, "%s: kinks everywhere", name);
	derive_for_all(d);
	simplify(d);
	square_gradients(d);
	derive_for_all(d);
	check_program(name, d, &e, seed, "derived twice");
	simplify(d);
	check_program(name, d, &e, seed, "derived twice, simplified");
	compile_free(&first);
	compile_free(&second);
}

Test(gradient, second_derivatives)
{
	check_second("perceptron", "input x: [3]\n target t: 0..2\n y = x -> Dense(4) -> tanh -> Dense(3)\n loss = cross_entropy(y, t)");
	check_second("convolution", "input x: [2, 5]\n param W: [2, 2, 3] ~ normal(0, 1)\n y[f,i] = sum(a,u) W[f,a,u] * x[a, i+u]\n loss = sum(sigmoid(y)^2)");
	check_second("batch norm", "input x: [2]\n h = x -> Dense(3)\n m[k] = mean(batch) h[k]\n v[k] = mean(batch) (h[k] - m[k])^2\n y[k] = (h[k] - m[k]) / sqrt(v[k] + 0.1)\n loss = sum(y^3)");
	check_second("a maximum beside a softmax", "input x: [3]\n z = x -> Dense(3)\n m = max(z)\n p = softmax(z)\n loss = sum(p^2) + m^2");
	check_second("layer norm", "input x: [2, 3]\n h = x -> LayerNorm(eps=0.1) -> Dense(2) -> tanh\n loss = sum(h^2)");
	check_second("recurrence", "input x: [4, 2]\n param U: [2, 2] ~ normal(0, 1)\n h[-1] = zeros(2)\n h[t] = tanh(U @ h[t-1] + x[t])\n loss = sum(h[3]^2) + sum(h^3)");
	check_second("recurrences that read each other", "input x: [3, 2]\n y = x -> LSTM(2)\n loss = sum(y^2)");
	check_second("two steps back", "input x: [4]\n param a: real = 1\n h[-1] = a\n h[-2] = 0\n h[t] = sin(a * h[t-1] - 0.3 * h[t-2] + x[t])\n loss = sum(h^2)");
	check_second("attention", "input x: [3, 2]\n q = x -> Dense(2)\n k = x -> Dense(2)\n v = x -> Dense(2)\n s[t,u] = if u <= t then sum(i) q[t,i] * k[u,i] else -inf\n a = softmax(s)\n"
				  " y[t,i] = sum(u) a[t,u] * v[u,i]\n loss = sum(y^2)");
	check_second("look-up", "input s: [3] of 0..3\n param E: [4, 2] ~ normal(0, 1)\n h = E[s] -> Dense(2) -> tanh\n loss = sum(h^2)");
	check_second("product", "input x: [3]\n h = x -> Dense(3) -> sigmoid\n loss = prod(h)^2 + prod(x)");
}
