/* A C program that uses the library as its header says, and as it forbids.
 *
 * Usage: client FOLDER, where FOLDER has hwconfigs/. Built and run by scripts/sanitize. The status is 1
 * after a check that failed; mistakes that the library does not catch end it otherwise.
 */
#include <math.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "hwcost.h"

/* Opening a table asks a target for all that a space is made of: each thread does it now and then. */
enum { threads = 8, rounds = 25, rounds_a_table = 8, variables = 6 };

static const char *const nasbench =
    "{\"op\": \"table\", \"target\": \"eyeriss-like\", \"space\": \"nasbench201-cifar10\","
    " \"factors\": \"perfect\"}";
static const char *const architecture =
    "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|none~1|nor_conv_1x1~2|";
static const int32_t choices[variables] = {3, 0, 1, 4, 0, 2};

/* Counts of one thread; added up by the main one. */
typedef struct {
  long done, failed;
} tally;

static void check(tally *tally, int holds, const char *what) {
  tally->done++;
  if (holds) return;
  tally->failed++;
  fprintf(stderr, "failed: %s\n", what);
}

/* Checks that a call failed with a text that holds some words, and frees it. */
static void refused(tally *tally, int32_t status, char **error, const char *words) {
  check(tally, status == 1, words);
  check(tally, *error != NULL && strstr(*error, words) != NULL, words);
  if (*error != NULL && strstr(*error, words) == NULL) fprintf(stderr, "found: %s\n", *error);
  hwcost_free(*error);
  *error = NULL;
}

static void done(tally *tally, int32_t status, char **error, const char *what) {
  check(tally, status == 0 && *error == NULL, what);
  if (*error != NULL) fprintf(stderr, "found: %s\n", *error);
  hwcost_free(*error);
  *error = NULL;
}

/* MARK: Null pointers, wrong shapes, unknown names, numbers out of range */

static void estimators(tally *tally, const char *folder) {
  hwcost_estimator *estimator = (hwcost_estimator *)tally;
  char *error = NULL, *reply = (char *)tally;
  refused(tally, hwcost_open(folder, 1, NULL, &error), &error, "'out' is a null pointer");
  check(tally, hwcost_open(folder, 1, NULL, NULL) == 1, "no place for an error");
  refused(tally, hwcost_open("/no/such", 1, &estimator, &error), &error, "there is no folder");
  check(tally, estimator == NULL, "a handle is null after an error");
  refused(tally, hwcost_open("\xff\xfe", 1, &estimator, &error), &error, "is not UTF-8");
  refused(tally, hwcost_open(folder, -1, &estimator, &error), &error, "threads");
  refused(tally, hwcost_open(folder, INT32_MIN, &estimator, &error), &error, "threads");
  refused(tally, hwcost_open(folder, INT32_MAX, &estimator, &error), &error, "threads");
  done(tally, hwcost_open(NULL, 0, &estimator, &error), &error, "an estimator of no folders");
  refused(tally, hwcost_request(estimator, NULL, &reply, &error), &error, "'request' is a null");
  refused(tally, hwcost_request(estimator, "{}", NULL, &error), &error, "'reply' is a null");
  refused(tally, hwcost_request(NULL, "{}", &reply, &error), &error, "the estimator is a null");
  check(tally, reply == NULL, "a reply is null after an error");
  refused(tally, hwcost_request(estimator, "\x80", &reply, &error), &error, "is not UTF-8");
  refused(tally, hwcost_request(estimator, nasbench, &reply, &error), &error, "eyeriss-like");
  hwcost_close(estimator);
  hwcost_close(NULL);
  hwcost_table_close(NULL);
  hwcost_free(NULL);
  check(tally, hwcost_table_variables(NULL) == 0, "variables of a null pointer");
  check(tally, hwcost_table_columns(NULL) == 0, "columns of a null pointer");
  check(tally, hwcost_table_choices(NULL, 0) == 0, "choices of a null pointer");
  check(tally, hwcost_table_column_names(NULL) == NULL, "names of a null pointer");
}

static void requests(tally *tally, const hwcost_estimator *estimator) {
  static const char *const wrong[] = {
      "", " ", "{", "[]", "null", "0", "\"op\"", "{\"op\": 1}", "{\"op\": \"fly\"}",
      "{\"op\": \"cost\"}", "{\"op\": \"map\", \"target\": \"eyeriss-like\", \"layer\": \"\"}",
      "{\"op\": \"map\", \"target\": \"eyeriss-like\", \"layer\": \"conv c=99999999999999999999\"}",
      "{\"op\": \"map\", \"target\": \"nowhere\", \"layer\": \"linear c=1 k=1\"}",
      "{\"op\": \"cost\", \"target\": \"eyeriss-like\", \"space\": \"nowhere\", \"arch\": \"0\"}",
      "{\"op\": \"cost\", \"target\": \"example\", \"space\": \"nasbench201-cifar10\", \"index\": -1}",
      "{\"op\": \"cost\", \"target\": \"example\", \"space\": \"nasbench201-cifar10\","
      " \"index\": 99999999999999999999}",
      "{\"op\": \"cost\", \"target\": \"example\", \"space\": \"nasbench201-cifar10\", \"index\": 1e999}",
      "{\"op\": \"batch\", \"target\": [\"eyeriss-like\"], \"space\": \"nasbench201-cifar10\","
      " \"factors\": \"perfect\", \"choices\": [[0, 0, 0, 0, 0, 5]]}",
      "{\"op\": \"batch\", \"target\": [\"eyeriss-like\"], \"space\": \"nasbench201-cifar10\","
      " \"factors\": \"perfect\", \"choices\": [[0]]}",
      "{\"op\": \"texts\", \"space\": \"fbnet-imagenet\", \"choices\": [[-1]]}"};
  char *error = NULL, *reply = NULL;
  for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
    refused(tally, hwcost_request(estimator, wrong[i], &reply, &error), &error, "error: ");
  }
  /* Brackets in brackets, deeper than any stack. */
  size_t depth = 200000;
  char *deep = malloc(depth + 1);
  if (deep == NULL) return;
  memset(deep, '[', depth);
  deep[depth] = 0;
  refused(tally, hwcost_request(estimator, deep, &reply, &error), &error, "error: ");
  free(deep);
  /* Requests with some bytes changed: any answer will do. */
  const char *whole =
      "{\"op\": \"cost\", \"target\": \"example\", \"space\": \"nasbench201-cifar10\", \"index\": [0, 1],"
      " \"batch\": 1, \"set\": {\"clock\": \"200 MHz\"}}";
  uint32_t state = 1;
  for (int i = 0; i < 500; i++) {
    char changed[256];
    snprintf(changed, sizeof changed, "%s", whole);
    for (int edit = 0; edit < 3; edit++) {
      state = state * 1664525u + 1013904223u;
      changed[(state >> 8) % strlen(whole)] = (char)(1 + (state >> 16) % 255);
    }
    int32_t status = hwcost_request(estimator, changed, &reply, &error);
    check(tally, status == (error != NULL), "a status that fits its error");
    check(tally, (status == 0) == (reply != NULL), "a status that fits its reply");
    hwcost_free(reply);
    hwcost_free(error);
    reply = error = NULL;
  }
}

static void tables(tally *tally, const hwcost_estimator *estimator, const hwcost_table *table) {
  char *error = NULL;
  hwcost_table *none = NULL;
  refused(tally, hwcost_table_open(NULL, nasbench, &none, &error), &error, "estimator is a null");
  refused(tally, hwcost_table_open(estimator, NULL, &none, &error), &error, "'request' is a null");
  refused(tally, hwcost_table_open(estimator, nasbench, NULL, &error), &error, "'out' is a null");
  refused(tally, hwcost_table_open(estimator, "{}", &none, &error), &error, "error: ");
  check(tally, none == NULL, "a table is null after an error");
  int32_t columns = hwcost_table_columns(table);
  check(tally, hwcost_table_variables(table) == variables, "six edges");
  check(tally, hwcost_table_choices(table, 5) == 5, "five operations");
  check(tally, hwcost_table_choices(table, -1) == 0, "choices of no variable");
  check(tally, hwcost_table_choices(table, INT32_MAX) == 0, "choices of no variable");
  double costs[64], probabilities[30];
  int32_t row[variables] = {0};
  static const int32_t outside[] = {-1, 5, INT32_MIN, INT32_MAX};
  for (int i = 0; i < 4; i++) {
    for (int place = 0; place < variables; place++) {
      row[place] = outside[i];
      refused(tally, hwcost_table_costs(table, row, 1, variables, costs, columns, &error), &error,
              "expected 0 to 4");
      row[place] = 0;
    }
  }
  const int32_t *none_given = NULL;
  refused(tally, hwcost_table_costs(NULL, row, 1, 6, costs, columns, &error), &error, "table is a");
  refused(tally, hwcost_table_costs(table, none_given, 1, 6, costs, columns, &error), &error,
          "'choices' is a null");
  refused(tally, hwcost_table_costs(table, row, 1, 6, NULL, columns, &error), &error,
          "'costs' is a null");
  refused(tally, hwcost_table_costs(table, row, -1, 6, costs, columns, &error), &error, "rows");
  refused(tally, hwcost_table_costs(table, row, INT64_MAX, 6, costs, columns, &error), &error,
          "rows");
  refused(tally, hwcost_table_costs(table, row, INT64_MIN, 6, costs, columns, &error), &error,
          "rows");
  refused(tally, hwcost_table_costs(table, row, 1, 5, costs, columns, &error), &error, "variables");
  refused(tally, hwcost_table_costs(table, row, 1, -6, costs, columns, &error), &error,
          "variables");
  refused(tally, hwcost_table_costs(table, row, 1, 6, costs, columns - 1, &error), &error,
          "columns");
  done(tally, hwcost_table_costs(table, NULL, 0, 6, NULL, columns, &error), &error, "no rows");
  refused(tally, hwcost_table_cost_of_text(NULL, architecture, costs, columns, &error), &error,
          "table is a null");
  refused(tally, hwcost_table_cost_of_text(table, NULL, costs, columns, &error), &error,
          "'architecture' is a null");
  refused(tally, hwcost_table_cost_of_text(table, architecture, NULL, columns, &error), &error,
          "'costs' is a null");
  refused(tally, hwcost_table_cost_of_text(table, "|none~0|", costs, columns, &error), &error,
          "error: ");
  refused(tally, hwcost_table_cost_of_text(table, "", costs, columns, &error), &error, "error: ");
  refused(tally, hwcost_table_cost_of_text(table, "\xc3(", costs, columns, &error), &error, "UTF-8");
  /* Every text that is one letter or more short. */
  for (size_t length = 0; length < strlen(architecture); length++) {
    char shortened[128];
    snprintf(shortened, sizeof shortened, "%.*s", (int)length, architecture);
    refused(tally, hwcost_table_cost_of_text(table, shortened, costs, columns, &error), &error,
            "error: ");
  }
  for (int i = 0; i < 30; i++) probabilities[i] = 0.2;
  done(tally, hwcost_table_distribution(table, probabilities, 30, NULL, NULL, NULL, &error), &error,
       "results that nobody wants");
  refused(tally, hwcost_table_distribution(table, probabilities, 29, costs, NULL, NULL, &error),
          &error, "probabilities");
  refused(tally, hwcost_table_distribution(table, NULL, 30, costs, NULL, NULL, &error), &error,
          "'probabilities' is a null");
  static const double impossible[] = {-0.2, 2, NAN, INFINITY, -INFINITY, 1e308};
  for (int i = 0; i < 6; i++) {
    probabilities[7] = impossible[i];
    refused(tally, hwcost_table_distribution(table, probabilities, 30, costs, NULL, NULL, &error),
            &error, "probabilities");
  }
}

/* MARK: Eight threads with the same handles */

typedef struct {
  const hwcost_estimator *estimator;
  const hwcost_table *table;
  const double *expected;
  int number;
  tally tally;
} worker;

static void *work(void *given) {
  worker *own = given;
  int32_t columns = hwcost_table_columns(own->table);
  for (int round = 0; round < rounds; round++) {
    char *error = NULL, *reply = NULL;
    hwcost_table *table = NULL;
    if (round % rounds_a_table == 0) {
      done(&own->tally, hwcost_table_open(own->estimator, nasbench, &table, &error), &error,
           "a table of a thread");
    }
    const hwcost_table *both[] = {own->table, table};
    for (int i = 0; i < (table == NULL ? 1 : 2); i++) {
      double costs[64];
      done(&own->tally, hwcost_table_costs(both[i], choices, 1, variables, costs, columns, &error),
           &error, "costs");
      check(&own->tally, memcmp(costs, own->expected, sizeof(double) * (size_t)columns) == 0,
            "the same costs in every thread");
      done(&own->tally, hwcost_table_cost_of_text(both[i], architecture, costs, columns, &error),
           &error, "costs by text");
      check(&own->tally, memcmp(costs, own->expected, sizeof(double) * (size_t)columns) == 0,
            "the same costs by text");
    }
    hwcost_table_close(table);
    char request[256];
    snprintf(request, sizeof request,
             "{\"op\": \"cost\", \"target\": \"eyeriss-like\", \"factors\": \"perfect\", \"space\": "
             "\"nasbench201-cifar10\", \"index\": %d}",
             own->number * rounds + round);
    done(&own->tally, hwcost_request(own->estimator, request, &reply, &error), &error, "a request");
    hwcost_free(reply);
    reply = NULL;
    refused(&own->tally, hwcost_request(own->estimator, "{\"op\": \"fly\"}", &reply, &error), &error,
            "fly");
    /* A handle of the thread's own, for a while. */
    if (round % rounds_a_table == 0) {
      hwcost_estimator *other = NULL;
      done(&own->tally, hwcost_open(NULL, 2, &other, &error), &error, "an estimator of a thread");
      hwcost_close(other);
    }
  }
  return NULL;
}

/* MARK: A child that goes on with the handles */

static void forked(tally *tally, const hwcost_table *table, const double *expected) {
  pid_t child = fork();
  if (child == 0) {
    double costs[64];
    int32_t columns = hwcost_table_columns(table);
    int32_t status = hwcost_table_costs(table, choices, 1, variables, costs, columns, NULL);
    _exit(status != 0 || memcmp(costs, expected, sizeof(double) * (size_t)columns) != 0);
  }
  int ending = -1;
  check(tally, child > 0 && waitpid(child, &ending, 0) == child, "a child that ends");
  check(tally, WIFEXITED(ending) && WEXITSTATUS(ending) == 0, "a child with the same costs");
}

int main(int count, char **arguments) {
  if (count != 2) {
    fprintf(stderr, "usage: client FOLDER\n");
    return 2;
  }
  tally all = {0, 0};
  char *error = NULL;
  check(&all, hwcost_abi_version() == HWCOST_ABI_VERSION, "the version of the header");
  check(&all, hwcost_version() != NULL, "a version");
  estimators(&all, arguments[1]);

  hwcost_estimator *estimator = NULL;
  hwcost_table *table = NULL;
  double expected[64] = {0};
  done(&all, hwcost_open(arguments[1], 2, &estimator, &error), &error, "an estimator");
  done(&all, hwcost_table_open(estimator, nasbench, &table, &error), &error, "a table");
  if (estimator == NULL || table == NULL) return 1;
  int32_t columns = hwcost_table_columns(table);
  check(&all, columns == 5, "five columns");
  done(&all, hwcost_table_costs(table, choices, 1, variables, expected, columns, &error), &error,
       "costs");
  requests(&all, estimator);
  tables(&all, estimator, table);

  pthread_t ids[threads];
  worker workers[threads];
  for (int i = 0; i < threads; i++) {
    workers[i] = (worker){estimator, table, expected, i, {0, 0}};
    if (pthread_create(&ids[i], NULL, work, &workers[i]) != 0) return 1;
  }
  for (int i = 0; i < threads; i++) {
    pthread_join(ids[i], NULL);
    all.done += workers[i].tally.done;
    all.failed += workers[i].tally.failed;
  }
  forked(&all, table, expected);
  /* A table stays open when its estimator is closed. */
  hwcost_close(estimator);
  done(&all, hwcost_table_costs(table, choices, 1, variables, expected, columns, &error), &error,
       "costs without the estimator");
  hwcost_table_close(table);
  printf("%ld checks from C, %ld failed\n", all.done, all.failed);
  return all.failed != 0;
}
