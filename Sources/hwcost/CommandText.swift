/// A command line that a user can paste into a shell.
enum CommandText {
  /// The words with spaces between, those in quotes that a shell would take apart.
  static func text(_ words: [String]) -> String {
    words.map(quoted).joined(separator: " ")
  }

  private static func quoted(_ word: String) -> String {
    let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/=-+,:@%"
    guard word.isEmpty || !word.allSatisfy(plain.contains) else { return word }
    return "'" + word.map { $0 == "'" ? #"'\''"# : String($0) }.joined() + "'"
  }
}
