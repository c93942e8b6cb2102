/// A place in a text file the user wrote.
///
/// Lines and columns start at 1; columns count Unicode scalars, as libyaml does.
public struct SourceLocation: Hashable, Sendable {
  public var file: String
  public var line: Int
  public var column: Int

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
