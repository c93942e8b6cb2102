internal import ArgumentParser
internal import CostAPI
internal import Networks

/// Lists the search spaces.
struct SpacesCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "spaces",
    abstract: "List every search space: its variables, size and text form.",
    discussion: """
      Example:
        hwcost spaces
      """)

  @OptionGroup var common: CommonOptions

  func run() throws {
    let session = try Session(common)
    let objects = SearchSpaces.all.map { space -> JSONValue in
      [
        "name": .string(space.name), "variables": .integer(Int64(space.choiceCounts.count)),
        "choices": .array(space.choiceCounts.map { .integer(Int64($0)) }),
        "size": .number(space.size),
        "indices": .optional(space.indexedCount.map(Int64.init)), "text": .string(space.textForm),
      ]
    }
    try session.emit(objects, key: "spaces") {
      var table = TextTable([
        .init("space"), .init("variables", .right), .init("networks", .right), .init("text form"),
      ])
      for space in SearchSpaces.all {
        let size =
          space.size < 1e9
          ? HumanNumber.grouped(Int64(space.size)) : Self.power(space.size)
        table.add([space.name, String(space.choiceCounts.count), size, space.textForm])
      }
      return table.text(headingStyle: session.heading)
    }
  }

  /// A large number by its power of ten: `9.8e20`.
  private static func power(_ value: Double) -> String {
    var mantissa = value
    var exponent = 0
    while mantissa >= 10 {
      mantissa /= 10
      exponent += 1
    }
    return "\(HumanNumber.fixed(mantissa, decimals: 1))e\(exponent)"
  }
}
