/// Numbers as people read them: few digits, in a fixed notation, the same on any machine.
public enum HumanNumber {
  /// A number with the given count of digits behind the point.
  ///
  /// Numbers too large for the notation keep Swift's own.
  public static func fixed(_ value: Double, decimals: Int) -> String {
    precondition((0...9).contains(decimals), "between 0 and 9 decimals are printed")
    let scale = (0..<decimals).reduce(1.0) { product, _ in product * 10 }
    let scaled = (value.magnitude * scale).rounded(.toNearestOrAwayFromZero)
    guard value.isFinite, scaled < 9.0e15 else { return String(describing: value) }
    var digits = String(Int64(scaled))
    let sign = value < 0 && scaled > 0 ? "-" : ""
    guard decimals > 0 else { return sign + digits }
    if digits.count <= decimals {
      digits = String(repeating: "0", count: decimals + 1 - digits.count) + digits
    }
    return "\(sign)\(digits.dropLast(decimals)).\(digits.suffix(decimals))"
  }

  /// A number with any count of digits behind the point, its decimal digits rounded, halves away
  /// from zero: 0.145 to two digits is `0.15`.
  public static func printed(_ value: Double, decimals: Int) -> String {
    precondition(decimals >= 0, "digits behind the point are counted")
    guard value.isFinite else { return String(describing: value) }
    var (digits, exponent) = RoundedNumber.digits(of: value.magnitude)
    let surplus = -exponent - decimals
    if surplus <= 0 {
      digits += Array(repeating: UInt8(ascii: "0"), count: -surplus)
    } else {
      let isUp = surplus <= digits.count && digits[digits.count - surplus] >= UInt8(ascii: "5")
      digits.removeLast(min(surplus, digits.count))
      if isUp { increment(&digits) }
    }
    let sign = value < 0 && digits.contains { $0 != UInt8(ascii: "0") } ? "-" : ""
    let missing = max(0, decimals + 1 - digits.count)
    let text = String(repeating: "0", count: missing) + String(decoding: digits, as: UTF8.self)
    return decimals == 0
      ? sign + text : "\(sign)\(text.dropLast(decimals)).\(text.suffix(decimals))"
  }

  /// Adds one to the last of some decimal digits.
  private static func increment(_ digits: inout [UInt8]) {
    for place in digits.indices.reversed() {
      guard digits[place] == UInt8(ascii: "9") else {
        digits[place] += 1
        return
      }
      digits[place] = UInt8(ascii: "0")
    }
    digits.insert(UInt8(ascii: "1"), at: 0)
  }

  /// A number with about the given count of significant digits; digits before the point all stay.
  public static func significant(_ value: Double, digits: Int = 4) -> String {
    guard value != 0, value.isFinite else { return fixed(value, decimals: 0) }
    var decimals = digits - 1
    var magnitude = value.magnitude
    while magnitude >= 10, decimals > 0 {
      magnitude /= 10
      decimals -= 1
    }
    while magnitude < 1, decimals < 9 {
      magnitude *= 10
      decimals += 1
    }
    return fixed(value, decimals: decimals)
  }

  /// A number with an SI prefix before its unit: `24.58 k`, `8.77 uJ`.
  public static func withPrefix(_ value: Double, unit: String, digits: Int = 4) -> String {
    let prefixes: [(symbol: String, size: Double)] = [
      ("T", 1e12), ("G", 1e9), ("M", 1e6), ("k", 1e3), ("", 1), ("m", 1e-3), ("u", 1e-6),
      ("n", 1e-9), ("p", 1e-12),
    ]
    let fitting = prefixes.first { value.magnitude >= $0.size }
    let prefix = value == 0 ? ("", 1.0) : fitting ?? ("p", 1e-12)
    let name = prefix.0 + unit
    let number = significant(value / prefix.1, digits: digits)
    return name.isEmpty ? number : "\(number) \(name)"
  }

  /// A whole number with its thousands set apart: `24,576`.
  public static func grouped(_ value: Int64) -> String {
    let digits = Array(String(value.magnitude))
    var text = value < 0 ? "-" : ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return text
  }

  /// A share in percent: `57.1 %`.
  public static func percent(_ share: Double) -> String { fixed(share * 100, decimals: 1) + " %" }

  /// A number with as few digits as say it exactly: `2`, `0.5`.
  public static func plain(_ value: Double) -> String {
    let text = String(describing: value)
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }
}
