/*
 * The ceiling: logistic regression by SGD 0.01, test-then-train over dense doubles in memory, as a C programmer would
 * write it without thinking of the machine. Prints one JSON object.
 *
 *     ceiling FEATURES ROWS [standardise: 0 or 1] [passes]
 *
 * The rows are uniform on [-0.5, 0.5) from a fixed generator, the label is the sign of a known sum of them. A pass
 * starts with an empty model; the figure is the median of the passes, each timed in CPU seconds of the process.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { MAX_FEATURES = 256, MAX_PASSES = 101 };
static const double RATE = 0.01;

static double cpu_seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

static void fill(double *rows, unsigned char *labels, long n, int d) {
  unsigned long long state = 88172645463325252ULL;
  for (long i = 0; i < n; i++) {
    double sum = 0;
    for (int j = 0; j < d; j++) {
      state ^= state << 13;
      state ^= state >> 7;
      state ^= state << 17;
      double value = (double)(state >> 11) * 0x1p-53 - 0.5;
      rows[i * d + j] = value;
      sum += value * (j % 3 - 1);
    }
    labels[i] = sum > 0;
  }
}

static long plain_pass(const double *rows, const unsigned char *labels, long n, int d) {
  double weights[MAX_FEATURES] = {0}, bias = 0;
  long correct = 0;
  for (long i = 0; i < n; i++) {
    const double *row = rows + i * d;
    double z = bias;
    for (int j = 0; j < d; j++) z += weights[j] * row[j];
    double p = 1 / (1 + exp(-z));
    correct += (p > 0.5) == labels[i];
    double step = RATE * (p - labels[i]);
    for (int j = 0; j < d; j++) weights[j] -= step * row[j];
    bias -= step;
  }
  return correct;
}

static long standardised_pass(const double *rows, const unsigned char *labels, long n, int d) {
  double weights[MAX_FEATURES] = {0}, means[MAX_FEATURES] = {0}, squares[MAX_FEATURES] = {0}, scaled[MAX_FEATURES];
  double bias = 0;
  long correct = 0;
  for (long i = 0; i < n; i++) {
    const double *row = rows + i * d;
    double share = 1.0 / (double)(i + 1), z = bias;
    for (int j = 0; j < d; j++) {
      double delta = row[j] - means[j];
      means[j] += delta * share;
      squares[j] += delta * (row[j] - means[j]);
      double variance = squares[j] * share;
      scaled[j] = variance > 0 ? (row[j] - means[j]) / sqrt(variance) : 0;
      z += weights[j] * scaled[j];
    }
    double p = 1 / (1 + exp(-z));
    correct += (p > 0.5) == labels[i];
    double step = RATE * (p - labels[i]);
    for (int j = 0; j < d; j++) weights[j] -= step * scaled[j];
    bias -= step;
  }
  return correct;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int count, char **words) {
  int d = count > 1 ? atoi(words[1]) : 0;
  long n = count > 2 ? atol(words[2]) : 0;
  int standardise = count > 3 && atoi(words[3]);
  int passes = count > 4 ? atoi(words[4]) : 5;
  if (d < 1 || d > MAX_FEATURES || n < 1 || passes < 1 || passes > MAX_PASSES) {
    fprintf(stderr, "ceiling FEATURES (1 to %d) ROWS [standardise 0|1] [passes]\n", MAX_FEATURES);
    return 2;
  }
  double *rows = malloc(sizeof(double) * (size_t)n * (size_t)d);
  unsigned char *labels = malloc((size_t)n);
  if (!rows || !labels) {
    fprintf(stderr, "ceiling: %ld rows of %d features do not fit into memory\n", n, d);
    return 1;
  }
  fill(rows, labels, n, d);
  double seconds[MAX_PASSES];
  long correct = 0;
  for (int pass = 0; pass < passes; pass++) {
    double started = cpu_seconds();
    correct = standardise ? standardised_pass(rows, labels, n, d) : plain_pass(rows, labels, n, d);
    seconds[pass] = cpu_seconds() - started;
  }
  qsort(seconds, (size_t)passes, sizeof(double), ascending);
  double median = seconds[passes / 2], accuracy = (double)correct / (double)n;
  if (n >= 10000 && accuracy < 0.8) {
    fprintf(stderr, "ceiling: accuracy %.4f: the loop did not learn\n", accuracy);
    return 1;
  }
  printf("{\"tool\": \"C\", \"features\": %d, \"rows\": %ld, \"standardise\": %s, \"accuracy\": %.6f, "
         "\"cpuSeconds\": %.6f, \"rowsPerCpuSecond\": %.0f}\n",
         d, n, standardise ? "true" : "false", accuracy, median, (double)n / median);
  return 0;
}
