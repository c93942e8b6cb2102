/// Numbers of few decimal digits, the same on any machine.
enum RoundedNumber {
  /// The number of so many significant digits that is nearest to a value; halves go away from zero.
  ///
  /// It works on the decimal digits that Swift prints, because powers of ten are exact only there.
  static func nearest(to value: Double, digits count: Int) -> Double {
    precondition(count > 0, "a number has at least one digit")
    guard value.isFinite else { return value }
    let text = String(describing: value.magnitude)
    let parts = text.split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    var exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    let fraction = mantissa.count > 1 ? mantissa[1] : ""
    exponent -= fraction.count
    let all = Array((mantissa[0] + fraction).drop { $0 == "0" }.utf8)
    guard all.count > count, let kept = Int64(String(decoding: all[..<count], as: UTF8.self))
    else { return value }
    exponent += all.count - count
    let isUp = all[count] >= UInt8(ascii: "5")
    let magnitude = Double("\(kept + (isUp ? 1 : 0))e\(exponent)") ?? value.magnitude
    return value < 0 ? -magnitude : magnitude
  }
}
