import CostUnits
import Testing

@Suite("Quantities")
struct QuantityTests {
  @Test(
    "data is read in bytes",
    arguments: [
      ("108 KiB", 110_592.0), ("8 B", 8), ("1.5 MiB", 1_572_864), ("2 GiB", 2_147_483_648),
      ("16 bit", 2), ("1e3 B", 1000),
    ])
  func information(_ text: String, _ bytes: Double) throws {
    #expect(try Quantity<Information>(parsing: text).bytes == bytes)
  }

  @Test("every family reads its units into its canonical one")
  func families() throws {
    #expect(try Quantity<Energy>(parsing: "2 nJ").picojoules == 2000)
    #expect(try Quantity<EnergyPerBit>(parsing: "28.75 pJ/bit").picojoulesPerBit == 28.75)
    #expect(try Quantity<EnergyPerAccess>(parsing: "1 pJ/access").picojoulesPerAccess == 1)
    #expect(try Quantity<EnergyPerCycle>(parsing: "0.5 pJ/cycle").picojoulesPerCycle == 0.5)
    #expect(try Quantity<Frequency>(parsing: "1.05 GHz").megahertz == 1050)
    #expect(try Quantity<Power>(parsing: "30 mW").milliwatts == 30)
    #expect(try Quantity<Time>(parsing: "2 s").milliseconds == 2000)
    #expect(try Quantity<Length>(parsing: "65 nm").nanometers == 65)
    #expect(try Quantity<Voltage>(parsing: "1 V").volts == 1)
    #expect(try Quantity<BitWidth>(parsing: "16 bit").bits == 16)
    #expect(try Quantity<AccessWidth>(parsing: "8 B").bits == 64)
  }

  @Test("a bandwidth keeps what it counts; GB/s is decimal")
  func rates() throws {
    #expect(try Quantity<TransferRate>(parsing: "16 words/cycle").rate == .wordsPerCycle(16))
    #expect(try Quantity<TransferRate>(parsing: "8 B/cycle").rate == .bytesPerCycle(8))
    #expect(try Quantity<TransferRate>(parsing: "0.48 GB/s").rate == .bytesPerSecond(480_000_000))
    #expect(try Quantity<TransferRate>(parsing: "480 MB/s").rate == .bytesPerSecond(480_000_000))
  }

  @Test("a transfer's energy says whether it is of a bit or of an access")
  func transferEnergy() throws {
    #expect(try Quantity<TransferEnergy>(parsing: "4 pJ/bit").isPerAccess == false)
    #expect(try Quantity<TransferEnergy>(parsing: "2 nJ/access").isPerAccess)
    #expect(try Quantity<TransferEnergy>(parsing: "2 nJ/access").picojoules == 2000)
  }

  @Test(
    "a mistake is named with what to write instead",
    arguments: [
      ("108", "'108' has no unit", "write '108 KiB' or '108 B'"),
      ("108KiB", "'108KiB' has no space before its unit", "write '108 KiB'"),
      (
        "108 KB", "'KB' in '108 KB' could mean 1000 or 1024 bytes",
        "write '108 KiB' for 1024 bytes each"
      ),
      (
        "200 MHz", "'200 MHz' is a frequency, expected an amount of data",
        "the units are KiB, B, MiB, GiB, bit"
      ),
      ("1 kib", "'1 kib' has the unknown unit 'kib'", "did you mean 'KiB'?"),
      (
        "5 parsecs", "'5 parsecs' has the unknown unit 'parsecs'",
        "the units are KiB, B, MiB, GiB, bit"
      ),
      (
        "many", "'many' is not an amount of data",
        "write a number and its unit, '1 KiB' or '1 B'"
      ),
      ("-5 KiB", "'-5 KiB' is out of range", "write a value from 0 KiB to 1099511627776 KiB"),
      ("1e300 GiB", "'1e300 GiB' is out of range", "write a value from 0 KiB to 1099511627776 KiB"),
      ("1e999 B", "'1e999 B' is out of range", "write a value from 0 KiB to 1099511627776 KiB"),
      (
        "nan KiB", "'nan KiB' is not an amount of data",
        "write a number and its unit, '1 KiB' or '1 B'"
      ),
    ])
  func mistakes(_ text: String, _ message: String, _ hint: String) {
    let error = #expect(throws: QuantityError.self) { try Quantity<Information>(parsing: text) }
    #expect(error?.message == message)
    #expect(error?.hint == hint)
  }

  @Test("other families suggest their own units")
  func otherHints() {
    let clock = #expect(throws: QuantityError.self) { try Quantity<Frequency>(parsing: "200") }
    #expect(clock?.hint == "write '200 MHz' or '200 GHz'")
    let energy = #expect(throws: QuantityError.self) {
      try Quantity<TransferEnergy>(parsing: "5 pJ")
    }
    #expect(energy?.message == "'5 pJ' is an energy, expected an energy a bit or an access")
    let width = #expect(throws: QuantityError.self) { try Quantity<BitWidth>(parsing: "0 bit") }
    #expect(width?.message == "'0 bit' is out of range")
  }

  @Test("any text at all is an error, not a crash")
  func arbitraryText() {
    for text in [
      "", " ", "e", "+", "-", ".", "1e", "1e+", "٣ KiB", "1\u{301} B", "0x10 B", "1 B B",
    ] {
      #expect(throws: QuantityError.self) { try Quantity<Information>(parsing: text) }
    }
  }
}
