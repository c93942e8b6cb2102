/// One thing wrong with an input file, and how to put it right.
public struct Diagnostic: Hashable, Sendable {
  /// Whether the file can be used all the same.
  public enum Severity: String, Hashable, Sendable { case error, warning }

  /// Whether the input is refused.
  public var severity: Severity
  /// Where it is, or starts.
  public var location: SourceLocation
  /// Where in the document's structure, for example `levels[1].capacity`; empty for the whole file.
  public var keyPath: String
  /// What was found and what was expected, in lower case without a full stop.
  public var message: String
  /// What to write instead, for example `did you mean 'capacity'?`.
  public var hint: String?

  /// A problem as given.
  public init(
    _ severity: Severity, at location: SourceLocation, keyPath: String, _ message: String,
    hint: String? = nil
  ) {
    self.severity = severity
    self.location = location
    self.keyPath = keyPath
    self.message = message
    self.hint = hint
  }
}

/// Every problem found in one input file, in source order.
public struct InputError: Error, Equatable, Sendable {
  /// At least one, in the order of the input.
  public var diagnostics: [Diagnostic]

  /// Takes the problems in any order and sorts them by line and column; problems at one place keep
  /// the order given.
  public init(_ diagnostics: [Diagnostic]) {
    self.diagnostics = diagnostics.enumerated().sorted { first, second in
      let (a, b) = (first.element.location, second.element.location)
      return (a.line, a.column, first.offset) < (b.line, b.column, second.offset)
    }.map(\.element)
  }

  /// A single error.
  public init(
    at location: SourceLocation, keyPath: String = "", _ message: String, hint: String? = nil
  ) {
    self.init([Diagnostic(.error, at: location, keyPath: keyPath, message, hint: hint)])
  }
}
