internal import Synchronization

/// A value that one thread at a time may touch, on which the thread sanitizer sees the threads take
/// turns.
///
/// It is the standard library's `Mutex`, which on Linux locks out of the sanitizer's sight, so that
/// everything written under one looks like a race. Each turn therefore ends with a store that the next
/// begins by loading: the sanitizer sees that order, and still sees every race beside it.
package struct Guarded<Value>: ~Copyable, Sendable {
  private let value: Mutex<Value>
  private let turn = Atomic(false)

  /// Guards a value from now on.
  package init(_ value: consuming sending Value) {
    self.value = Mutex(value)
  }

  /// Calls `body` with the value, when no other thread has it, and returns what `body` does.
  ///
  /// A thread must not ask again while it has the value.
  package borrowing func withLock<Result, Failure: Error>(
    _ body: (inout sending Value) throws(Failure) -> sending Result
  ) throws(Failure) -> sending Result {
    try value.withLock { value throws(Failure) in
      _ = turn.load(ordering: .acquiring)
      defer { turn.store(true, ordering: .releasing) }
      return try body(&value)
    }
  }
}
