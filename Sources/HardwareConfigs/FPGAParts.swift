/// Devices whose block RAM is known, so that a count in the wrong unit can be told from a right one.
enum FPGAParts {
  /// Halves of 18 kbit by the start of the part's name: Xilinx DS180, DS190 (7 series, Zynq-7000),
  /// DS890, DS891, DS987 (UltraScale+, Zynq UltraScale+, Kria K26), DS962 (Alveo U250 and U280).
  private static let blockRAMs18Kb: [(prefix: String, count: Int64)] = [
    ("XC7Z020", 280), ("XC7Z045", 1090), ("XC7VX485T", 2060), ("XC7VX690T", 2940),
    ("XCZU3EG", 432), ("XCZU7EV", 624), ("XCZU9EG", 1824), ("XCK26", 288), ("XCU250", 5376),
    ("XCU280", 4032),
  ]

  /// How many 18 kbit block RAMs a part has; `nil` for one that is not in the list.
  static func blockRAMs18Kb(of part: String) -> Int64? {
    blockRAMs18Kb.first { part.uppercased().hasPrefix($0.prefix) }?.count
  }
}
