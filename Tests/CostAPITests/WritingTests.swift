import CostAPI
import Testing

@Suite("Writing reports")
struct WritingTests {
  @Test("an object keeps the order of its keys and takes one line in the compact form")
  func compactJSON() {
    let value: JSONValue = [
      "schema": 1, "name": "a \"b\"\\\n\u{1}é", "none": nil, "list": [1, true, []],
      "energy_pj": .number(0.1), "large": .number(1e300),
    ]
    #expect(
      value.compactText
        == #"{"schema":1,"name":"a \"b\"\\\n\u0001é","none":null,"list":[1,true,[]],"#
        + #""energy_pj":0.1,"large":1e+300}"#)
  }

  @Test("what JSON has no number for is null")
  func notANumber() {
    let value: JSONValue = [.number(.nan), .number(.infinity), .number(-0.0)]
    #expect(value.compactText == "[null,null,-0.0]")
  }

  @Test(
    "a computed number has 12 significant digits, whatever its size",
    arguments: [
      (10.291479999999986, "10.29148"), (-10.291479999999986, "-10.29148"),
      (0.1 + 0.2, "0.3"), (1.0 / 3, "0.333333333333"), (2.0 / 3, "0.666666666667"),
      (999_999_999_999.96, "1000000000000.0"), (123_456_789_012_345_680, "1.23456789012e+17"),
      (1.23456789012345e-9, "1.23456789012e-09"), (24_576, "24576.0"), (0, "0.0"),
    ] as [(Double, String)])
  func roundedNumbers(value: Double, text: String) {
    #expect(JSONValue.rounded(value).compactText == text)
  }

  @Test("the indented form keeps small objects on one line")
  func indentedJSON() {
    let value: JSONValue = ["a": [1, 2], "b": [["c": 3, "d": nil], ["c": 4, "d": []]], "e": []]
    #expect(
      value.indentedText == """
        {
          "a": [1, 2],
          "b": [
            {"c": 3, "d": null},
            {
              "c": 4,
              "d": []
            }
          ],
          "e": []
        }
        """)
  }

  @Test("a field with a comma, a quote or a line end is quoted")
  func csv() {
    var writer = CSVWriter()
    writer.add(["a", "b,c", "d\"e", "f\ng", ""])
    #expect(writer.text == "a,\"b,c\",\"d\"\"e\",\"f\ng\",\n")
  }

  @Test(
    "numbers for people have few digits and a fixed notation",
    arguments: [
      (0.0, "0"), (0.00001234567, "0.00001235"), (0.9996, "0.9996"), (1.23456, "1.235"),
      (12.3456, "12.35"), (1234.56, "1235"), (-2.5, "-2.500"), (123_456.0, "123456"),
    ])
  func significantDigits(value: Double, text: String) {
    #expect(HumanNumber.significant(value) == text)
  }

  @Test("prefixes, thousands and percents read as people write them")
  func otherNumbers() {
    #expect(HumanNumber.withPrefix(24_576, unit: "B") == "24.58 kB")
    #expect(HumanNumber.withPrefix(0.00025, unit: "s", digits: 2) == "250 us")
    #expect(HumanNumber.grouped(-1_234_567) == "-1,234,567")
    #expect(HumanNumber.grouped(123) == "123")
    #expect(HumanNumber.percent(0.5714) == "57.1 %")
  }

  @Test(
    "digits behind the point are rounded as decimal digits, however many",
    arguments: [
      (0.145, 2, "0.15"), (0.0, 0, "0"), (0.0, 3, "0.000"), (-0.004, 2, "0.00"),
      (-0.005, 2, "-0.01"), (0.06, 1, "0.1"), (0.006, 1, "0.0"), (999.96, 1, "1000.0"),
      (0.5, 0, "1"), (1e-12, 12, "0.000000000001"), (1e21, 1, "1000000000000000000000.0"),
      (7.3205, 12, "7.320500000000"),
    ])
  func printed(value: Double, decimals: Int, text: String) {
    #expect(HumanNumber.printed(value, decimals: decimals) == text)
  }

  @Test("columns line up, numbers to the right, without blanks at the end of a line")
  func table() {
    var table = TextTable([.init("layer"), .init("cycles", .right), .init("note")])
    table.add(["stem", "24576", ""])
    table.add(["classifier", "640", "last"])
    #expect(
      table.text() == """
        layer       cycles  note
        ------------------------
        stem         24576
        classifier     640  last

        """)
  }

  @Test("a file that is not there, is a folder or is no UTF-8 says so")
  func files() throws {
    #expect(
      throws: FileError.cannotRead(path: "/nowhere/at all", reason: "no such file or directory")
    ) { try TextFile.read("/nowhere/at all") }
    #expect(throws: FileError.cannotRead(path: "/", reason: "it is a folder")) {
      try TextFile.read("/")
    }
  }
}
