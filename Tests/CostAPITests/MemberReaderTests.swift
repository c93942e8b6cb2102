import CostAPI
import Networks
import Testing

@Suite("Members of a search space")
struct MemberReaderTests {
  @Test("a number and its digits name the same member")
  func numbers() throws {
    let reader = try MemberReader(spaceName: "nasbench201-cifar10")
    let member = try reader.architecture(at: 15_624)
    #expect(try reader.architecture(numbered: "15624") == member)
    #expect(reader.space.index(of: member) == 15_624)
  }

  @Test(
    "a number outside of the space is told with the space's range",
    arguments: ["15625", "-1", "99999999999999999999999"])
  func outside(digits: String) throws {
    let reader = try MemberReader(spaceName: "nasbench201-cifar10")
    let error = #expect(throws: CostAPIError.self) {
      try reader.architecture(numbered: digits)
    }
    #expect(
      error?.message == """
        error: index \(digits) is outside of nasbench201-cifar10
        hint: write a number from 0 to 15624
        """)
  }

  @Test(
    "whole numbers are digits with at most one sign",
    arguments: [
      ("0", true), ("-12", true), ("+7", true), ("", false), ("-", false), ("--1", false),
      ("1.5", false), ("1 2", false), ("٣", false),
    ])
  func wholeNumbers(text: String, isWhole: Bool) {
    #expect(MemberReader.isWholeNumber(text) == isWhole)
  }
}
