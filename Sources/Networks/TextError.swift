/// What is wrong with a layer text or an architecture text, and where.
public struct TextError: Error, Hashable, Sendable {
  /// The text as it was given.
  public var text: String
  /// Where in `text` the trouble starts, counted in Unicode scalars from 1.
  public var column: Int
  /// What was found and what was expected, in lower case without a full stop.
  public var message: String
  /// What to write instead.
  public var hint: String?

  /// A mistake at a column, counted in characters from 1.
  public init(text: String, column: Int, message: String, hint: String? = nil) {
    self.text = text
    self.column = column
    self.message = message
    self.hint = hint
  }
}

extension TextError: CustomStringConvertible {
  /// The message with its column and hint on one line.
  public var description: String {
    "column \(column): \(message)" + (hint.map { " (\($0))" } ?? "")
  }
}
