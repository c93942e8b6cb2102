internal import ArgumentParser
internal import CLibrary
internal import CostAPI

/// Answers requests of other programs.
struct ServeCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "serve",
    abstract: "Answer requests of other programs, one JSON object a line.",
    discussion: """
      Each line of standard input is a request, each line of standard output its reply, in the same
      order. The program ends with its input.

      Example:
        echo '{"op":"cost","target":"eyeriss","space":"nasbench201-cifar10","index":0}' \\
          | hwcost serve --stdio
      """)

  @Flag(help: "Read standard input and write standard output.")
  var stdio = false

  @OptionGroup var common: CommonOptions

  func validate() throws {
    if !stdio { throw ValidationError("say how requests come: --stdio") }
    try common.refuseFormat("replies are lines of JSON")
    if common.output != nil {
      throw ValidationError("--output is not for serve: it writes replies to standard output")
    }
  }

  func run() throws {
    let session = try Session(common)
    let service = CostService(session.catalog, threads: session.threads)
    var line: UnsafeMutablePointer<CChar>?
    var capacity = 0
    defer { free(line) }
    guard let input = fdopen(STDIN_FILENO, "r") else {
      throw Failure(text: "error: cannot read standard input: \(String(cString: strerror(errno)))")
    }
    while true {
      let count = getline(&line, &capacity, input)
      guard count >= 0, let start = line else { return }
      let bytes = UnsafeRawBufferPointer(start: start, count: count)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        Console.write(#"{"schema":1,"ok":false,"error":"the request is not UTF-8"}"# + "\n")
        continue
      }
      guard text.contains(where: { !$0.isWhitespace }) else { continue }
      Console.write(service.reply(to: text) + "\n")
    }
  }
}
