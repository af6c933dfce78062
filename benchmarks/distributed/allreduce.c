// All-reduce in place, as a C program calls it: mpicc -O2 allreduce.c, mpirun -n 2 a.out BYTES REPEATS BYTES REPEATS … Prints seconds, the median of each size, as JSON.
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>

static int compare(const void *a, const void *b) { return (*(const double *)a > *(const double *)b) - (*(const double *)a < *(const double *)b); }

static double measure(float *values, int count, int repeats, int nonblocking, int rank, int size) {
  double *seconds = malloc(repeats * sizeof(double));
  for (int turn = -2; turn < repeats; turn++) { // two to warm up
    for (int i = 0; i < count; i++) values[i] = rank + 1;
    MPI_Barrier(MPI_COMM_WORLD);
    double start = MPI_Wtime();
    MPI_Request request;
    if (nonblocking) MPI_Iallreduce(MPI_IN_PLACE, values, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD, &request), MPI_Wait(&request, MPI_STATUS_IGNORE);
    else MPI_Allreduce(MPI_IN_PLACE, values, count, MPI_FLOAT, MPI_SUM, MPI_COMM_WORLD);
    if (turn >= 0) seconds[turn] = MPI_Wtime() - start;
    for (int i = 0; i < count; i++) if (values[i] != size * (size + 1) / 2) MPI_Abort(MPI_COMM_WORLD, 3);
  }
  qsort(seconds, repeats, sizeof(double), compare);
  return (seconds[repeats / 2] + seconds[(repeats - 1) / 2]) / 2;
}

int main(int given, char **texts) {
  int rank, size;
  MPI_Init(&given, &texts);
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &size);
  if (rank == 0) printf("{\"sizes\":[");
  for (int at = 1; at + 1 < given; at += 2) {
    long bytes = atol(texts[at]);
    float *values = malloc(bytes);
    double blocking = measure(values, bytes / 4, atoi(texts[at + 1]), 0, rank, size), nonblocking = measure(values, bytes / 4, atoi(texts[at + 1]), 1, rank, size);
    if (rank == 0) printf("%s{\"bytes\":%ld,\"blocking\":%.9f,\"nonblocking\":%.9f}", at > 1 ? "," : "", bytes, blocking, nonblocking);
    free(values);
  }
  if (rank == 0) printf("]}\n");
  MPI_Finalize();
}
