/// A place in a text file the user wrote.
///
/// Lines and columns start at 1; columns count Unicode scalars, as libyaml does.
public struct SourceLocation: Hashable, Sendable {
  /// The path as the user gave it.
  public var file: String
  /// Counted from 1.
  public var line: Int
  /// Counted in characters from 1.
  public var column: Int

  /// A place as given.
  public init(file: String, line: Int, column: Int) {
    self.file = file
    self.line = line
    self.column = column
  }
}

extension SourceLocation: CustomStringConvertible {
  /// The form compilers and editors share: `file:line:column`.
  public var description: String { "\(file):\(line):\(column)" }
}
