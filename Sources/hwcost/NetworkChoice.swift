internal import ArgumentParser
internal import CostAPI
internal import Networks

/// The options that name networks.
struct NetworkChoice: ParsableArguments {
  @Option(help: ArgumentHelp("The search space of --arch, --index and --all.", valueName: "space"))
  var space: String?

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Architectures of the space, by their text.", valueName: "text"))
  var arch: [String] = []

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Architectures of the space, by their number.", valueName: "n"))
  var index: [WholeNumber] = []

  @Option(
    help: ArgumentHelp("A file of architectures, one text or number a line.", valueName: "file"))
  var archFile: String?

  @Flag(help: "Every architecture of the space.")
  var all = false

  @Option(
    parsing: .upToNextOption,
    help: ArgumentHelp("Networks: names, or paths to their files.", valueName: "name|file"))
  var network: [String] = []

  @Flag(help: "Drop layers that lead nowhere or compute nothing; they are kept otherwise.")
  var eliminateDeadNodes = false

  mutating func validate() throws {
    if all, !arch.isEmpty || !index.isEmpty || archFile != nil {
      throw ValidationError(
        "--all names every architecture; leave out --arch, --index and --arch-file")
    }
    let namesMembers = !arch.isEmpty || !index.isEmpty || archFile != nil || all
    if network.isEmpty, !namesMembers {
      throw ValidationError(
        "name networks: --space S with --arch, --index, --arch-file or --all, or --network NAME")
    }
    if namesMembers, space == nil {
      throw ValidationError("--arch, --index, --arch-file and --all need --space")
    }
    if !namesMembers, space != nil {
      throw ValidationError("--space needs --arch, --index, --arch-file or --all")
    }
  }

  /// The networks in the order named.
  func subjects(in session: Session) throws -> [CostSubject] {
    try session.perform { () throws(CostAPIError) in
      var subjects: [CostSubject] = []
      if let reader = try searchSpace() { subjects += try members(of: reader) }
      for name in network { subjects.append(CostSubject(try session.catalog.network(name))) }
      return subjects
    }
  }

  /// The search space that was named, if one was.
  func searchSpace() throws(CostAPIError) -> MemberReader? {
    guard let space else { return nil }
    return try MemberReader(spaceName: space)
  }

  private func members(of reader: MemberReader) throws(CostAPIError) -> [CostSubject] {
    var members: [Architecture] = []
    for text in arch { members.append(try reader.architecture(text)) }
    for index in index { members.append(try reader.architecture(numbered: index.text)) }
    if let archFile { members += try reader.architectures(inFile: archFile) }
    if all { members += try reader.everyArchitecture() }
    return members.map { CostSubject($0, of: reader.space) }
  }
}
