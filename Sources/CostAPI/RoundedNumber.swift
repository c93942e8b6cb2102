/// Numbers of few decimal digits, the same on any machine.
enum RoundedNumber {
  /// The number of so many significant digits that is nearest to a value; halves go away from zero.
  ///
  /// It works on the decimal digits that Swift prints, because powers of ten are exact only there.
  static func nearest(to value: Double, digits count: Int) -> Double {
    precondition(count > 0, "a number has at least one digit")
    guard value.isFinite else { return value }
    let (all, exponent) = digits(of: value.magnitude)
    guard all.count > count, let kept = Int64(String(decoding: all[..<count], as: UTF8.self))
    else { return value }
    let isUp = all[count] >= UInt8(ascii: "5")
    let text = "\(kept + (isUp ? 1 : 0))e\(exponent + all.count - count)"
    let magnitude = Double(text) ?? value.magnitude
    return value < 0 ? -magnitude : magnitude
  }

  /// The decimal digits that Swift prints of a finite number of 0 or more, without zeros before the
  /// first, and the power of ten of the last one.
  static func digits(of value: Double) -> (digits: [UInt8], exponent: Int) {
    let parts = String(describing: value).split(separator: "e")
    let mantissa = parts[0].split(separator: ".")
    let fraction = mantissa.count > 1 ? mantissa[1] : ""
    let exponent = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
    return (
      Array((mantissa[0] + fraction).utf8.drop { $0 == UInt8(ascii: "0") }),
      exponent - fraction.count
    )
  }
}
