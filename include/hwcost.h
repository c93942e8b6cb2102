/* What a neural network costs on an accelerator: the C interface of hwcost.
 *
 * Every function may be called from any thread, also with the same handle at once. Functions that
 * return int32_t return 0 when done and 1 after an error; then, where `error` is not null, *error is
 * a text that the caller frees with hwcost_free, and results are not to be read. Texts are UTF-8.
 * No function keeps a pointer that it was given, and none ends the process.
 *
 * A handle lives until it is closed, once; no other call may use it then. A process that forks may go
 * on with its handles in the child, if no other thread was in a call at that moment.
 */
#ifndef HWCOST_H
#define HWCOST_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Targets, networks and what has been found out about them. */
typedef struct hwcost_estimator hwcost_estimator;
/* The costs of a search space on some targets. */
typedef struct hwcost_table hwcost_table;

/* The version of this interface: raised by a change that breaks callers. */
#define HWCOST_ABI_VERSION 1
int32_t hwcost_abi_version(void);

/* The version of the library, such as "0.1.0"; not to be freed. */
const char *hwcost_version(void);

/* Opens an estimator.
 *
 * folders  where targets and networks are looked up, separated by colons: each is searched for
 *          NAME.yaml, hwconfigs/NAME.yaml, hwconfigs/measured/NAME/device.yaml and
 *          networks/NAME.yaml; null for none, when targets are to be named by their paths.
 * threads  that one call works on; 0 for all processors.
 */
int32_t hwcost_open(const char *folders, int32_t threads, hwcost_estimator **out, char **error);

/* Closes an estimator; its tables stay open. Null is passed over. */
void hwcost_close(hwcost_estimator *estimator);

/* Answers a request, a JSON object as `hwcost serve` takes it, with a JSON object that the caller
 * frees with hwcost_free. */
int32_t hwcost_request(const hwcost_estimator *estimator, const char *request, char **reply,
                       char **error);

/* Opens the table of a request such as
 * {"op": "table", "target": ["eyeriss"], "space": "fbnet-imagenet"}. */
int32_t hwcost_table_open(const hwcost_estimator *estimator, const char *request,
                          hwcost_table **out, char **error);

/* Closes a table. Null is passed over. */
void hwcost_table_close(hwcost_table *table);

/* How many variables a network of the space has, how many numbers a row of costs, and how many
 * choices a variable; 0 for a null pointer and a variable that is not there. */
int32_t hwcost_table_variables(const hwcost_table *table);
int32_t hwcost_table_columns(const hwcost_table *table);
int32_t hwcost_table_choices(const hwcost_table *table, int32_t variable);

/* The names of the columns, one a line, such as "latency_ms"; units are in the names. Belongs to the
 * table. */
const char *hwcost_table_column_names(const hwcost_table *table);

/* Costs of many networks: choices[rows][variables] gives costs[rows][columns], both by rows. After
 * an error the content of costs is not defined. */
int32_t hwcost_table_costs(const hwcost_table *table, const int32_t *choices, int64_t rows,
                           int32_t variables, double *costs, int32_t columns, char **error);

/* Costs of one network by its text: costs[columns]. */
int32_t hwcost_table_cost_of_text(const hwcost_table *table, const char *architecture,
                                  double *costs, int32_t columns, char **error);

/* Expected costs under a distribution: probabilities[count], variable after variable, each summing
 * to 1, gives expectation[columns], variance[columns] and gradient[count][columns], the derivatives
 * of the expectation; any of the results may be null. */
int32_t hwcost_table_distribution(const hwcost_table *table, const double *probabilities,
                                  int64_t count, double *expectation, double *variance,
                                  double *gradient, char **error);

/* Frees a text of this library. Null is passed over. */
void hwcost_free(char *text);

#ifdef __cplusplus
}
#endif

#endif
