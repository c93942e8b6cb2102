/// How often the process has asked glibc for memory so far: every call of `malloc` and its kin,
/// by any thread.
///
/// A program that links this target calls these functions in place of glibc's, which they call in turn.
unsigned long counted_allocations(void);
