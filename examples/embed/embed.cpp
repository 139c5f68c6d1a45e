/* embed.cpp - the spiral model inside a C++ program, on threads of its own: trains on spiral.csv as embed.c does, to the same bits.
 *
 *   build/nnc emit examples/spiral.nn -o build/embed-spiral
 *   cc -std=c11 -O3 -march=native -ffp-contract=off -fno-math-errno -c build/embed-spiral/spiral.c -o build/embed-spiral/spiral.o
 *   c++ -std=c++17 -O2 -pthread -Ibuild/embed-spiral examples/embed/embed.cpp build/embed-spiral/spiral.o -o build/embed-spiral/embed++
 *   build/embed-spiral/embed++ examples/spiral.csv
 *
 * m.c stays C; its header is C++, too. */
#include "spiral.h"

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr std::size_t batch = 45, epochs = 100;

struct points {
	std::vector<float> x; /* [n][2] */
	std::vector<std::int32_t> t;
};

points
read_points(const char *path)
{
	points p;
	std::ifstream file(path);
	std::string line;
	float a, b;
	int t;

	std::getline(file, line); /* the header */
	while (std::getline(file, line) && std::sscanf(line.c_str(), "%f,%f,%d", &a, &b, &t) == 3) {
		p.x.insert(p.x.end(), {a, b});
		p.t.push_back(t);
	}
	return p;
}

/* The model in memory of its own, released with it. */
class model {
public:
	model() : memory(std::aligned_alloc(64, size()), std::free), m(memory ? spiral_open(memory.get(), size(), batch, NN_TRAIN) : nullptr) {}
	explicit operator bool() const { return m != nullptr; }
	operator spiral *() const { return m; }

private:
	static std::size_t size() { return (spiral_memory(batch, NN_TRAIN) + 63) / 64 * 64; }
	std::unique_ptr<void, decltype(&std::free)> memory;
	spiral *m;
};

/* All parts of a kernel, on two threads.  Parts write different things, so it does not matter who runs which: the bits are the same.  (Starting
 * threads for each kernel is slow; a program that is in a hurry keeps some waiting, as runtime/pool.c does.) */
void
run(void *, nn_part *part, void *arg, int parts)
{
	std::thread other([=] {
		for (int k = 1; k < parts; k += 2)
			part(arg, k);
	});
	for (int k = 0; k < parts; k += 2)
		part(arg, k);
	other.join();
}

bool
train(spiral *m, const points &p)
{
	const double adam[] = {1e-2, 0.9, 0.999, 1e-8}; /* lr, beta1, beta2, eps: the order stands in spiral.h */
	const std::size_t n = p.t.size();
	nn_when when = {0, epochs * n / batch, 0};

	for (std::size_t epoch = 0; epoch < epochs; epoch++) {
		double sums[2] = {0, 0}; /* loss, acc */
		for (std::size_t first = 0; first < n; first += batch) {
			when.step++;
			when.epoch = static_cast<double>(epoch) + static_cast<double>(first) / static_cast<double>(n);
			if (spiral_step(m, 0, adam, when, batch, &p.x[2 * first], &p.t[first], sums))
				return false;
		}
	}
	return true;
}

} // namespace

int
main(int argc, char **argv)
{
	const points p = read_points(argc == 2 ? argv[1] : "");
	model m;

	if (!m || p.t.empty() || p.t.size() % batch) {
		std::fprintf(stderr, "usage: embed++ spiral.csv\n");
		return 1;
	}
	spiral_threads(m, run, nullptr);
	spiral_start(m, 1);
	if (!train(m, p)) {
		std::fprintf(stderr, "the loss is not finite\n");
		return 1;
	}
	const double n = static_cast<double>(p.t.size());
	const float point[2] = {0.5f, 0.5f};
	double sums[2] = {0, 0};
	float q[3];
	spiral_prepare(m);
	spiral_evaluate(m, p.t.size(), p.x.data(), p.t.data(), sums);
	std::printf("evaluated: loss %.4f  acc %.1f %%\n", sums[0] / n, 100 * sums[1] / n);
	spiral_predict(m, 1, point, q);
	std::printf("(%g, %g) is on arm 0, 1, 2 with %.4f, %.4f, %.4f\n", static_cast<double>(point[0]), static_cast<double>(point[1]), static_cast<double>(q[0]),
	    static_cast<double>(q[1]), static_cast<double>(q[2]));
	return 0;
}
