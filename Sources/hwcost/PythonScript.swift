internal import ArgumentParser
internal import CLibrary
internal import CostAPI

/// Runs a module of the Python package that comes with the program.
///
/// Pickles, torch files and Parquet are for Python to read and to write; everything else is not.
struct PythonScript {
  /// The module, such as `hwcost.table_import`.
  var module: String

  /// Runs the module with a JSON document on its standard input, and waits for it.
  ///
  /// What it prints goes where this program prints.
  ///
  /// - Throws: `Failure` where there is no Python, no package, or the module fails.
  func run(_ document: JSONValue) throws {
    let python = Console.environment("HWCOST_PYTHON") ?? "python3"
    var pipe: [Int32] = [0, 0]
    guard CLibrary.pipe(&pipe) == 0 else {
      throw Failure(text: "error: cannot start Python: \(String(cString: strerror(errno)))")
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_adddup2(&actions, pipe[0], STDIN_FILENO)
    posix_spawn_file_actions_addclose(&actions, pipe[0])
    posix_spawn_file_actions_addclose(&actions, pipe[1])
    var process = pid_t()
    let status = Self.withStrings([python, "-m", module]) { arguments in
      Self.withStrings(Self.environment) { variables in
        posix_spawnp(&process, python, &actions, nil, arguments, variables)
      }
    }
    close(pipe[0])
    guard status == 0 else {
      close(pipe[1])
      throw Failure(
        text: "error: cannot run '\(python)': \(String(cString: strerror(status)))\n"
          + "hint: install Python 3 with numpy, or name it in $HWCOST_PYTHON")
    }
    // A script that ends before it has read all closes the pipe: its status tells.
    let before = signal(SIGPIPE, SIG_IGN)
    Self.write(document.compactText, to: pipe[1])
    close(pipe[1])
    signal(SIGPIPE, before)
    var ending: Int32 = 0
    while waitpid(process, &ending, 0) < 0, errno == EINTR {}
    // With status 1 the script has said what is wrong.
    let hasEnded = ending & 0x7F == 0
    if hasEnded, ending >> 8 == 1 { throw ExitCode(1) }
    guard ending == 0 else { throw Failure(text: "error: '\(python) -m \(module)' failed") }
  }

  /// The variables of this process, with the folder of the package on Python's path, and without
  /// the one where the program runs (Python 3.11 or newer): a `numpy.py` there is another program's.
  private static var environment: [String] {
    var variables: [String] = []
    var next = environ
    while let entry = next.pointee {
      variables.append(String(cString: entry))
      next += 1
    }
    variables.append("PYTHONSAFEPATH=1")
    guard let folder = packageFolder else { return variables }
    let path = Console.environment("PYTHONPATH").map { ":\($0)" } ?? ""
    return variables.filter { !$0.hasPrefix("PYTHONPATH=") } + ["PYTHONPATH=\(folder)\(path)"]
  }

  /// The folder that holds the package: of the installation, or of the source tree; `nil` where
  /// only Python itself may know it.
  private static var packageFolder: String? {
    guard let executable = Console.executablePath else { return nil }
    let folders = SearchPath(given: [], environment: nil, executable: executable).folders
    return folders.map { "\($0)/python" }.first { TextFile.exists("\($0)/hwcost/__init__.py") }
  }

  private static func withStrings<Result>(
    _ strings: [String], _ body: (UnsafePointer<UnsafeMutablePointer<CChar>?>) -> Result
  ) -> Result {
    var pointers = strings.map { strdup($0) }
    pointers.append(nil)
    defer { for pointer in pointers { free(pointer) } }
    return pointers.withUnsafeBufferPointer { buffer in
      guard let start = buffer.baseAddress else {
        preconditionFailure("the list ends with a null pointer and is never empty")
      }
      return body(start)
    }
  }

  private static func write(_ text: String, to file: Int32) {
    var text = text
    text.withUTF8 { bytes in
      guard let start = bytes.baseAddress else { return }
      var offset = 0
      while offset < bytes.count {
        let count = CLibrary.write(file, start + offset, bytes.count - offset)
        if count < 0, errno == EINTR { continue }
        guard count > 0 else { return }
        offset += count
      }
    }
  }
}
